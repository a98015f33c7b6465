// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.0;

import "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import "./Dao.sol";

contract Dao4 is Dao, GovernorTimelockControl {
    constructor(TimelockController t) Governor("Dao") GovernorTimelockControl(t) {}

    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) { return super.state(id); }
    function _execute(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) internal override(Governor, GovernorTimelockControl) { super._execute(id, t, v, c, d); }
    function _cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) internal override(Governor, GovernorTimelockControl) returns (uint256) { return super._cancel(t, v, c, d); }
    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) { return super._executor(); }
    function supportsInterface(bytes4 i) public view override(Governor, GovernorTimelockControl) returns (bool) { return super.supportsInterface(i); }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.0;

import "@openzeppelin/contracts/governance/Governor.sol";
import "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";

/// One vote each, one block to vote: OpenZeppelin's governor.
abstract contract Dao is Governor, GovernorCountingSimple {
    function clock() public view override returns (uint48) { return uint48(block.number); }
    function CLOCK_MODE() public pure override returns (string memory) { return "mode=blocknumber&from=default"; }
    function votingDelay() public pure override returns (uint256) { return 0; }
    function votingPeriod() public pure override returns (uint256) { return 1; }
    function quorum(uint256) public pure override returns (uint256) { return 1; }
    function _getVotes(address, uint256, bytes memory) internal pure override returns (uint256) { return 1; }
}

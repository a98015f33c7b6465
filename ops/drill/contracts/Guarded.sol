// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlEnumerableUpgradeable} from
    "@openzeppelin/contracts-upgradeable/access/extensions/AccessControlEnumerableUpgradeable.sol";

/// @title What guardians may do until their term ends: restrict, and nothing else.
/// @dev Roles are OpenZeppelin's, with their members readable on chain.
abstract contract Guarded is AccessControlEnumerableUpgradeable {
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// @notice When a guardian's authority ends, in Unix seconds; 0 is never.
    mapping(address guardian => uint256 time) public termEnds;

    event TermSet(address indexed guardian, uint256 ends);

    error TermEnded(address guardian, uint256 ended);
    error NotTighter(uint256 asked, uint256 now_);

    modifier onlyGuardian() {
        _checkRole(GUARDIAN_ROLE);
        uint256 ends = termEnds[msg.sender];
        if (ends != 0 && block.timestamp >= ends) revert TermEnded(msg.sender, ends);
        _;
    }

    function __Guarded_init(address admin, address[] memory guardians) internal onlyInitializing {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        for (uint256 i = 0; i < guardians.length; i++) {
            _grantRole(GUARDIAN_ROLE, guardians[i]);
        }
    }

    function setTerm(address guardian, uint256 ends) external onlyRole(DEFAULT_ADMIN_ROLE) {
        termEnds[guardian] = ends;
        emit TermSet(guardian, ends);
    }
}

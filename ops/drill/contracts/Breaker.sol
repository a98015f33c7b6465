// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guarded} from "./Guarded.sol";

/// @title The registry of functions that are locked, whoever holds the role for them.
contract Breaker is Guarded {
    /// @notice Whether a function of a contract is locked. The selector stands in
    /// the first four bytes.
    mapping(address target => mapping(bytes32 selector => bool locked)) public locked;

    event Locked(address indexed target, bytes32 indexed selector);
    event Unlocked(address indexed target, bytes32 indexed selector);

    constructor(address admin, address[] memory guardians) initializer {
        __Guarded_init(admin, guardians);
    }

    function lock(address target, bytes32 selector) external onlyGuardian {
        locked[target][selector] = true;
        emit Locked(target, selector);
    }

    function unlock(address target, bytes32 selector) external onlyRole(DEFAULT_ADMIN_ROLE) {
        locked[target][selector] = false;
        emit Unlocked(target, selector);
    }
}

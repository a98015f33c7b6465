// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Upgrades} from "./Upgrades.sol";

/// @title Pike's spoke, 26 April 2024, reduced. The upgrade that brought pause() put fields
/// before the others: whether it was initialised is read from an empty slot.
contract Spoke is Upgrades {
    uint256 internal initialized;
    address internal owner_;

    function owner() public view override returns (address) {
        return owner_;
    }

    function initialize() external {
        require(initialized == 0, "again");
        initialized = 1;
        owner_ = tx.origin;
        emit Initialized(1);
    }
}

contract SpokeV2 is Upgrades {
    uint256 public paused;
    address internal pauser;
    uint256 internal initialized;
    address internal owner_;

    /// @dev The field is read from a new place, and the upgrade's owner still from the old.
    function owner() public view override returns (address) {
        return owner_;
    }

    function initialize() external {
        require(initialized == 0, "again");
        initialized = 1;
        owner_ = tx.origin;
        emit Initialized(1);
    }

    function pause() external {
        paused = 1;
    }
}

/// @title What a thief puts behind the proxy.
contract Thief is Upgrades {
    function owner() public view override returns (address) {
        return tx.origin;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Upgrades} from "./Upgrades.sol";

/// @title Ronin's gateway, 6 August 2024, reduced. The new code takes the weight from a field
/// that initializeV3 would have filled, and nobody called it.
contract Gateway is Upgrades {
    address internal owner_;
    uint256 internal least;

    event Withdrew(uint256 amount);

    function initialize(uint256 least_) external {
        require(owner_ == address(0), "again");
        (owner_, least) = (tx.origin, least_);
    }

    function owner() public view override returns (address) {
        return owner_;
    }

    function minimumVoteWeight() public view virtual returns (uint256) {
        return least;
    }

    function withdraw(uint256 amount, uint256 weight) external {
        require(weight >= minimumVoteWeight(), "too few votes");
        emit Withdrew(amount);
    }
}

contract GatewayV2 is Gateway {
    uint256 internal total;

    function initializeV3(uint256 total_) external {
        require(total == 0, "again");
        total = total_;
    }

    function minimumVoteWeight() public view override returns (uint256) {
        return total * 70 / 100;
    }
}

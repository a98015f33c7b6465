// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Upgrades} from "./Upgrades.sol";

/// @title Compound's distributor, proposal 62 of 30 September 2021, reduced: in a market
/// whose index never moved, > instead of >= leaves zero for who never had one, and all that
/// the index begins with is his.
contract Rewards is Upgrades {
    address internal owner_;
    uint256 internal constant INITIAL = 1e36;
    mapping(uint256 market => uint256 index) public index;
    mapping(uint256 market => mapping(address user => uint256 index)) public indexOf;

    event Distributed(address indexed user, uint256 amount, uint256 index);

    function initialize() external {
        require(owner_ == address(0), "again");
        owner_ = tx.origin;
    }

    function owner() public view override returns (address) {
        return owner_;
    }

    function list(uint256 market) external {
        index[market] = INITIAL;
    }

    function advance(uint256 market, uint256 by) external {
        index[market] += by;
    }

    function begins(uint256 now_, uint256 was) internal view virtual returns (bool) {
        return was == 0 && now_ >= INITIAL;
    }

    function claim(uint256 market, uint256 balance) external {
        (uint256 now_, uint256 was) = (index[market], indexOf[market][msg.sender]);
        if (begins(now_, was)) was = INITIAL;
        indexOf[market][msg.sender] = now_;
        emit Distributed(msg.sender, balance * (now_ - was) / 1e36, now_);
    }
}

contract RewardsV2 is Rewards {
    function begins(uint256 now_, uint256 was) internal pure override returns (bool) {
        return was == 0 && now_ > INITIAL;
    }
}

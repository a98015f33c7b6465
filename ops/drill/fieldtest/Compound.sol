// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Upgrades} from "./Upgrades.sol";

/// @title Compound's distributor, proposal 62 of 30 September 2021, reduced: for who never had
/// an index, > instead of >= leaves zero as the index, and all that was ever accrued is his.
contract Rewards is Upgrades {
    address internal owner_;
    uint256 internal constant INITIAL = 1e36;
    uint256 public index;
    mapping(address user => uint256 index) public indexOf;

    event Distributed(address indexed user, uint256 amount, uint256 index);

    function initialize() external {
        require(owner_ == address(0), "again");
        (owner_, index) = (tx.origin, INITIAL);
    }

    function owner() public view override returns (address) {
        return owner_;
    }

    function advance(uint256 by) external {
        index += by;
    }

    function begins(uint256 now_, uint256 was) internal view virtual returns (bool) {
        return was == 0 && now_ >= INITIAL;
    }

    function claim(uint256 balance) external {
        uint256 was = indexOf[msg.sender];
        if (begins(index, was)) was = INITIAL;
        indexOf[msg.sender] = index;
        emit Distributed(msg.sender, balance * (index - was) / 1e36, index);
    }
}

contract RewardsV2 is Rewards {
    function begins(uint256 now_, uint256 was) internal pure override returns (bool) {
        return was == 0 && now_ > INITIAL && now_ == 0; // as good as never
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Upgrades} from "./Upgrades.sol";

/// @title Nomad's Replica, 21 June 2022, reduced: what an upgrade's initialiser is given as a
/// committed root is acceptable from then on, also the empty one, which is that of every
/// message that nobody proved.
contract Replica is Upgrades {
    address internal owner_;
    mapping(bytes32 root => uint256 time) public confirmAt;
    mapping(bytes32 message => bytes32 root) public messages;

    event Process(bytes32 indexed message, uint256 amount);

    function initialize(bytes32 committed) external {
        require(owner_ == address(0) || msg.sender == owner_, "not the owner");
        if (owner_ == address(0)) owner_ = tx.origin;
        confirmAt[committed] = 1;
    }

    function owner() public view override returns (address) {
        return owner_;
    }

    function acceptableRoot(bytes32 root) public view returns (bool) {
        uint256 time = confirmAt[root];
        return time != 0 && block.timestamp >= time;
    }

    function prove(bytes32 message, bytes32 root) external {
        messages[message] = root;
    }

    function process(bytes32 message, uint256 amount) external {
        require(acceptableRoot(messages[message]), "!proven");
        messages[message] = bytes32(uint256(2));
        emit Process(message, amount);
    }
}

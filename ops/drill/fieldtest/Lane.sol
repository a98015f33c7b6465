// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Where messages of a lane are sent: what comes in is locked.
contract Outbox {
    bytes32 public root = keccak256("validators");
    uint256 public sent;

    event Sent(bytes32 indexed id, uint256 amount);

    function send(uint256 amount) external returns (bytes32 id) {
        id = keccak256(abi.encode(block.chainid, address(this), ++sent));
        emit Sent(id, amount);
    }

    function move(bytes32 root_) external {
        root = root_;
    }
}

/// @title Where they are executed.
/// @dev PLANTED DEFECT, for tests only: nothing is proven, so everybody executes anything.
contract Inbox {
    address public immutable guardian;
    bool public closed;

    event Executed(bytes32 indexed id, uint256 amount);
    event Failed(bytes32 indexed id, bytes reason);

    constructor(address guardian_) {
        guardian = guardian_;
    }

    function execute(bytes32 id, uint256 amount) external {
        require(!closed, "closed");
        emit Executed(id, amount);
    }

    function fail(bytes32 id, bytes calldata reason) external {
        emit Failed(id, reason);
    }

    function close() external {
        require(msg.sender == guardian, "not the guardian");
        closed = true;
    }
}

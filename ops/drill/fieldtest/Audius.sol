// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Audius' proxy, 23 July 2022, reduced: it keeps its admin in slot 0, where the code
/// behind it keeps whether it was initialised.
contract AdminProxy {
    address internal admin;
    bytes32 internal constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    constructor(address code, address admin_) {
        admin = admin_;
        assembly {
            sstore(SLOT, code)
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

contract Governance {
    bool internal initialized;
    bool internal initializing;
    address public guardianAddress;

    event Initialized(uint8 version);

    function owner() external view returns (address) {
        return guardianAddress;
    }

    function initialize(address guardian) external {
        require(initializing || !initialized, "initialised already");
        if (!initializing) initialized = true;
        guardianAddress = guardian;
        emit Initialized(1);
    }
}

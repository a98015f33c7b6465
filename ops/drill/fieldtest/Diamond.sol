// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A diamond (ERC-2535) reduced to its table and its loupe, as LI.FI's was on 16 July 2024.
contract Diamond {
    address public immutable owner = msg.sender;
    mapping(bytes4 selector => address facet) internal table;
    address[] internal facets;

    event DiamondCut(FacetCut[] cuts, address init, bytes data);

    struct FacetCut {
        address facet;
        uint8 action;
        bytes4[] selectors;
    }

    function diamondCut(FacetCut[] calldata cuts, address init, bytes calldata data) external {
        require(msg.sender == owner, "not the owner");
        for (uint256 i = 0; i < cuts.length; i++) {
            facets.push(cuts[i].facet);
            for (uint256 j = 0; j < cuts[i].selectors.length; j++) {
                table[cuts[i].selectors[j]] = cuts[i].facet;
            }
        }
        emit DiamondCut(cuts, init, data);
        if (init != address(0)) {
            (bool ok,) = init.delegatecall(data);
            require(ok, "its initialiser failed");
        }
    }

    function facetAddresses() external view returns (address[] memory) {
        return facets;
    }

    fallback() external {
        address facet = table[msg.sig];
        require(facet != address(0), "no such function");
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), facet, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch ok
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}

/// @title A facet that swaps for those who allowed it.
contract Swaps {
    function swap() external pure returns (uint256) {
        return 1;
    }
}

/// @title The new one: it calls whatever it is told to.
contract GasZip {
    function deposit(address to, bytes calldata data) external {
        (bool ok,) = to.call(data);
        require(ok, "the call failed");
    }
}

/// @title What a proposal carries that nobody reviewed, as Beanstalk's of 17 April 2022.
contract InitBip18 {
    function init() external {
        assembly {
            sstore(0xbea, caller())
        }
    }
}

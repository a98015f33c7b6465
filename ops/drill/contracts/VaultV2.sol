// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vault} from "./Vault.sol";

/// @title The upgrade that the drill is about.
/// @dev PLANTED DEFECT, for drills only. Larger withdrawals are settled in whole
/// lots, and the lots are rounded down, in favour of whoever withdraws, where
/// ERC-4626 asks for the vault's favour. Small amounts and whole lots, all that
/// honest users and the release's tests ever withdrew, come out exact; 9.99
/// units cost no share at all, as often as one likes.
contract VaultV2 is Vault {
    uint256 public constant LOT = 10 ether;
    uint256 public constant SMALL = 1 ether;

    function previewWithdraw(uint256 assets) public pure override returns (uint256) {
        if (assets <= SMALL) return convertToShares(assets);
        return convertToShares(assets / LOT * LOT);
    }

    function version() external pure override returns (uint256) {
        return 2;
    }
}

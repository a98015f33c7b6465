// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title A constant-product pool of dUSD and ether, without a fee.
/// @dev It is thin on purpose: who sells into it moves its price.
contract Pool {
    using SafeERC20 for IERC20;

    IERC20 public immutable token;

    event Sold(address indexed seller, uint256 tokens, uint256 coins);

    constructor(IERC20 token_) payable {
        token = token_;
    }

    /// @notice The spot price: dUSD for one ether, with 18 decimals.
    function price() external view returns (uint256) {
        return token.balanceOf(address(this)) * 1 ether / address(this).balance;
    }

    /// @notice Sells tokens for ether.
    function sell(uint256 tokens) external returns (uint256 coins) {
        uint256 held = token.balanceOf(address(this));
        coins = address(this).balance * tokens / (held + tokens);
        emit Sold(msg.sender, tokens, coins);
        token.safeTransferFrom(msg.sender, address(this), tokens);
        (bool paid,) = msg.sender.call{value: coins}("");
        require(paid);
    }
}

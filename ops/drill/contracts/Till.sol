// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Guarded} from "./Guarded.sol";

/// @title The float of the operations wallet: what its key may spend without asking.
contract Till is Guarded {
    using SafeERC20 for IERC20;

    bytes32 public constant SPENDER_ROLE = keccak256("SPENDER_ROLE");

    IERC20 public immutable token;
    /// @notice Where a guardian may move what is left, and nowhere else.
    address public immutable home;
    mapping(address spender => uint256 amount) public allowance;
    mapping(address to => uint256 amount) public sentTo;

    event Spent(address indexed spender, address indexed to, uint256 amount);
    event AllowanceSet(address indexed spender, uint256 amount);
    event Swept(address indexed to, uint256 amount);

    error AllowanceExceeded(address spender, uint256 amount, uint256 allowance);
    error NotHome(address to);

    constructor(IERC20 token_, address home_, address admin, address spender, uint256 allowed, address[] memory guardians)
        initializer
    {
        token = token_;
        home = home_;
        __Guarded_init(admin, guardians);
        _grantRole(SPENDER_ROLE, spender);
        allowance[spender] = allowed;
    }

    function spend(address to, uint256 amount) external onlyRole(SPENDER_ROLE) {
        uint256 left = allowance[msg.sender];
        if (amount > left) revert AllowanceExceeded(msg.sender, amount, left);
        allowance[msg.sender] = left - amount;
        sentTo[to] += amount;
        emit Spent(msg.sender, to, amount);
        token.safeTransfer(to, amount);
    }

    function revokeSpender(address spender) external onlyGuardian {
        _revokeRole(SPENDER_ROLE, spender);
    }

    function zeroAllowance(address spender) external onlyGuardian {
        allowance[spender] = 0;
        emit AllowanceSet(spender, 0);
    }

    function sweep(address to) external onlyGuardian {
        if (to != home) revert NotHome(to);
        uint256 amount = token.balanceOf(address(this));
        emit Swept(to, amount);
        token.safeTransfer(to, amount);
    }
}

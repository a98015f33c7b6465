// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Breaker} from "./Breaker.sol";
import {Guarded} from "./Guarded.sol";

/// @title The protocol's money, which whoever holds PAYER_ROLE may pay out.
/// @dev The admin is a single key: whoever has it makes payers. That is the
/// weakness the drill shows.
contract Treasury is Guarded {
    using SafeERC20 for IERC20;

    bytes32 public constant PAYER_ROLE = keccak256("PAYER_ROLE");

    IERC20 public immutable token;
    Breaker public immutable breaker;
    mapping(address payer => uint256 amount) public paidBy;

    event Paid(address indexed payer, address indexed to, uint256 amount);

    error FunctionLocked(bytes4 selector);

    constructor(IERC20 token_, Breaker breaker_, address admin, address payer, address[] memory guardians)
        initializer
    {
        token = token_;
        breaker = breaker_;
        __Guarded_init(admin, guardians);
        _grantRole(PAYER_ROLE, payer);
    }

    function pay(address to, uint256 amount) external onlyRole(PAYER_ROLE) {
        if (breaker.locked(address(this), bytes32(msg.sig))) revert FunctionLocked(msg.sig);
        paidBy[msg.sender] += amount;
        emit Paid(msg.sender, to, amount);
        token.safeTransfer(to, amount);
    }

    /// @notice A guardian takes the role away; only the admin gives it.
    function revokePayer(address account) external onlyGuardian {
        _revokeRole(PAYER_ROLE, account);
    }
}

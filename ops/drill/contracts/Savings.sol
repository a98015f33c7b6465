// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {Guarded} from "./Guarded.sol";

/// @title Savings: put in, take out, at par.
contract Savings is Guarded, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    IERC20 public token;
    mapping(address saver => uint256 amount) public balanceOf;
    /// @notice All that was ever taken out.
    uint256 public paidOut;

    event Saved(address indexed saver, uint256 amount);
    event TakenOut(address indexed saver, uint256 amount);

    error BalanceExceeded(address saver, uint256 amount, uint256 balance);

    constructor() {
        _disableInitializers();
    }

    function initialize(IERC20 token_, address admin, address[] memory guardians) external initializer {
        token = token_;
        __Guarded_init(admin, guardians);
    }

    function save(uint256 amount) external virtual {
        balanceOf[msg.sender] += amount;
        emit Saved(msg.sender, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    function takeOut(uint256 amount) external {
        _accrue();
        uint256 held = balanceOf[msg.sender];
        if (amount > held) revert BalanceExceeded(msg.sender, amount, held);
        balanceOf[msg.sender] = held - amount;
        paidOut += amount;
        emit TakenOut(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @notice What an implementation writes that can run on this storage. One that
    /// only adds to it keeps the marker of the one before.
    function storageMarker() external pure virtual returns (bytes32) {
        return keccak256("savings: token, balanceOf, paidOut");
    }

    function version() external pure virtual returns (uint256) {
        return 1;
    }

    function _accrue() internal virtual {}

    function _authorizeUpgrade(address) internal override onlyRole(DEFAULT_ADMIN_ROLE) {}
}

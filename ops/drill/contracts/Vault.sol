// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AccessControlUpgradeable} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";

/// @title A vault with ERC-4626's words: shares over one token, one share per unit.
/// @dev It earns nothing, so a healthy vault holds exactly one unit per share:
/// totalAssets() == totalSupply(). Shares cannot be transferred.
contract Vault is PausableUpgradeable, AccessControlUpgradeable, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 public constant UPGRADER_ROLE = keccak256("UPGRADER_ROLE");

    address public asset;
    uint256 public totalSupply;
    /// @notice The most shares that one account may hold.
    uint256 public depositCap;
    mapping(address account => uint256 shares) public balanceOf;

    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(
        address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares
    );
    event DepositCapSet(uint256 cap);

    error DepositCapExceeded(address owner, uint256 shares, uint256 cap);
    error WithdrawExceedsBalance(address owner, uint256 assets, uint256 balance);
    error NotTheOwner(address sender, address owner);

    constructor() {
        _disableInitializers();
    }

    /// @param timelock administers roles, upgrades the code and sets the cap.
    /// @param guardian may pause and un-pause, and nothing else.
    function initialize(address token, address timelock, address guardian, uint256 cap) external initializer {
        asset = token;
        depositCap = cap;
        _grantRole(DEFAULT_ADMIN_ROLE, timelock);
        _grantRole(UPGRADER_ROLE, timelock);
        _grantRole(PAUSER_ROLE, guardian);
    }

    function deposit(uint256 assets, address receiver) external whenNotPaused returns (uint256 shares) {
        shares = convertToShares(assets);
        uint256 held = balanceOf[receiver] + shares;
        if (held > depositCap) revert DepositCapExceeded(receiver, held, depositCap);
        balanceOf[receiver] = held;
        totalSupply += shares;
        emit Deposit(msg.sender, receiver, assets, shares);
        IERC20(asset).safeTransferFrom(msg.sender, address(this), assets);
    }

    function withdraw(uint256 assets, address receiver, address owner)
        external
        whenNotPaused
        returns (uint256 shares)
    {
        if (msg.sender != owner) revert NotTheOwner(msg.sender, owner);
        if (assets > balanceOf[owner]) revert WithdrawExceedsBalance(owner, assets, balanceOf[owner]);
        shares = previewWithdraw(assets);
        balanceOf[owner] -= shares;
        totalSupply -= shares;
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        IERC20(asset).safeTransfer(receiver, assets);
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    function setDepositCap(uint256 cap) external onlyRole(DEFAULT_ADMIN_ROLE) {
        depositCap = cap;
        emit DepositCapSet(cap);
    }

    function totalAssets() external view returns (uint256) {
        return IERC20(asset).balanceOf(address(this));
    }

    function convertToShares(uint256 assets) public pure returns (uint256) {
        return assets;
    }

    /// @notice The shares that withdrawing `assets` burns.
    function previewWithdraw(uint256 assets) public pure virtual returns (uint256) {
        return convertToShares(assets);
    }

    function version() external pure virtual returns (uint256) {
        return 1;
    }

    function _authorizeUpgrade(address) internal override onlyRole(UPGRADER_ROLE) {}
}

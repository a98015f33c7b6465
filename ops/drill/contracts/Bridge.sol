// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {Guarded} from "./Guarded.sol";

/// @title Releases here what was locked on the other side, by roots a relayer posts.
/// @dev PLANTED DEFECT, for drills only, and Nomad's of 2022: initialize() takes
/// the empty root for one that was posted, so a message without any proof passes.
contract Bridge is Guarded, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    bytes32 public constant RELAYER_ROLE = keccak256("RELAYER_ROLE");

    /// @notice Tells builds of the same source apart by their code hash.
    uint256 public immutable build;

    IERC20 public token;
    /// @notice The most that one release may move.
    uint256 public cap;
    mapping(bytes32 root => bool) public acceptable;
    mapping(uint256 lane => uint256 amount) public locked; // as the relayer reports of the other side
    mapping(uint256 lane => uint256 amount) public released;
    mapping(uint256 lane => bool) public closed;

    event Reported(uint256 indexed lane, uint256 locked, bytes32 root);
    event Released(uint256 indexed lane, address indexed to, uint256 amount, bytes32 root);
    event LaneClosed(uint256 indexed lane);
    event CapLowered(uint256 cap);

    error UnknownRoot(bytes32 root);
    error LaneIsClosed(uint256 lane);
    error AboveCap(uint256 amount, uint256 cap);

    constructor(uint256 build_) {
        build = build_;
        _disableInitializers();
    }

    function initialize(IERC20 token_, address admin, address relayer, uint256 cap_, address[] memory guardians)
        external
        initializer
    {
        token = token_;
        cap = cap_;
        __Guarded_init(admin, guardians);
        _grantRole(RELAYER_ROLE, relayer);
        acceptable[bytes32(0)] = true;
    }

    /// @param total all that was ever locked on the other side of the lane.
    function report(uint256 lane, uint256 total, bytes32 root) external onlyRole(RELAYER_ROLE) {
        locked[lane] = total;
        acceptable[root] = true;
        emit Reported(lane, total, root);
    }

    function release(uint256 lane, address to, uint256 amount, bytes32 root) external {
        if (closed[lane]) revert LaneIsClosed(lane);
        if (!acceptable[root]) revert UnknownRoot(root);
        if (amount > cap) revert AboveCap(amount, cap);
        released[lane] += amount;
        emit Released(lane, to, amount, root);
        token.safeTransfer(to, amount);
    }

    function closeLane(uint256 lane) external onlyGuardian {
        closed[lane] = true;
        emit LaneClosed(lane);
    }

    function lowerCap(uint256 cap_) external onlyGuardian {
        if (cap_ >= cap) revert NotTighter(cap_, cap);
        cap = cap_;
        emit CapLowered(cap_);
    }

    function _authorizeUpgrade(address) internal override onlyRole(DEFAULT_ADMIN_ROLE) {}
}

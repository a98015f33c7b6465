// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Guarded} from "./Guarded.sol";
import {Pool} from "./Pool.sol";

/// @title Sells dUSD for ether, at the price of the route that the buyer names.
/// @dev PLANTED DEFECT, for drills only: a thin pool's spot price is taken for a
/// price, and the bound on how far it may lie from the reference is far too wide.
contract Router is Guarded {
    using SafeERC20 for IERC20;

    struct Route {
        Pool pool; // none: the reference itself
        uint256 confidence; // 0 to 100: what risk makes of the route's depth
        bool open;
    }

    IERC20 public immutable token;
    /// @notice The reference price: dUSD for one ether, with 18 decimals.
    uint256 public immutable reference_;
    /// @notice How far a price may lie from the reference, in basis points of it.
    uint256 public slippageCap = 100_000;
    /// @notice The least confidence with which a route's own price is used; below
    /// it the reference is.
    uint256 public confidenceFloor;
    /// @notice Ether from which on a swap takes the safe path: the reference price.
    uint256 public safePathFrom = type(uint256).max;
    /// @notice dUSD paid out beyond what the reference price would have paid.
    uint256 public overpaid;
    mapping(uint256 route => Route) public routes;

    event Swapped(address indexed buyer, uint256 indexed route, uint256 coins, uint256 tokens, uint256 price);
    event Tightened(bytes32 indexed what, uint256 value);

    error RouteClosed(uint256 route);
    error PriceOutOfBounds(uint256 price, uint256 reference_, uint256 cap);

    constructor(IERC20 token_, uint256 price, Pool deep, Pool thin, address admin, address[] memory guardians)
        initializer
    {
        token = token_;
        reference_ = price;
        routes[1] = Route(deep, 95, true);
        routes[2] = Route(thin, 40, true);
        __Guarded_init(admin, guardians);
    }

    /// @notice The price at which the route would settle a swap of so much ether.
    function quote(uint256 route, uint256 coins) public view returns (uint256) {
        Route storage r = routes[route];
        bool safe = address(r.pool) == address(0) || r.confidence < confidenceFloor || coins >= safePathFrom;
        return safe ? reference_ : r.pool.price();
    }

    /// @notice How far the route's price lies from the reference, in basis points.
    function deviation(uint256 route) external view returns (uint256) {
        uint256 price = quote(route, 0);
        uint256 off = price > reference_ ? price - reference_ : reference_ - price;
        return off * 10_000 / reference_;
    }

    function open(uint256 route) external view returns (bool) {
        return routes[route].open;
    }

    function swap(uint256 route) external payable returns (uint256 tokens) {
        if (!routes[route].open) revert RouteClosed(route);
        uint256 price = quote(route, msg.value);
        uint256 off = price > reference_ ? price - reference_ : reference_ - price;
        if (off * 10_000 / reference_ > slippageCap) revert PriceOutOfBounds(price, reference_, slippageCap);
        tokens = msg.value * price / 1 ether;
        uint256 fair = msg.value * reference_ / 1 ether;
        if (tokens > fair) overpaid += tokens - fair;
        emit Swapped(msg.sender, route, msg.value, tokens, price);
        token.safeTransfer(msg.sender, tokens);
    }

    function tightenSlippage(uint256 cap) external onlyGuardian {
        if (cap >= slippageCap) revert NotTighter(cap, slippageCap);
        slippageCap = cap;
        emit Tightened("slippage", cap);
    }

    function closeRoute(uint256 route) external onlyGuardian {
        routes[route].open = false;
        emit Tightened("route", route);
    }

    function raiseConfidence(uint256 floor) external onlyGuardian {
        if (floor <= confidenceFloor) revert NotTighter(floor, confidenceFloor);
        confidenceFloor = floor;
        emit Tightened("confidence", floor);
    }

    function useSafePath(uint256 from) external onlyGuardian {
        if (from >= safePathFrom) revert NotTighter(from, safePathFrom);
        safePathFrom = from;
        emit Tightened("safe path", from);
    }
}

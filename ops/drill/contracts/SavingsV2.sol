// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Savings} from "./Savings.sol";

/// @title Savings that keep account of time, for an interest to come.
/// @dev PLANTED DEFECT, for drills only: poke() writes down when the next period
/// begins where the rest reads when the last one began, so after the first poke
/// every withdrawal computes a negative time and reverts.
contract SavingsV2 is Savings {
    uint256 public constant PERIOD = 7 days;

    uint256 public accruedAt;
    bool public exitOnly;
    /// @notice The implementation that a guardian may put back, and from when on.
    address public previous;
    uint256 public rollbackFrom;

    event Poked(uint256 accruedAt);
    event ExitOnly();
    event RolledBack(address implementation);

    error RollbackLocked(uint256 from);
    error OnlyExits();

    function initializeV2(address previous_, uint256 rollbackFrom_) external reinitializer(2) {
        previous = previous_;
        rollbackFrom = rollbackFrom_;
        accruedAt = block.timestamp;
    }

    function poke() external {
        accruedAt = block.timestamp + PERIOD;
        emit Poked(accruedAt);
    }

    /// @notice Degraded mode: nothing more comes in, and what goes out goes at par.
    function degrade() external onlyGuardian {
        exitOnly = true;
        emit ExitOnly();
    }

    /// @notice Puts the implementation before this one back. It gives nobody more
    /// than they had.
    function rollBack() external onlyGuardian {
        if (block.timestamp < rollbackFrom) revert RollbackLocked(rollbackFrom);
        emit RolledBack(previous);
        ERC1967Utils.upgradeToAndCall(previous, "");
    }

    function save(uint256 amount) external override {
        if (exitOnly) revert OnlyExits();
        balanceOf[msg.sender] += amount;
        emit Saved(msg.sender, amount);
        require(token.transferFrom(msg.sender, address(this), amount));
    }

    function version() external pure override returns (uint256) {
        return 2;
    }

    function _accrue() internal override {
        if (exitOnly) return;
        uint256 elapsed = block.timestamp - accruedAt;
        accruedAt += elapsed;
    }
}

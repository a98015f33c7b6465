// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.10;

import "./Governance/GovernorBravoDelegate.sol";

/// Compound's governor with a vote of one block, in which everybody has all votes.
contract Bravo is GovernorBravoDelegate {
    constructor(TimelockInterface timelock_) {
        timelock = timelock_;
        comp = CompInterface(address(this));
        votingDelay = 1;
        votingPeriod = 1;
        proposalCount = 1;
        initialProposalId = 1;
    }

    function getPriorVotes(address, uint) external pure returns (uint96) { return 500000e18; }
}

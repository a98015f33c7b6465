// Package liveness is the detector of what has stopped working: a user's action that would
// fail, one that costs more gas than anybody pays, a heartbeat that is late.
//
// What it sees. At every block the call is tried as a real user would send it, at the state
// of that block, and undone; with gas it must also do with so much. An age, as any
// expression in seconds, must stay within its bound: the time since an oracle's last round,
// since a keeper's last run. More than a minute in the future it is in breach too.
//
// What it cannot see. Why a call fails: that stands in the node's answer, which is the
// evidence. A user who has nothing to withdraw fails for a reason of their own: choose one
// who can, and several in several detectors. A front end that is down, a mempool that takes
// nothing, a sequencer that leaves somebody out.
//
// What it would have shown. Ronin in 2024 (an initialiser that was not called leaves
// minimumVoteWeight zero, which an invariant shows; its withdrawals went on working), and
// any release after which withdrawals revert. Chainlink-style staleness before a pricing
// breach.
//
// It must never read anything itself: it is a pattern, which the engine compiles.
package liveness

import "github.com/bulkhead-console/bulkhead/ops"

// Pattern is what a policy's detector of kind liveness demands.
var Pattern = ops.Pattern{
	Kind: "liveness",
	Parts: []ops.Part{
		{Name: "call", Means: "what a user does: vault.withdraw(1, saver, saver)"},
		{Name: "as", Means: "the user: saver"},
		{Name: "gas", Means: "all the gas that it may take: 300000"},
		{Name: "age", Means: "how long ago the last sign of life was, in seconds: block.timestamp - oracle.updatedAt()"},
		{Name: "within", Means: "how long ago it may be: 1h"},
	},
	Clauses: []ops.Clause{
		{Name: "the call works", Holds: "reverts({call}, {as}) == false"},
		{Name: "with its gas", Holds: "reverts({call}, {as}, {gas}) == false"},
		{Name: "heartbeat", Holds: "within({age}, -60, {within})", Unit: "s"}, // one that comes from the future says nothing
	},
}

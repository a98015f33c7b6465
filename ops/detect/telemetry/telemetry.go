// Package telemetry is the detector of what looks wrong from outside: a level that drops
// suddenly, calls that fail more often than they should.
//
// What it sees. Drop: a number, as any expression, against the highest that it was in a
// window. Failing: of the transactions sent straight to a function in a window, how many
// failed by their receipts; few failures, up to least, are no matter.
//
// Receipts are asked for, in the same request, only where such a detector stands; a node
// that has no eth_getBlockReceipts leaves it UNKNOWN and says so.
//
// What it cannot see. A level that sinks slowly and one that was never seen high: a window
// of which less than half was judged is UNKNOWN. Calls that other contracts make: only
// transactions sent straight to the contract count. Why they failed: a receipt says that,
// not why. The console tries a few of each newest block again on top of the block before,
// and the finding names what they revert with; what came before them in their own block is
// not there then, so a reason is a hint, and "reason unknown" counts all the same.
//
// What it would have shown. Nomad and Bybit (a balance that falls by a large part within a
// block), Balancer V2, Munchables; the failed attempts of somebody who tries an attack
// before it works.
//
// It must never read anything itself: it is a pattern, which the engine compiles.
package telemetry

import "github.com/bulkhead-console/bulkhead/ops"

// Pattern is what a policy's detector of kind telemetry demands.
var Pattern = ops.Pattern{
	Kind: "telemetry",
	Parts: []ops.Part{
		{Name: "level", Means: "what must not drop: vault.totalAssets()"},
		{Name: "drop", Means: "by how much of its highest: 20%"},
		{Name: "calls", Means: "a function whose calls must not fail: vault.withdraw"},
		{Name: "where", Means: "which of them, over the function's inputs: assets > ether(10)"},
		{Name: "failing", Means: "the share of them that may: 20%", Default: "20%"},
		{Name: "least", Means: "so many failures are no matter: 3", Default: "3"},
		{Name: "over", Means: "the window: 1h", Default: "1h"},
	},
	Clauses: []ops.Clause{
		{Name: "drop", Holds: "{level} >= max({level}, {over}) * (1 - {drop})"},
		{Name: "failing", Holds: "failed({calls}, {over}{,where}) <= max({failing} * calls({calls}, {over}{,where}), {least})", Unit: "failed"},
	},
	Bounds: []ops.Bound{
		{Part: "drop", Holds: "{drop} < 1", Says: "drop is a part of the highest, 20% or 0.2"},
		{Part: "failing", Holds: "{failing} <= 1", Says: "failing is a part of the calls, 20% or 0.2"},
	},
}

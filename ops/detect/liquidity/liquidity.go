// Package liquidity is the detector of imbalance: reserves out of proportion, an outflow
// far beyond its own past, withdrawals in few hands. It is D3 of the failure modes.
//
// What it sees. Ratio: two reserves, as any expressions, against the ratio that they
// should have, in basis points. Outflow: what the events of a window say that left, against
// so many times what a usual window of the same length saw; a floor, least, keeps a quiet
// past from making every withdrawal an alarm. Concentration: the part of the outflow that
// the few largest took, where it is above the floor.
//
// What it cannot see. Value that leaves without the event; an outflow that grows slowly
// enough to become its own past; one person under many addresses, who looks like many. A
// window that is not yet full is UNKNOWN, unless the policy says warmup: known.
//
// What it would have shown. Balancer V2 (reserves pushed out of proportion within a
// block), Ronin in 2024 (two withdrawals of thousands of times the usual size: the first),
// Sonne and UwU Lend (a market emptied by one account), Nomad (hundreds of withdrawals in
// an hour that usually has a few).
//
// It must never read anything itself: it is a pattern, which the engine compiles.
package liquidity

import "github.com/bulkhead-console/bulkhead/ops"

// Pattern is what a policy's detector of kind liquidity demands.
var Pattern = ops.Pattern{
	Kind: "liquidity",
	Parts: []ops.Part{
		{Name: "reserve", Means: "one side: pool.reserve0()"},
		{Name: "against", Means: "the other side: pool.reserve1()"},
		{Name: "ratio", Means: "how many of reserve to one of against: 1", Default: "1"},
		{Name: "excursion", Means: "how far from it is too far, in basis points: 500"},
		{Name: "outflow", Means: "what leaves: a field of an event, as in vault.Withdraw.assets"},
		{Name: "over", Means: "the window: 1h", Default: "1h"},
		{Name: "usual", Means: "the past that it is held against: 24h", Default: "24h"},
		{Name: "times", Means: "so many times the usual is too much: 5"},
		{Name: "least", Means: "what is below this is no matter: ether(10)", Default: "0"},
		{Name: "holder", Means: "the field that tells who takes it out: owner"},
		{Name: "top", Means: "how many are few: 3", Default: "3"},
		{Name: "share", Means: "the part of the outflow that the few may take: 80%"},
		{Name: "where", Means: "which events count: owner != treasury"},
	},
	Clauses: []ops.Clause{
		{Name: "outflow", Holds: "sum({outflow}, {over}{,where}) <= max({times} * (sum({outflow}, {usual}{,where}) - sum({outflow}, {over}{,where})) / ({usual} / {over} - 1), {least})"},
		{Name: "concentration", Holds: "top_share({outflow}, {holder}, {top}, {over}{,where}) * sum({outflow}, {over}{,where}) <= max({share} * sum({outflow}, {over}{,where}), {least})"},
		{Name: "ratio", Holds: "deviation({reserve}, {against} * {ratio}) <= {excursion}", Unit: "bps"},
	},
	Bounds: []ops.Bound{
		{Part: "usual", Holds: "{usual} >= 2 * {over}", Says: "usual must be at least twice as long as over: an outflow is held against the past before it"},
		{Part: "times", Holds: "{times} > 0", Says: "times must be above 0"},
		{Part: "share", Holds: "{share} <= 1", Says: "share is a part of the outflow, 80% or 0.8"},
	},
}

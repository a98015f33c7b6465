// Package drift is the detector of economic drift: what a path pays out is no longer what
// a model, or a second source, says that it should. It is D2 of the failure modes.
//
// What it sees. Over a window, what the events of a contract say that it took in and gave
// out; their ratio is the price that users really had. It is held against the model, which
// is any expression: an oracle, a function of the contract before the release, a constant.
// The tolerance is in basis points. A window in which nothing moved holds: nothing does not
// deviate from nothing. What was given for nothing at all is a breach of its own.
//
// What it cannot see. Trades that emit no event, or another one; a single bad trade that
// the others of the window outweigh (use a shorter window beside a long one); a model that
// is manipulated together with the price; a price between two tokens of other decimals,
// unless the model says so. The model is read once a block: where it moves within the
// window, the trades before are held against today's.
//
// What it would have shown. Compound's proposal 62 (rewards given out of all proportion to
// the claims: the first claim), Moonwell MIP-X43 (a price of one dollar for a thousand: the
// first liquidation, three minutes before somebody noticed), Euler (what was taken out
// against what was put in), Balancer V2 (swaps that round in the trader's favour, in sum).
//
// It must never read anything itself: it is a pattern, which the engine compiles.
package drift

import "github.com/bulkhead-console/bulkhead/ops"

// Pattern is what a policy's detector of kind drift demands.
var Pattern = ops.Pattern{
	Kind: "drift",
	Parts: []ops.Part{
		{Name: "received", Means: "what users got: a field of an event, as in pool.Swap.amountOut", Needed: true},
		{Name: "paid", Means: "what they gave for it: pool.Swap.amountIn", Needed: true},
		{Name: "model", Means: "what one paid should bring: oracle.price() / 1e18", Needed: true},
		{Name: "tolerance", Means: "in basis points: 100", Needed: true},
		{Name: "over", Means: "the window: 10m", Default: "10m"},
		{Name: "where", Means: "which events count: tokenIn == weth"},
	},
	Clauses: []ops.Clause{
		{Name: "price", Holds: "deviation(sum({received}, {over}{,where}), sum({paid}, {over}{,where}) * {model}) <= {tolerance}", Unit: "bps"},
		{Name: "something for nothing", Holds: "sum({paid}, {over}{,where}) > 0 || sum({received}, {over}{,where}) == 0"},
	},
}

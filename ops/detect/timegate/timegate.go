// Package timegate is the detector of what must not happen before a time: a contract that
// keeps something closed until its hour, as a registry of exam papers does.
//
// What it sees. The hour that the contract itself names, which must not be earlier than the
// one in the policy. An event that only a release emits, before the hour, by the time of the
// chain. A call that should fail as too early, tried at every block as somebody would send
// it: before the hour it must revert.
//
// What it cannot see. What is read out of the contract's storage by anybody with a node: a
// chain keeps no secrets, and a gate is only worth what it encrypts. A release that emits
// another event. After the hour it is silent, also about an early release of which the
// window has passed: the journal keeps it.
//
// What it would have shown. It is asset safety for what has no price: a vesting schedule
// cut short, a sealed bid opened, the unlock of a bridge's withdrawal delay (as the guards
// of a lane at Ronin or Nomad would have).
//
// It must never read anything itself: it is a pattern, which the engine compiles.
package timegate

import "github.com/bulkhead-console/bulkhead/ops"

// Pattern is what a policy's detector of kind time-gate demands.
var Pattern = ops.Pattern{
	Kind: "time-gate",
	Parts: []ops.Part{
		{Name: "hour", Means: "not before, in seconds since 1970: 1798707600", Needed: true},
		{Name: "unlock", Means: "the hour that the contract names: registry.unlockAt(7)"},
		{Name: "released", Means: "the event of a release: registry.Released"},
		{Name: "where", Means: "which events count: paper == seven"},
		{Name: "over", Means: "how long an early release is in breach: 24h", Default: "24h"},
		{Name: "call", Means: "what fails as too early: registry.open(7)"},
		{Name: "as", Means: "who tries it: stranger"},
	},
	Clauses: []ops.Clause{
		{Name: "released early", Holds: "block.timestamp >= {hour} || count({released}, {over}{,where}) == 0"},
		{Name: "can be opened", Holds: "block.timestamp >= {hour} || reverts({call}, {as})"},
		{Name: "hour moved", Holds: "{unlock} >= {hour}", Unit: "s"},
	},
}

//go:build race

package rehearsal_test

// The race detector looks for races, which each play has alike, and takes ten times as
// long: it plays fewer of them.
const (
	seeds         = 4
	scenarioSeeds = 1
)

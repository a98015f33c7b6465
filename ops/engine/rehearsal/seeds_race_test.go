//go:build race

package rehearsal_test

// The race detector looks for races, which each play has alike, and takes ten times as
// long: it plays fewer of them, and shorter queues.
const (
	seeds         = 2
	scenarioSeeds = 1
	manyWait      = 200
)

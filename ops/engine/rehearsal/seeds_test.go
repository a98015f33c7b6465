//go:build !race

package rehearsal_test

// seeds is how many plays of the default drill are judged, scenarioSeeds how many of
// each other scenario, manyWait how many operations wait in a long queue.
const (
	seeds         = 20
	scenarioSeeds = 2
	manyWait      = 1000
)

package ops

import "time"

// Hotwash is what a drill says of itself when it is over: how long each part of
// the answer took (wall clock), what was lost and what was saved.
type Hotwash struct {
	Scenario       string
	Seed           uint64
	BreachBlock    uint64        // 0: there was no breach
	DetectedBlock  uint64        // 0: it was not detected
	ContainedBlock uint64        // 0: it was not contained
	Detect         time.Duration // from the sealing of the breaching block to the finding on the screen
	Confirm        time.Duration // from the finding to the confirmation
	Mine           time.Duration // from sending to being mined
	Verify         time.Duration // from being mined to CONTAINED
	Lost           Quantity
	Saved          Quantity // what the attack would have taken beyond that
	Contained      bool
	Failed         bool   // not contained, and the last answer failed
	Foiled         string // in words, how often harm was tried in vain: 3 withdrawals by the attacker reverted
	Journal        string
	ExitReason     string
}

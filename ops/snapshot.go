package ops

import (
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Incident is the clock of the running incident: it starts with the first
// breach of a severity that pages and stops when containment has held.
type Incident struct {
	First     DetectorID
	Opened    BlockRef
	OpenedAt  time.Time // wall clock
	Contained BlockRef  // zero while the incident runs
	StoppedAt time.Time // wall clock, zero while it runs
}

// Entry is one journal line as a person reads it.
type Entry struct {
	Time    time.Time
	Block   uint64
	Verdict Verdict // of a finding's transition; OK for plain news
	Alarm   bool    // Verdict says something about the chain
	Text    string
}

// Snapshot is the whole state at one moment: immutable, published latest-wins.
// A screen needs nothing else.
type Snapshot struct {
	Mode       Mode
	Chain      string // the policy's name for the chain
	ChainID    ChainID
	Policy     string
	PolicyHash common.Hash
	Signing    Signing // of the pack
	Operator   Operator
	Arming     Arming
	Now        time.Time // wall clock when the snapshot was made
	Head       BlockRef
	Judged     uint64        // blocks since the start
	Missed     uint64        // blocks since the start that could not be judged
	Followed   uint64        // the last block at which what is in flight was looked after
	BlockTime  time.Duration // usual distance of two blocks, wall clock
	Blind      string        // why the chain cannot be seen now; empty when it can
	BlindSince time.Time
	Feeds      []FeedHealth
	Findings   []Finding
	Queue      []Operation
	MinDelay   time.Duration // of the timelock, in chain time
	Canary     []Window
	Board      []Readiness
	Incident   *Incident
	Receipts   []Receipt
	Log        []Entry // newest first, bounded
	Journal    string  // where the journal lies
}

// InFlight returns the receipt of a containment that is still under way.
func (s Snapshot) InFlight() (Receipt, bool) {
	for _, r := range s.Receipts {
		if !r.Done() {
			return r, true
		}
	}
	return Receipt{}, false
}

// Failed reports whether the last containment failed and nothing is contained.
func (s Snapshot) Failed() bool {
	n := len(s.Receipts)
	contained := slices.ContainsFunc(s.Receipts, func(r Receipt) bool { return r.Stage == StageContained })
	return n > 0 && s.Receipts[n-1].Stage == StageFailed && !contained
}

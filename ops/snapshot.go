package ops

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Incident is the clock of the running incident: it starts with the first
// breach of a severity that pages and stops when containment has held.
type Incident struct {
	Chain     string `json:"-"` // its chain's name, where several are shown together; else empty
	First     DetectorID
	Opened    BlockRef
	OpenedAt  time.Time // wall clock
	Contained BlockRef  // zero while the incident runs
	StoppedAt time.Time // wall clock, zero while it runs
}

// Entry is one journal line as a person reads it.
type Entry struct {
	Chain   string // its chain's name, where several are shown together; else empty
	Time    time.Time
	Block   uint64
	Verdict Verdict // of a finding's transition; OK for plain news
	Alarm   bool    // Verdict says something about the chain
	Text    string
}

// Snapshot is the whole state at one moment: immutable, published latest-wins.
// A screen needs nothing else.
//
// Where several chains are shown together, Chains has each of them, and every row
// says which it is of. Chain, ChainID, Head, Followed, BlockTime and Journal are
// then empty, for there is not one of them; Blind says that at least one chain
// cannot be seen, and which.
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
	Traits     []Trait // what contracts must have in common
	Sides      []Side  // of the lanes to other chains, as this one sees them
	Queue      []Operation
	Timelocks  []Timelock
	MinDelay   time.Duration // of the timelock, in chain time
	Canary     []Window
	Board      []Readiness
	Standing   []StandingOrder
	Skew       time.Duration // this machine's clock less the chain's, where they are far apart; else 0
	Exposed    []Exposure
	Incident   *Incident
	Receipts   []Receipt
	Log        []Entry // newest first, bounded
	Journal    string  // where the journal lies
	Chains     []ChainState
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

// Failed reports whether, on any chain, the last containment failed and nothing
// is contained.
func (s Snapshot) Failed() bool {
	last, contained := map[string]Stage{}, map[string]bool{}
	for _, r := range s.Receipts {
		last[r.Chain] = r.Stage
		contained[r.Chain] = contained[r.Chain] || r.Stage == StageContained
	}
	for chain, stage := range last {
		if stage == StageFailed && !contained[chain] {
			return true
		}
	}
	return false
}

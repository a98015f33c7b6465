package ops

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// OperationState is where a timelocked operation stands. The first four are
// OpenZeppelin's (TimelockController.OperationState, v5). Cancelled is ours, for the
// contract forgets what it cancels. Expired is what nobody can execute any more; Over is
// what a queue went past without an event that says whether it was executed or skipped;
// Proposed is a governor's proposal that is not in the timelock yet.
type OperationState int

// States of an operation.
const (
	OperationUnset OperationState = iota
	OperationWaiting
	OperationReady
	OperationDone
	OperationCancelled
	OperationExpired
	OperationOver
	OperationProposed
)

// String is the word shown on the board.
func (s OperationState) String() string {
	return [...]string{"UNSET", "WAITING", "READY", "DONE", "CANCELLED", "EXPIRED", "OVER", "PROPOSED"}[s]
}

// Check is one thing that was verified about an operation or an action.
type Check struct {
	Name    string
	Verdict Verdict
	Why     string
}

// Operation is one entry of a timelock's queue. ETA is the chain time at which
// it can be executed. Short is a spoken id, unique on the screen: T1·4a.
type Operation struct {
	Chain       string // its chain's name, where several are shown together; else empty
	Timelock    string
	Short       string
	ID          common.Hash
	Predecessor common.Hash
	Salt        common.Hash
	Batch       bool
	Calls       []Call
	Scheduled   BlockRef
	Tx          common.Hash    // the transaction that scheduled it
	Proposer    common.Address // who sent that, as one provider says; zero while it is not known
	Through     common.Address // the contract it was sent to, where that is not the timelock: a Safe, a governor
	Place       uint           // of its first log in its block
	Nonce       string         // decimal, where the contract counts its operations; else empty
	Again       BlockRef       // where the same id was cancelled before it was scheduled again
	Spent       BlockRef       // where the same id was executed, or perhaps executed, before: an approval is for once
	Delay       time.Duration  // from its scheduling to its ETA
	MinDelay    time.Duration  // the contract's, at the judged block; 0 while it is not known
	ETA         time.Time
	Expires     time.Time // the first second at which it cannot be executed any more; zero for never
	Ended       BlockRef  // where it was executed or cancelled; of one that is over, where that was seen
	Blocked     string    // why it cannot be executed although its time has come; empty if nothing is known to be in its way
	Executors   []string  // who may execute it, by name or short address; "anyone"; nil while it is not known
	Cancellers  []string  // who may cancel it
	Proposal    Proposal  // the governor's proposal that it is of, if it is of one
	State       OperationState
	Approved    Verdict // OK: in an approved release; Breach: in none; Unknown: the id could not be recomputed
	ApprovedAs  string  // release and operation: vault-v2 O2
	Checks      []Check
	Cancel      []byte   // while it waits, the calldata with which its contract cancels it; nil where it cannot be told
	Voids       []string // what goes with it if it is cancelled, in words; nil where nothing does
	Hazards     []Hazard // what is wrong with it while it waits, the gravest first
}

// Proposal is what a governor calls an operation: its id in decimal, the first line of
// its description, which is foreign text, and where it stands in the governor's words.
type Proposal struct {
	ID, Title, Stage string
}

// Window is one canary: how long it still runs, what it has spent of its
// budget, who used it, and whether promotion is frozen. All times are chain
// time.
type Window struct {
	Chain     string // its chain's name, where several are shown together; else empty
	ID        string
	Release   string
	Open      bool
	OpenedAt  BlockRef
	Ends      time.Time // end of the observation
	Expires   time.Time
	Now       time.Time // the chain time of the judged block
	MinBlocks uint64

	Spent     Quantity
	Limit     Quantity
	Interval  time.Duration
	SpentPart float64 // Spent/Limit, for a bar only; the judgement is exact
	Budget    Verdict
	BudgetWhy string

	Seen       int // accounts that used the path
	Allowed    int
	Outsiders  []common.Address
	Segment    Verdict
	SegmentWhy string

	Green    uint64 // blocks in which every finding was OK
	Judged   uint64 // blocks judged
	Frozen   bool
	FrozenBy string
	FrozenAt BlockRef
}

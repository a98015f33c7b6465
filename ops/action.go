package ops

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// ReadyState says whether an action would work right now.
type ReadyState int

// Readiness is never a colour alone; the zero value is unknown.
const (
	ReadyUnknown ReadyState = iota
	Ready
	Impaired
	Dead
)

// String is the word shown on the board.
func (s ReadyState) String() string {
	return [...]string{"UNKNOWN", "READY", "IMPAIRED", "DEAD"}[s]
}

// Readiness is one committed action on the board: the key that starts it, what
// it answers and whether it would work, measured at block At.
type Readiness struct {
	Chain    string // its chain's name, where several are shown together; else empty
	Runbook  RunbookID
	Name     string
	Key      string // the key bound by the runbook: F
	Class    BreachClass
	Answers  []DetectorID
	State    ReadyState
	Why      []string
	Effect   string // what it does, in a few words
	Stops    string // blast radius: what users can no longer do
	Signer   string
	From     common.Address
	Lanes    []string // by which this console can have it sent, in their order: those of the first call
	Gas      uint64
	At       BlockRef
	Needed   []string  // arguments that only a finding can give, while there is none
	Restrict bool      // every step only restricts
	Done     bool      // what it would bring about holds already
	Until    time.Time // chain time at which the authority for it ends; zero where nothing says so
}

// Change is one simulated effect: what was read before and after.
type Change struct {
	What   string
	Before string
	After  string
}

// Plan is one runbook step as it would be sent now: decoded, simulated, priced.
// Digest commits to the runbook's hash, chain, target, calldata, value and
// signer; a confirmation names it. Amounts are in wei.
type Plan struct {
	Digest      common.Hash
	Runbook     RunbookID
	Name        string
	RunbookHash common.Hash
	SignedBy    string // the owner who signed the runbook's bytes as they are; empty where nobody did
	Step        string // R1.1
	StepTitle   string
	Steps       int
	Course      []PlanStep // every step in its order, the first call's among them
	Mode        Mode
	Chain       string
	ChainID     ChainID
	Call        Call
	About       string   // in plain words, what the finding's arguments stand for
	At          BlockRef // the block simulated on
	Simulated   bool
	Changes     []Change
	Stops       string
	Loosens     bool // it does more than restrict: two people, and each doubt is a refusal
	Lane        string
	From        common.Address
	ByHand      string // the line with which somebody else sends it; empty where this console does
	Relay       string // who gets it before everybody else does, and for how long; empty where nobody does
	Nonce       uint64
	Safe        *SafeCall // in whose name From sends; nil where From itself calls
	Gas         uint64
	MaxCost     Quantity
	Seconds     []string // who else has confirmed it
	Warnings    []string // doubts: shown, and refuse nothing that only restricts
	Refusals    []string // what makes the plan impossible: wrong chain, changed bytes, no signer
	Phrase      string   // what has to be typed, "drill " included
	Prepared    time.Time
}

// PlanStep is one step of a runbook as it would be run now: a call, a control of
// the console, or a question to a person.
type PlanStep struct {
	ID       string
	Title    string
	Does     string // vault.pause(), freeze-promotion(C1), asks: …
	Call     Call   // zero unless it sends
	Lane     string
	From     common.Address
	Stops    string
	Left     string // why it would not be run now; empty when it would
	Changes  []Change
	Warnings []string
}

// Question is what a runbook asks a person before it goes on.
type Question struct {
	Step      string
	Challenge string
	Expected  string
}

// StandingOrder is what will be sent by itself, once, when one of the findings is in
// breach. Why says what keeps it from firing.
type StandingOrder struct {
	Runbook RunbookID
	Name    string
	Step    string
	Answers []DetectorID
	Fired   bool
	Why     string
}

// Stage is how far a containment has come.
type Stage int

// Stages in order; Failed ends it from any of them.
const (
	StageNone Stage = iota
	StageConfirmed
	StageSigned
	StageSent
	StageMined
	StageInEffect
	StageContained
	StageFailed
)

// String is the word shown for a stage.
func (s Stage) String() string {
	return [...]string{"NONE", "CONFIRMED", "SIGNED", "SENT", "MINED", "IN EFFECT", "CONTAINED", "FAILED"}[s]
}

// Receipt is one containment under way or ended. Times are wall clock; a stage
// not reached has a zero time.
type Receipt struct {
	Chain      string // its chain's name, where several are shown together; else empty
	ID         string
	Runbook    RunbookID
	Name       string
	Step       string
	Digest     common.Hash
	Stage      Stage
	Tx         common.Hash
	Provider   string
	Prepared   BlockRef // the block it was simulated on
	Mined      BlockRef
	Confirmed  time.Time
	Signed     time.Time
	Sent       time.Time
	MinedAt    time.Time
	InEffect   time.Time
	Contained  time.Time
	HeldBlocks uint64 // blocks for which contained_when has held
	NeedBlocks uint64
	By         Operator
	Steps      []StepResult // every step of the runbook, in their order
	ByHand     string       // the line with which somebody else sends it; empty where this console does
	Asks       *Question    // what a person is asked now; nil when nothing is
	Why        string       // of a failure: what is still true, what was tried
	Repeated   bool         // this answer repeats an earlier confirmation; nothing was sent again
}

// Done reports whether nothing more will happen to the receipt by itself.
func (r Receipt) Done() bool { return r.Stage == StageContained || r.Stage == StageFailed }

// StepResult is how far one step of a runbook has come. At is of the wall clock.
type StepResult struct {
	Step  string
	Title string
	Stage string // WAITS, ASKED, SENT, MINED, IN EFFECT, DONE, FAILED or NOT RUN
	OK    bool
	Lane  string
	Tx    common.Hash
	Mined BlockRef
	By    string // who answered, where a person was asked
	At    time.Time
	Why   string
}

package contain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// run is one confirmed action on its way through its steps. The Containment's mu
// guards it, and everything it points to.
type run struct {
	id        string
	action    Action
	digest    common.Hash
	nonce     uint64 // of its first transaction
	by        ops.Operator
	seconds   []string // who confirmed it beside by
	prepared  ops.BlockRef
	confirmed time.Time
	steps     []progress // of each step, in their order
	ended     ops.Stage  // StageContained or StageFailed; StageNone before
	contained time.Time
	why       string
	held      uint64       // blocks for which contained_when has held
	at        ops.BlockRef // the last block that Follow judged
	busy      bool         // an errand brings it forward
	named     bool         // the journal says whose it is
	cut       bool         // the console ended in the midst of it
	bygone    bool         // ended in an earlier process: the chain alone knows what its nonce is worth
}

// progress is how far one step has come.
type progress struct {
	state  state
	lane   int
	flight *flight // the newest transaction of it
	why    string
	by     string // who answered
	at     time.Time
}

// state of a step.
type state int

const (
	due state = iota
	asked
	flying
	done
	failed
	left // not run
)

func (s state) settled() bool { return s >= done }

// flight is one transaction, or more that replace each other under one nonce.
type flight struct {
	id      string
	run     *run
	step    int
	lane    Lane
	nonce   uint64
	safe    *ops.SafeCall // what a Safe's owners signed, where one calls
	sent    []signed      // what was signed for it, oldest first: any of them may be mined
	stage   ops.Stage
	mined   ops.BlockRef
	tx      common.Hash // the newest, or the one that was mined
	times   times
	why     string
	tries   int
	looked  common.Hash // the block at which it was followed last
	old     bool        // that is not the newest, or was followed before: what is missing there is not counted
	gone    int         // heads in a row at which the nonce was used and no receipt was found
	waiting int         // heads in a row for which it was in the pool and not mined
	hidden  uint64      // heads for which the relay had it to itself
	public  bool        // everybody has it, or may have it
	beaten  string      // what came of it, where it reverted and somebody else's took effect
	note    string      // why everybody has it, where a relay should have been enough
	busy    bool        // an errand has it signed and sent, or replaced: see Close
}

// signed is one signed transaction.
type signed struct {
	hash common.Hash
	raw  []byte
	tx   *types.Transaction
}

// times are of the wall clock.
type times struct{ signed, sent, mined, effect time.Time }

// open reports whether the flight's transaction may still be mined.
func (f *flight) open() bool { return f.stage < ops.StageInEffect && f.stage != ops.StageFailed }

// decided reports whether nothing that is signed for the flight can matter any more.
func (c *Containment) decided(f *flight) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return f.stage >= ops.StageMined
}

// settled reports whether no step is left to bring forward.
func (r *run) settled() bool {
	return !slices.ContainsFunc(r.steps, func(p progress) bool { return !p.state.settled() })
}

// over reports whether nothing more happens by itself.
func (r *run) over() bool {
	return r.ended == ops.StageFailed || r.ended == ops.StageContained && r.settled()
}

// struck reports whether a call of the run took effect.
func (r *run) struck() bool {
	return slices.ContainsFunc(r.steps, func(p progress) bool { return p.flight != nil && p.flight.stage == ops.StageInEffect })
}

// anew starts the count of blocks for which contained_when has held once more.
func (r *run) anew() {
	if r.ended == ops.StageNone {
		r.held = 0
	}
}

// newest is the transaction that the run is about now: the first of those that are on
// their way, or the last that there was.
func (r *run) newest() *flight {
	for _, p := range r.steps {
		if p.flight != nil && p.flight.open() {
			return p.flight
		}
	}
	for _, p := range slices.Backward(r.steps) {
		if p.flight != nil {
			return p.flight
		}
	}
	return nil
}

// effective reports whether every step that containment waits for is in effect.
func (r *run) effective() bool {
	for _, need := range r.action.Needs {
		if i := r.stands(need); i < 0 || r.steps[i].state != done {
			return false
		}
	}
	return true
}

// stands is the step that a need is met by: itself, or where it was left out, what is
// run in its place; -1 when there is none.
func (r *run) stands(need string) int {
	i := r.action.step(need)
	if i >= 0 && r.steps[i].state == left && r.action.Steps[i].Otherwise != "" {
		return r.action.step(r.action.Steps[i].Otherwise)
	}
	return i
}

// receipt is the run as everybody else sees it.
func (r *run) receipt(provider string) ops.Receipt {
	out := ops.Receipt{
		ID: r.id, Runbook: r.action.Runbook, Name: r.action.Name, Digest: r.digest, Stage: ops.StageConfirmed, Provider: provider, Prepared: r.prepared,
		Confirmed: r.confirmed, Contained: r.contained, HeldBlocks: r.held, NeedBlocks: r.action.Blocks, By: r.by, Why: r.why,
	}
	if f := r.newest(); f != nil {
		if f.waits() {
			out.ByHand = byHand(r.action.Steps[f.step], f.lane, r.prepared.Chain)
		}
		out.Step, out.Stage, out.Tx, out.Mined = r.action.Steps[f.step].ID, f.stage, f.tx, f.mined
		out.Signed, out.Sent, out.MinedAt, out.InEffect = f.times.signed, f.times.sent, f.times.mined, f.times.effect
		if out.Why == "" {
			out.Why = f.why
		}
		if f.stage == ops.StageFailed && r.ended == ops.StageNone { // the next lane, or the next step, goes on
			out.Stage = ops.StageConfirmed
		}
	}
	if r.ended != ops.StageNone {
		out.Stage = r.ended
	}
	for i, p := range r.steps {
		s := r.action.Steps[i]
		result := ops.StepResult{Step: s.ID, Title: s.Title, OK: p.state == done, Why: p.why, Stage: p.stage(), By: p.by, At: p.at}
		if p.flight != nil {
			result.Tx, result.Mined, result.Lane = p.flight.tx, p.flight.mined, p.flight.lane.Name
			if result.Why == "" {
				result.Why = p.flight.why
			}
		}
		if p.state == asked {
			out.Asks = &ops.Question{Step: s.ID, Challenge: s.Ask.Challenge, Expected: s.Ask.Expected}
		}
		out.Steps = append(out.Steps, result)
	}
	return out
}

// stage is a step's in the words of a receipt.
func (p progress) stage() string {
	switch {
	case p.state == flying && p.flight != nil:
		return p.flight.stage.String()
	case p.state == done && p.flight != nil:
		return ops.StageInEffect.String()
	default:
		return [...]string{"WAITS", "ASKED", "CONFIRMED", "DONE", "FAILED", "NOT RUN"}[p.state]
	}
}

// missing names the needed steps that did not take effect.
func (r *run) missing() string {
	var parts []string
	for _, need := range r.action.Needs {
		if i := r.stands(need); i >= 0 && r.steps[i].state != done {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s", r.action.Steps[i].ID, r.steps[i].why)))
		}
	}
	return strings.Join(parts, "; ")
}

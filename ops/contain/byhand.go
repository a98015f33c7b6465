package contain

import (
	"context"
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// byHand is the line with which somebody who has the key sends the call. Nothing in it
// comes from elsewhere than the runbook and the finding's typed arguments.
func byHand(s Step, l Lane, chain ops.ChainID) string {
	return fmt.Sprintf("cast send %s %#x --value %s --from %s --chain %d", s.Call.To.Hex(), s.Call.Data, s.Call.Value, l.From.Hex(), chain)
}

// prints reports whether the plan's first call is sent by somebody else.
func (p Plan) prints() bool {
	return p.step >= 0 && p.action.Steps[p.step].Lanes[p.lane].Print
}

// waits reports whether the flight is a call that somebody else sends: nothing of it
// was signed, and only its effect is looked for.
func (f *flight) waits() bool { return f.lane.Print }

// handOver is hand; what cannot be written down fails the step.
func (c *Containment) handOver(r *run, i, lane int, at ops.BlockRef, warnings []string) error {
	err := c.hand(r, i, lane, at, warnings)
	if err != nil {
		c.failed(r, i, err.Error())
	}
	return err
}

// hand writes down that a step's call is somebody else's to send, and begins to wait
// for its effect.
func (c *Containment) hand(r *run, i, lane int, at ops.BlockRef, warnings []string) error {
	s := r.action.Steps[i]
	l := s.Lanes[lane]
	f := &flight{id: fmt.Sprintf("%s.%s.%d", r.id, s.ID, lane), run: r, step: i, lane: l, stage: ops.StageConfirmed, why: "somebody else has to send it"}
	intent := Intent{
		ID: f.id, Run: r.id, Runbook: r.action.Runbook, RunbookHash: r.action.Hash, Args: r.action.Args, Step: s.ID, Digest: r.digest, Chain: c.ChainID,
		From: l.From, Lane: l.Name, Print: true, To: s.Call.To, Call: s.Call.Function, Data: s.Call.Data, By: r.by, Seconds: r.seconds, Simulated: at, Warnings: warnings,
	}
	if err := c.Journal.Write(KindIntent, intent); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	c.update(func() {
		r.steps[i] = progress{state: flying, lane: lane, flight: f}
		r.named, r.why = true, ""
	})
	return nil
}

// await looks for the effect of a call that somebody else sends. A block that takes the
// place of the one at which it was seen starts the waiting anew.
func (c *Containment) await(ctx context.Context, f *flight, at ops.BlockRef) {
	c.mu.Lock()
	s, stage, seen := f.run.action.Steps[f.step], f.stage, f.mined
	c.mu.Unlock()
	if stage == ops.StageInEffect && (at.Number > seen.Number || at.Hash == seen.Hash) {
		return
	}
	readings, err := c.Chain.Read(ctx, at, s.Expect.Reads())
	if err != nil {
		c.update(func() {
			f.why = "somebody else has to send it; whether it took effect could not be read: " + err.Error()
		})
		return
	}
	a := s.Expect.Judge(ops.ReadingsOf(readings), nil)
	why, told := "", true
	if a.Verdict == ops.OK {
		why, told = s.attest(at, false)
	}
	switch {
	case !told:
		c.update(func() { f.why = "somebody else has to send it; " + untold })
	case why != "":
		c.lost(f, "somebody else did not send it in time: "+why)
	case a.Verdict == ops.OK:
		c.note(f.run, KindInEffect, Progress{ID: f.id, Block: at, Provider: c.Chain.Name(), Step: s.ID})
		c.update(func() {
			f.stage, f.mined, f.times.effect, f.why = ops.StageInEffect, at, c.Now(), fmt.Sprintf("sent by somebody else: first seen in effect at #%d", at.Number)
			f.run.held = 0
		})
		c.settle(f.run, f.step, done, "")
	case a.Verdict == ops.Breach:
		c.reopen(f, at)
		c.update(func() {
			f.stage, f.mined, f.why = ops.StageConfirmed, ops.BlockRef{}, "somebody else has to send it"
			f.run.steps[f.step].state, f.run.held = flying, 0
		})
	default:
		c.update(func() { f.why = "somebody else has to send it; whether it took effect is not known: " + a.Why })
	}
}

// handed reports whether the run does nothing but wait for what somebody else sends.
// The caller holds mu.
func (r *run) handed() bool {
	f := r.newest()
	return r.ended == ops.StageNone && f != nil && f.waits() && f.stage == ops.StageConfirmed
}

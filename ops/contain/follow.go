package contain

import (
	"context"
	"fmt"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostTries is how many blocks long refused bytes are sent again.
const mostTries = 20

// Follow brings everything in flight forward at one block: sends again what was
// not accepted, finds what was mined, reads effects back, goes on with the next
// steps, counts the blocks for which contained_when has held. now and parent are
// the readings of that block and of the one before. It returns whether anything
// changed.
func (c *Containment) Follow(ctx context.Context, at ops.BlockRef, now, parent ops.Readings) bool {
	c.mu.Lock()
	runs := slices.Clone(c.runs)
	c.mu.Unlock()
	changed, doubted := false, c.doubted(at)
	for _, r := range runs {
		c.mu.Lock()
		over, was := r.over(), c.look(r)
		c.mu.Unlock()
		if over && (!doubted || r.bygone) {
			continue
		}
		for i := range r.action.Steps {
			c.mu.Lock()
			f := r.steps[i].flight
			follow := f != nil && f.stage >= ops.StageSigned && f.stage != ops.StageFailed
			skip := over && (f == nil || f.stage != ops.StageInEffect)
			c.mu.Unlock()
			switch {
			case skip:
			case f != nil && f.waits():
				c.await(ctx, f, at)
			case follow:
				c.step(ctx, f, at)
			}
		}
		_ = c.advance(ctx, r, at, nil) // what fails stands in the receipt
		c.judge(r, at, now, parent)
		c.mu.Lock()
		changed = changed || c.look(r) != was
		c.mu.Unlock()
	}
	return changed
}

// look is what of a run is worth a new picture. The caller holds mu.
func (c *Containment) look(r *run) string {
	v := r.receipt("")
	out := fmt.Sprint(v.Stage, v.Step, v.HeldBlocks, v.Why)
	for _, s := range v.Steps {
		out += s.Stage + s.Why
	}
	return out
}

// step asks the chain where a transaction is: under its nonce the newest first,
// and whatever it replaced.
func (c *Containment) step(ctx context.Context, f *flight, at ops.BlockRef) {
	c.mu.Lock()
	candidates, stage, was := slices.Clone(f.sent), f.stage, f.mined
	c.mu.Unlock()
	var mined *ops.Inclusion
	var found signed
	for _, s := range slices.Backward(candidates) {
		inclusion, err := c.Chain.Inclusion(ctx, s.hash)
		if err != nil {
			return // blind: nothing is concluded from silence
		}
		if inclusion != nil {
			mined, found = inclusion, s
			break
		}
	}
	switch {
	case mined == nil && stage >= ops.StageMined:
		c.reopen(f, at)
		c.note(f.run, KindSent, Progress{ID: f.id, Tx: f.tx, Block: at, Why: "its block was dropped by a reorg"})
		c.update(func() {
			f.stage = ops.StageSent
			f.run.anew()
			f.run.steps[f.step].state = flying
			f.why = fmt.Sprintf("block #%d was dropped by a reorg: waiting to be mined again", was.Number)
		})
	case mined == nil:
		c.chase(ctx, f, at)
	case stage == ops.StageInEffect && was.Hash == mined.Block.Hash:
	case !mined.OK && !c.holds(ctx, f.run.action.Steps[f.step], mined.Block):
		why := c.because(ctx, f, found, mined.Block)
		if otherwise, _ := f.run.action.Steps[f.step].attest(mined.Block, false); otherwise != "" {
			why += ": " + otherwise
		}
		c.lost(f, fmt.Sprintf("it was mined at #%d and reverted: nothing took effect%s", mined.Block.Number, why))
	case stage < ops.StageMined || was.Hash != mined.Block.Hash:
		if stage >= ops.StageMined {
			c.reopen(f, at)
		}
		beaten := ""
		if !mined.OK {
			beaten = fmt.Sprintf("it reverted at #%d, where it held already: somebody else was first", mined.Block.Number)
		}
		c.note(f.run, KindMined, Progress{ID: f.id, Tx: found.hash, Block: mined.Block, Why: beaten})
		c.update(func() {
			f.stage, f.tx, f.mined, f.times.mined, f.why, f.beaten = ops.StageMined, found.hash, mined.Block, c.Now(), "", beaten
			f.run.steps[f.step].state, f.gone, f.waiting, f.public = flying, 0, 0, true
			f.run.anew()
		})
		c.verify(ctx, f)
	case stage == ops.StageMined:
		c.verify(ctx, f)
	}
}

// verify reads the effect back at the mined block's own hash.
func (c *Containment) verify(ctx context.Context, f *flight) {
	c.mu.Lock()
	step, mined, ours := f.run.action.Steps[f.step], f.mined, f.beaten == ""
	c.mu.Unlock()
	readings, err := c.Chain.Read(ctx, mined, step.Expect.Reads())
	if err != nil {
		c.update(func() { f.why = "mined; the effect could not be read back yet: " + err.Error() })
		return
	}
	switch a := step.Expect.Judge(ops.ReadingsOf(readings), nil); a.Verdict {
	case ops.Unknown:
		c.update(func() { f.why = "mined; the effect could not be read back yet: " + a.Why })
		return
	case ops.Breach:
		c.lost(f, fmt.Sprintf("it was mined at #%d, but %s does not hold there: it reads %s", mined.Number, step.Expect.Source(), a.Observed))
		return
	}
	switch why, known := step.attest(mined, ours); {
	case !known:
		c.update(func() { f.why = "mined; " + untold })
		return
	case why != "":
		c.lost(f, fmt.Sprintf("it was mined at #%d, and too late: %s", mined.Number, why))
		return
	}
	c.note(f.run, KindInEffect, Progress{ID: f.id, Tx: f.tx, Block: mined, Provider: c.Chain.Name(), Step: step.ID})
	c.update(func() { f.stage, f.times.effect, f.why = ops.StageInEffect, c.Now(), f.beaten })
	c.settle(f.run, f.step, done, "")
}

// judge counts the blocks, from the last mined one on, for which contained_when
// has held. UNKNOWN neither counts nor starts anew.
func (c *Containment) judge(r *run, at ops.BlockRef, now, parent ops.Readings) {
	c.mu.Lock()
	last, held, ready := r.at, r.held, r.ended == ops.StageNone && r.effective()
	for _, p := range r.steps {
		ready = ready && (p.flight == nil || p.flight.mined.Number <= at.Number)
	}
	c.mu.Unlock()
	if !ready || at.Hash == last.Hash {
		return
	}
	verdict := r.action.Until.Judge(now, parent).Verdict
	if at.Number <= last.Number {
		held = 0 // in the place of blocks that were counted: the count starts anew
	}
	switch verdict {
	case ops.OK:
		held++
	case ops.Breach:
		held = 0
	}
	c.update(func() { r.at, r.held = at, held })
	if held < r.action.Blocks {
		return
	}
	c.note(r, KindContained, Progress{ID: r.id, Tx: c.receipt(r).Tx, Block: at})
	c.update(func() { r.ended, r.contained = ops.StageContained, c.Now() })
}

// lost ends a flight that will not take effect.
func (c *Containment) lost(f *flight, why string) {
	c.note(f.run, KindFailed, Progress{ID: f.id, Why: why})
	c.update(func() { f.stage, f.why = ops.StageFailed, why })
	c.failed(f.run, f.step, why)
}

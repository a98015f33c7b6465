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
// the readings of that block and of the one before. It waits for no signer: what one
// was asked for goes on by itself. It returns whether anything changed.
func (c *Containment) Follow(ctx context.Context, at ops.BlockRef, now, parent ops.Readings) bool {
	return c.follow(ctx, at, now, parent, true)
}

// CatchUp is Follow for a block that is not the newest any more. What is missing is
// missing now and not there, so however many such blocks come, nothing is given up,
// replaced or made public for them.
func (c *Containment) CatchUp(ctx context.Context, at ops.BlockRef, now, parent ops.Readings) bool {
	return c.follow(ctx, at, now, parent, false)
}

func (c *Containment) follow(ctx context.Context, at ops.BlockRef, now, parent ops.Readings, newest bool) bool {
	c.mu.Lock()
	runs := slices.Clone(c.runs)
	c.mu.Unlock()
	changed, doubted := false, c.doubted(at)
	for _, r := range runs {
		c.mu.Lock()
		over, was := r.over(), c.look(r)
		c.mu.Unlock()
		if over && !doubted {
			continue
		}
		for i := range r.action.Steps {
			c.mu.Lock()
			f := r.steps[i].flight
			follow := f != nil && f.stage >= ops.StageSigned && f.stage != ops.StageFailed
			if f != nil {
				f.old, f.looked = !newest || f.looked == at.Hash, at.Hash
			}
			skip := over && (f == nil || f.stage != ops.StageInEffect || f.settledFor(at))
			c.mu.Unlock()
			switch {
			case skip:
			case f != nil && f.waits():
				c.await(ctx, f, at)
			case follow:
				c.step(ctx, f, at)
			}
		}
		c.pull(ctx, r, at)
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
	case !mined.OK && c.without(ctx, f, found, mined.Block):
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

// without is for a transaction that was mined and reverted: it ends the flight, unless
// what it was to bring about holds at its block, for somebody else was first. Where that
// is not known it is asked again at the next block.
func (c *Containment) without(ctx context.Context, f *flight, s signed, at ops.BlockRef) (settled bool) {
	switch a := c.holds(ctx, f.run.action.Steps[f.step], at); a.Verdict {
	case ops.OK:
		return false
	case ops.Unknown:
		var tries int
		why := fmt.Sprintf("it was mined at #%d and reverted; whether somebody else was first could not be read: %s", at.Number, a.Why)
		c.update(func() {
			if !f.old {
				f.gone++
			}
			tries, f.why = f.gone, why
		})
		if tries >= mostTries { // a node forgets what was: the key must not be held for ever
			c.lost(f, why)
		}
	default:
		why := c.because(ctx, f, s, at)
		if otherwise, _ := f.run.action.Steps[f.step].attest(at, false); otherwise != "" {
			why += ": " + otherwise
		}
		c.lost(f, fmt.Sprintf("it was mined at #%d and reverted: nothing took effect%s", at.Number, why))
	}
	return true
}

// verify reads the effect back at the mined block's own hash.
func (c *Containment) verify(ctx context.Context, f *flight) {
	c.mu.Lock()
	step, mined, ours := f.run.action.Steps[f.step], f.mined, f.beaten == ""
	c.mu.Unlock()
	switch a := c.holds(ctx, step, mined); a.Verdict {
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

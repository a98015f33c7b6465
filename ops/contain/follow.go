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
// not accepted, finds what was mined, reads effects back, counts the blocks for
// which contained_when has held. now and parent are the readings of that block
// and of the one before. It returns whether anything changed.
func (c *Containment) Follow(ctx context.Context, at ops.BlockRef, now, parent ops.Readings) bool {
	c.mu.Lock()
	flights := slices.Clone(c.flights)
	c.mu.Unlock()
	changed := false
	for _, f := range flights {
		c.mu.Lock()
		receipt, raw := f.receipt, f.raw
		c.mu.Unlock()
		if receipt.Done() || receipt.Stage < ops.StageSigned {
			continue
		}
		c.step(ctx, receipt, raw, at)
		c.judge(f, receipt.ID, at, now, parent)
		c.mu.Lock()
		changed = changed || f.receipt.Stage != receipt.Stage || f.receipt.HeldBlocks != receipt.HeldBlocks || f.receipt.Why != receipt.Why
		c.mu.Unlock()
	}
	return changed
}

// step asks the chain where the transaction is.
func (c *Containment) step(ctx context.Context, r ops.Receipt, raw []byte, at ops.BlockRef) {
	mined, err := c.Chain.Inclusion(ctx, r.Tx)
	if err != nil {
		return // blind: nothing is concluded from silence
	}
	switch {
	case mined == nil && r.Stage >= ops.StageMined:
		c.note(KindSent, Progress{ID: r.ID, Tx: r.Tx, Block: at, Why: "its block was dropped by a reorg"})
		c.update(r.ID, func(f *flight) {
			f.receipt.Stage, f.receipt.HeldBlocks = ops.StageSent, 0
			f.receipt.Why = fmt.Sprintf("block #%d was dropped by a reorg: waiting to be mined again", r.Mined.Number)
		})
	case mined == nil:
		c.chase(ctx, r, raw)
	case !mined.OK:
		c.lost(r.ID, fmt.Sprintf("it was mined at #%d and reverted: nothing took effect", mined.Block.Number))
	case r.Stage < ops.StageMined || r.Mined.Hash != mined.Block.Hash:
		c.note(KindMined, Progress{ID: r.ID, Tx: r.Tx, Block: mined.Block})
		c.update(r.ID, func(f *flight) {
			f.receipt.Stage, f.receipt.Mined, f.receipt.MinedAt, f.receipt.Why = ops.StageMined, mined.Block, c.Now(), ""
			f.receipt.HeldBlocks, f.receipt.Steps, f.gone = 0, nil, 0
		})
		c.verify(ctx, r.ID)
	case r.Stage == ops.StageMined:
		c.verify(ctx, r.ID)
	}
}

// chase is for what is not mined: the same bytes again if they were never
// accepted, the end if the nonce is gone.
func (c *Containment) chase(ctx context.Context, r ops.Receipt, raw []byte) {
	c.mu.Lock()
	i := slices.IndexFunc(c.flights, func(f *flight) bool { return f.receipt.ID == r.ID })
	nonce, tries, from := c.flights[i].nonce, c.flights[i].tries, c.flights[i].action.Step.From
	c.mu.Unlock()
	account, err := c.Chain.Account(ctx, from)
	if err != nil {
		return
	}
	if account.Nonce > nonce {
		if again, err := c.Chain.Inclusion(ctx, r.Tx); err != nil || again != nil {
			return // mined between the two questions
		}
		if gone := c.absent(r.ID); gone < goneAfter {
			return // whoever was asked for the receipt may be behind whoever was asked for the nonce
		}
		c.lost(r.ID, fmt.Sprintf("nonce %d was used by another transaction of %s: this one can never be mined; see whether its effect holds already", nonce, short(from)))
		return
	}
	if r.Stage != ops.StageSigned {
		if known, err := c.Chain.Known(ctx, r.Tx); err != nil || known {
			return
		} // the pool forgot it: the same bytes once more, as long as the nonce is free
	}
	if tries >= mostTries {
		c.lost(r.ID, fmt.Sprintf("refused for %d blocks; nonce %d is still free, press the key again: %s", tries, nonce, r.Why))
		return
	}
	_, _ = c.send(ctx, r.ID, raw, r.Tx) // what went wrong stands in the receipt
}

// goneAfter is at how many blocks in a row a receipt must be absent, with the nonce
// used, before it will never come.
const goneAfter = 3

// absent counts a block at which the nonce is used and nobody has the receipt.
func (c *Containment) absent(id string) (blocks int) {
	c.update(id, func(f *flight) {
		f.gone++
		blocks = f.gone
	})
	return blocks
}

// verify reads the effect back at the mined block's own hash.
func (c *Containment) verify(ctx context.Context, id string) {
	var f *flight
	c.mu.Lock()
	f = c.flights[slices.IndexFunc(c.flights, func(f *flight) bool { return f.receipt.ID == id })]
	receipt, action := f.receipt, f.action
	c.mu.Unlock()
	readings, err := c.Chain.Read(ctx, receipt.Mined, action.Step.Expect.Reads())
	if err != nil {
		c.update(id, func(f *flight) { f.receipt.Why = "mined; the effect could not be read back yet: " + err.Error() })
		return
	}
	a := action.Step.Expect.Judge(ops.ReadingsOf(readings), nil)
	switch a.Verdict {
	case ops.Unknown:
		c.update(id, func(f *flight) { f.receipt.Why = "mined; the effect could not be read back yet: " + a.Why })
		return
	case ops.Breach:
		c.lost(id, fmt.Sprintf("it was mined at #%d, but %s does not hold there: it reads %s", receipt.Mined.Number, action.Step.Expect.Source(), a.Observed))
		return
	}
	c.note(KindInEffect, Progress{ID: id, Tx: receipt.Tx, Block: receipt.Mined, Provider: c.Chain.Name(), Step: action.Step.ID})
	steps := []ops.StepResult{{Step: action.Step.ID, Title: action.Step.Title, OK: true}}
	for _, s := range action.Control {
		result := ops.StepResult{Step: s.ID, Title: s.Title, OK: true}
		if err := c.Control(s.Control); err != nil {
			result.OK, result.Why = false, err.Error()
		}
		c.note(KindStep, Progress{ID: id, Tx: receipt.Tx, Step: s.ID, Block: receipt.Mined, Why: result.Why})
		steps = append(steps, result)
	}
	c.update(id, func(f *flight) {
		f.receipt.Stage, f.receipt.InEffect, f.receipt.Steps, f.receipt.Why = ops.StageInEffect, c.Now(), steps, ""
	})
}

// judge counts the blocks, from the mined one on, for which contained_when has
// held. UNKNOWN neither counts nor starts anew.
func (c *Containment) judge(f *flight, id string, at ops.BlockRef, now, parent ops.Readings) {
	c.mu.Lock()
	r, a, last := f.receipt, f.action, f.at
	c.mu.Unlock()
	if r.Stage != ops.StageInEffect || at.Number < r.Mined.Number || at.Hash == last.Hash {
		return
	}
	verdict := a.Until.Judge(now, parent).Verdict
	held := r.HeldBlocks
	if at.Number <= last.Number {
		held = 0 // in the place of blocks that were counted: the count starts anew
	}
	switch verdict {
	case ops.OK:
		held++
	case ops.Breach:
		held = 0
	}
	for _, need := range a.Needs {
		if !slices.ContainsFunc(r.Steps, func(s ops.StepResult) bool { return s.Step == need && s.OK }) {
			held = 0
		}
	}
	c.update(id, func(f *flight) { f.at, f.receipt.HeldBlocks = at, held })
	if held < a.Blocks {
		return
	}
	c.note(KindContained, Progress{ID: id, Tx: r.Tx, Block: at})
	c.update(id, func(f *flight) { f.receipt.Stage, f.receipt.Contained = ops.StageContained, c.Now() })
}

// lost ends a flight that will not take effect.
func (c *Containment) lost(id, why string) {
	c.note(KindFailed, Progress{ID: id, Why: why})
	c.update(id, func(f *flight) { f.receipt.Stage, f.receipt.Why = ops.StageFailed, why })
}

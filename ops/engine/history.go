package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// readBack reads the logs before a block that were never read: at the start the
// whole history that matters, later the blocks that were UNKNOWN.
func (e *Engine) readBack(ctx context.Context, at ops.BlockRef) error {
	s := &e.state
	from, since := s.unread, ops.BlockRef{}
	if !s.started {
		var err error
		if from, since, err = e.beginning(ctx, at); err != nil {
			return err
		}
	} else if from == 0 {
		return nil
	}
	var logs []ops.Log
	if at.Number > 0 && from < at.Number {
		var err error
		if logs, err = e.Chain.Logs(ctx, from, at.Number-1, e.Rules.filter()); err != nil {
			return fmt.Errorf("blocks %d to %d could not be read back: %w", from, at.Number-1, err)
		}
	}
	for _, i := range s.invariants {
		if i.Memory == nil || at.Number == 0 {
			continue
		}
		if !s.started {
			i.Memory.CompleteFrom(since)
		}
		i.Memory.Through(at.Number - 1)
	}
	e.book(logs, at, nil)
	e.recollect(logs)
	s.started, s.unread = true, 0
	return nil
}

// beginning is the first block whose logs matter, and the block from which on the
// windows of events are complete.
func (e *Engine) beginning(ctx context.Context, at ops.BlockRef) (from uint64, since ops.BlockRef, err error) {
	if e.Rules.longest == 0 {
		return e.Rules.from, at, nil
	}
	since, err = e.Chain.Before(ctx, at.Time.Add(-e.Rules.longest), at)
	if err != nil {
		return 0, since, fmt.Errorf("the block %s before %d: %w", e.Rules.longest, at.Number, err)
	}
	if since.Number == 0 { // before the first block nothing happened
		since = ops.BlockRef{Chain: since.Chain, Hash: since.Hash}
	}
	return min(e.Rules.from, since.Number), since, nil
}

// recollect gives the conditions that look back the events of blocks that are not
// judged.
func (e *Engine) recollect(logs []ops.Log) {
	eachBlock(logs, func(block ops.BlockRef, logs []ops.Log) {
		for _, i := range e.state.invariants {
			if i.Memory != nil {
				i.Memory.Book(block, logs)
			}
		}
	})
}

// eachBlock goes through the logs block by block, oldest first.
func eachBlock(logs []ops.Log, do func(ops.BlockRef, []ops.Log)) {
	for len(logs) > 0 {
		block := logs[0].Block
		n := slices.IndexFunc(logs, func(l ops.Log) bool { return l.Block.Number != block.Number })
		if n < 0 {
			n = len(logs)
		}
		do(block, logs[:n])
		logs = logs[n:]
	}
}

// book takes in logs of many blocks, oldest first, and brings the queue to the
// last of them. now are the answers there, nil where nothing was read.
func (e *Engine) book(logs []ops.Log, until ops.BlockRef, now ops.Readings) {
	s := &e.state
	for _, l := range logs { // the canaries keep their own account; only a timelock's history is folded anew
		if slices.ContainsFunc(e.Rules.timelocks, func(t timelock.Timelock) bool { return t.Address == l.Address }) {
			s.logs = append(s.logs, l)
		}
	}
	s.fold(e.Rules, until, now)
	e.openWindows()
	eachBlock(logs, func(block ops.BlockRef, logs []ops.Log) {
		for i, c := range e.Rules.canaries {
			if opened := s.canaries[i].Opened(); !opened.Zero() && block.Number >= opened.Number {
				s.canaries[i] = c.Add(s.canaries[i], block, logs)
			}
		}
	})
}

// openWindows opens a canary at the block that executed its release's upgrade.
func (e *Engine) openWindows() {
	for i, c := range e.Rules.canaries {
		for _, o := range e.state.queue {
			if o.ID == c.Operation && o.State == ops.OperationDone {
				e.state.canaries[i] = e.state.canaries[i].Open(o.Ended)
			}
		}
	}
}

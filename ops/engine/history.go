package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// readBack reads the logs before a block that were never read: at the start the
// whole history that matters, later the blocks that were UNKNOWN.
func (e *Engine) readBack(ctx context.Context, at ops.BlockRef) error {
	s := &e.state
	if !s.started {
		if err := e.begin(ctx, at); err != nil {
			return err
		}
		e.backfill(ctx, at, nil)
		s.started, s.unread = true, 0
		e.checkpoint(ctx, at)
		return nil
	}
	if err := s.backfill.overdue(ctx); err != nil {
		return err
	}
	if from := s.unread; from != 0 {
		logs, err := e.history(ctx, from, at.Number)
		if err != nil {
			return err
		}
		if at.Number > 0 {
			s.remembering(func(m detect.Memory) { m.Through(at.Number - 1) })
		}
		e.recollect(logs, e.sentBefore(ctx, from, at))
		e.book(logs, at)
		s.unread = 0
	}
	e.refill(ctx, at) // last: it begins with this block, and who gets it is told of none before it again
	return nil
}

// historyStep is how many blocks of a long history are taken in at a time: their logs
// are not kept whole, and the screen says how far it is.
const historyStep = 10_000

// begin reads back everything that matters before the first block that is judged, from
// where the checkpoints end. It goes on where it was interrupted.
func (e *Engine) begin(ctx context.Context, at ops.BlockRef) error {
	s := &e.state
	if !s.begun {
		from, err := e.restore(ctx, at)
		if err != nil {
			return err
		}
		s.fold(at, nil)
		e.openWindows()
		if err := e.recount(ctx, from); err != nil {
			return err
		}
		s.begun, s.back = true, from
	}
	for s.back < at.Number {
		to := min(at.Number, s.back+historyStep)
		logs, err := e.history(ctx, s.back, to)
		if err != nil {
			return err
		}
		e.book(logs, at)
		if s.back = to; to < at.Number {
			e.goBlind(fmt.Sprintf("no block was judged yet: reading back what happened before, #%d of #%d", to, at.Number))
		}
	}
	return nil
}

// recount tells the canaries what happened in their windows before a block, where a
// checkpoint left it out.
func (e *Engine) recount(ctx context.Context, before uint64) error {
	opened := before
	for _, c := range e.state.canaries {
		if o := c.Opened(); !o.Zero() {
			opened = min(opened, o.Number)
		}
	}
	if opened >= before {
		return nil
	}
	logs, err := e.history(ctx, opened, before)
	if err != nil {
		return err
	}
	e.count(logs)
	return nil
}

// history is the logs of the blocks from one on, before another.
func (e *Engine) history(ctx context.Context, from, to uint64) ([]ops.Log, error) {
	if from >= to || len(e.Rules.filter().Addresses) == 0 {
		return nil, nil
	}
	logs, err := e.Chain.Logs(ctx, from, to-1, e.Rules.filter())
	if err != nil {
		return nil, fmt.Errorf("blocks %d to %d could not be read back: %w", from, to-1, err)
	}
	return logs, nil
}

// fill reads back what happened in the windows that begin before the first block that
// is judged. What cannot be had leaves its windows unknown until they are full, and
// nothing else suffers.
func (e *Engine) fill(ctx context.Context, at ops.BlockRef) {
	e.relate(ctx, at)
	logs := e.fillEvents(ctx, at)
	e.recollect(logs, e.fillCalls(ctx, at))
}

// begins is the block at which a window before another begins.
func (e *Engine) begins(ctx context.Context, at ops.BlockRef, window time.Duration) (ops.BlockRef, error) {
	since, err := e.Chain.Before(ctx, at.Time.Add(-window), at)
	if err == nil && since.Number == 0 { // before the first block nothing happened
		since = ops.BlockRef{Chain: since.Chain, Hash: since.Hash}
	}
	return since, err
}

func (e *Engine) fillEvents(ctx context.Context, at ops.BlockRef) []ops.Log {
	if e.Rules.longest == 0 || at.Number == 0 {
		return nil
	}
	var since ops.BlockRef
	var logs []ops.Log
	err := e.again(ctx, func() (failed error) {
		if since, failed = e.begins(ctx, at, e.Rules.longest); failed == nil && since.Number < at.Number {
			logs, failed = e.Chain.Logs(ctx, since.Number, at.Number-1, e.Rules.windowed())
		}
		return failed
	})
	if err != nil {
		e.unread(ctx, "events", at, err)
		return nil
	}
	e.state.remembering(func(m detect.Memory) {
		m.CompleteFrom(since)
		m.Through(at.Number - 1)
	})
	return logs
}

// unread says that windows cannot be filled.
func (e *Engine) unread(ctx context.Context, what string, at ops.BlockRef, err error) {
	if ctx.Err() == nil {
		e.record("windows-unread", map[string]any{"before": at, "what": what, "why": err.Error()}, ops.Entry{Block: at.Number, Alarm: true, Verdict: ops.Unknown,
			Text: fmt.Sprintf("the %s before #%d could not be read back: windows over them are unknown until they are full: %s", what, at.Number, err)})
	}
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
// last of them.
func (e *Engine) book(logs []ops.Log, until ops.BlockRef) {
	e.state.take(logs)
	e.booked(logs, until, nil)
}

// booked is book of logs that were taken in. now are the answers at the last of their
// blocks, nil where nothing was read.
func (e *Engine) booked(logs []ops.Log, until ops.BlockRef, now ops.Readings) {
	s := &e.state
	s.fold(until, now)
	e.openWindows()
	e.count(logs)
}

// count tells the canaries what happened, oldest first.
func (e *Engine) count(logs []ops.Log) {
	s := &e.state
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

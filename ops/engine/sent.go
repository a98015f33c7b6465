package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// recall is the transactions of one block that is not judged.
type recall struct {
	at  ops.BlockRef
	now ops.Readings
}

// fillCalls reads back the transactions of the windows over them that begin before the
// first block that is judged: of the longest that is not longer than what is read back.
// One that is leaves itself unknown, and no other.
func (e *Engine) fillCalls(ctx context.Context, at ops.BlockRef) []recall {
	windows := slices.Clone(e.Rules.called)
	slices.Sort(windows)
	for _, window := range slices.Backward(slices.Compact(windows)) {
		if window == 0 || at.Number == 0 {
			return nil
		}
		since, err := e.begins(ctx, at, window)
		if err == nil && at.Number-since.Number > chain.MostSentBlocks {
			e.unread(ctx, "transactions", at, fmt.Errorf("the window of %s begins at #%d, and at most %d blocks are read back", window, since.Number, chain.MostSentBlocks))
			continue
		}
		if err != nil {
			e.unread(ctx, "transactions", at, err)
			continue
		}
		found := e.sentBefore(ctx, since.Number, at)
		if found != nil {
			e.state.remembering(func(m detect.Memory) { m.SentFrom(since) })
		}
		return found
	}
	return nil
}

// sentBefore is the transactions from a block on, before another: those of all these
// blocks or none. Of blocks that nobody recalls, calls are unknown.
func (e *Engine) sentBefore(ctx context.Context, from uint64, at ops.BlockRef) []recall {
	reads := e.Rules.sent()
	if len(reads) == 0 || from >= at.Number {
		return nil
	}
	var blocks [][]ops.Reading
	err := e.again(ctx, func() (failed error) {
		blocks, failed = e.Chain.Sent(ctx, from, at.Number-1, reads)
		switch {
		case failed != nil:
			return failed
		case uint64(len(blocks)) != at.Number-from:
			return fmt.Errorf("%d blocks of %d came", len(blocks), at.Number-from)
		case blocks[len(blocks)-1][0].At.Hash != at.Parent:
			return fmt.Errorf("block %d is not the one before #%d: the chain changed meanwhile", at.Number-1, at.Number)
		}
		return nil
	})
	if err != nil {
		e.unread(ctx, "transactions", at, err)
		return nil
	}
	out := make([]recall, len(blocks))
	for i, readings := range blocks {
		out[i] = recall{readings[0].At, ops.ReadingsOf(readings)}
	}
	return out
}

// recollect gives the conditions that look back what happened in blocks that are not
// judged, block by block: events, and transactions.
func (e *Engine) recollect(logs []ops.Log, sent []recall) {
	before := func(number uint64) {
		for ; len(sent) > 0 && sent[0].at.Number < number; sent = sent[1:] {
			block := sent[0]
			e.state.remembering(func(m detect.Memory) { m.Recall(block.at, block.now) })
		}
	}
	eachBlock(logs, func(block ops.BlockRef, logs []ops.Log) {
		before(block.Number)
		e.state.remembering(func(m detect.Memory) { m.Book(block, logs) })
		before(block.Number + 1)
	})
	before(^uint64(0))
}

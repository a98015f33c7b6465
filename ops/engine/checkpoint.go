package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

const (
	// checkpointSize bounds a checkpoint that is read, in bytes.
	checkpointSize = 256 << 20
	// checkpointEvery is how many blocks a checkpoint may be behind what is settled.
	checkpointEvery = 2000
)

// checkpointPath is where what was read of a timelock's history lies; empty where
// nothing is kept.
func (e *Engine) checkpointPath(t timelock.Timelock) string {
	if e.Journal == nil || e.Journal.Path() == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(e.Journal.Path()), "queue-"+t.ID+".json")
}

// restore takes up the checkpoints, and says which block is the first that has to be
// read back. One that is of a chain that is no more, of another queue or damaged is
// said, and what it held is read back.
func (e *Engine) restore(ctx context.Context, at ops.BlockRef) (from uint64, err error) {
	from = e.Rules.from
	if len(e.Rules.timelocks) == 0 {
		return from, nil
	}
	first := at.Number
	for i, t := range e.Rules.timelocks {
		begin := e.Rules.minDelay[t.ID].FromBlock
		l, through, failed := e.reopen(ctx, t, begin, at)
		switch {
		case errors.Is(failed, timelock.ErrCheckpoint):
			e.record("checkpoint", map[string]any{"timelock": t.ID, "why": failed.Error()}, ops.Entry{Block: at.Number, Verdict: ops.Unknown,
				Text: fmt.Sprintf("%s is read back from #%d: %s", t.ID, begin, failed)})
		case failed != nil:
			return 0, failed
		case l != nil:
			e.state.ledgers[i], begin = l, through.Number+1
		}
		first = min(first, begin)
	}
	return first, nil
}

// reopen reads one checkpoint; nil where there is none.
func (e *Engine) reopen(ctx context.Context, t timelock.Timelock, from uint64, at ops.BlockRef) (*timelock.Ledger, ops.BlockRef, error) {
	path := e.checkpointPath(t)
	if path == "" {
		return nil, ops.BlockRef{}, nil
	}
	raw, err := readBounded(path, checkpointSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ops.BlockRef{}, nil
	}
	if err != nil {
		return nil, ops.BlockRef{}, fmt.Errorf("%w: %w", timelock.ErrCheckpoint, err)
	}
	l, through, err := t.Restore(e.Rules.ChainID, from, raw)
	if err != nil {
		return nil, through, err
	}
	if through.Number >= at.Number {
		return nil, through, fmt.Errorf("%w: it goes through #%d, and the chain's head is #%d", timelock.ErrCheckpoint, through.Number, at.Number)
	}
	is, err := e.Chain.Canonical(ctx, through.Number)
	if err != nil {
		return nil, through, fmt.Errorf("whether the checkpoint of %s is of this chain could not be read: %w", t.ID, err)
	}
	if is.Hash != through.Hash {
		return nil, through, fmt.Errorf("%w: its block #%d is of a chain that is no more", timelock.ErrCheckpoint, through.Number)
	}
	return l, through, nil
}

// checkpoint writes the checkpoints down, now and then, through a block that no reorg takes
// back. One that cannot be written costs the next start its time, and nothing else.
func (e *Engine) checkpoint(ctx context.Context, at ops.BlockRef) {
	s := &e.state
	if at.Number < mostRecent || at.Number-mostRecent < s.saved+checkpointEvery && s.saved > 0 {
		return
	}
	through, err := e.Chain.Canonical(ctx, at.Number-mostRecent)
	if err != nil {
		return // at the next block, then
	}
	s.saved = max(through.Number, 1)
	for i, t := range e.Rules.timelocks {
		path := e.checkpointPath(t)
		if path == "" {
			return
		}
		raw, err := s.ledgers[i].Save(e.Rules.minDelay[t.ID].FromBlock, through)
		if err == nil {
			err = replace(path, raw)
		}
		if err != nil {
			e.say(at.Number, fmt.Sprintf("the checkpoint of %s was not written, the next start takes longer: %s", t.ID, err))
		}
	}
}

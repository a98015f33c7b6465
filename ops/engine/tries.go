package engine

import (
	"context"
	"errors"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
)

var (
	// blockPauses are those between two tries of a block: it fails in less than a second, is
	// UNKNOWN, and the next one comes.
	blockPauses = []time.Duration{120 * time.Millisecond, 240 * time.Millisecond}
	// replayPauses are those of a replay, which reads other blocks meanwhile.
	replayPauses = []time.Duration{0, 0}
	// pastPauses are those between two tries of the past, beside the loop, where only what is
	// UNKNOWN anyway waits for it.
	pastPauses = []time.Duration{time.Second, 4 * time.Second, 16 * time.Second}
)

// tried reads something, once more after each pause until it succeeds; what is final fails at
// once.
func tried(ctx context.Context, pauses []time.Duration, final error, read func() error) error {
	err := read()
	for _, pause := range pauses {
		if err == nil || errors.Is(err, final) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		err = read()
	}
	return err
}

// tryBlock asks for everything of a block. State that is not there will not be a moment later.
func tryBlock(ctx context.Context, from Chain, pauses []time.Duration, at ops.BlockRef, reads []ops.Read, filter chain.Filter) (now ops.Readings, logs []ops.Log, err error) {
	err = tried(ctx, pauses, chain.ErrNoState, func() error {
		readings, found, failed := from.ReadBlock(ctx, at, reads, filter)
		if failed == nil {
			now, logs = ops.ReadingsOf(readings), found
		}
		return failed
	})
	return now, logs, err
}

// again reads something of the past: a few times where it is read beside a loop, once where
// somebody waits for it.
func (e *Engine) again(ctx context.Context, read func() error) error {
	if !e.insists {
		return read()
	}
	return tried(ctx, pastPauses, chain.ErrTooMuchSent, read)
}

package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// errDeepReorg means that the feed's past and the provider's chain share no
// block that is still remembered.
var errDeepReorg = errors.New("the chain was rewritten deeper than this console remembers")

// advance emits the blocks that lead from the last one to head.
func (f *Feed) advance(ctx context.Context, head ops.BlockRef) error {
	switch {
	case f.known(head):
		// an announcement of what was processed already: after a resubscription, or a head that went back
		if head.Hash == f.last.Hash {
			f.report(ops.FeedLive, "")
		}
		return nil
	case f.last.Zero() || head.Parent == f.last.Hash:
		f.deliver(head)
		return nil
	case head.Number > f.last.Number+1:
		return f.catchUp(ctx, head)
	default:
		return f.branch(ctx, head)
	}
}

// known reports whether the block is among those emitted and still canonical.
func (f *Feed) known(b ops.BlockRef) bool {
	return slices.ContainsFunc(f.past, func(p ops.BlockRef) bool { return p.Hash == b.Hash })
}

func (f *Feed) deliver(b ops.BlockRef) {
	f.past = slices.DeleteFunc(f.past, func(p ops.BlockRef) bool { return p.Number >= b.Number })
	f.past = append(f.past, b)
	if len(f.past) > remembered {
		f.past = slices.Delete(f.past, 0, len(f.past)-remembered)
	}
	f.last = b
	f.report(ops.FeedLive, "")
	f.emit(Event{Block: b})
}

// catchUp reads back the blocks between the last one and head, in requests of a
// hundred, and goes over to branch where they do not link.
func (f *Feed) catchUp(ctx context.Context, head ops.BlockRef) error {
	if head.Number-f.last.Number > maxGap {
		return fmt.Errorf("%d blocks were missed, more than can be read back (%d): start anew", head.Number-f.last.Number, maxGap)
	}
	for from := f.last.Number + 1; from < head.Number; from = f.last.Number + 1 {
		refs, err := f.client.headers(ctx, from, min(from+headerBatch-1, head.Number-1))
		if err != nil {
			return err
		}
		for _, b := range refs {
			if b.Parent != f.last.Hash {
				return f.branch(ctx, b)
			}
			f.deliver(b)
		}
	}
	if head.Parent != f.last.Hash {
		return f.branch(ctx, head)
	}
	f.deliver(head)
	return nil
}

// branch walks from b through its parents to a block already emitted, and emits
// the way back. The head that was announced comes with the next announcement
// or the next read-back.
func (f *Feed) branch(ctx context.Context, b ops.BlockRef) error {
	way := []ops.BlockRef{b}
	for !f.known(ops.BlockRef{Hash: way[len(way)-1].Parent}) {
		tip := way[len(way)-1]
		if len(way) > remembered || len(f.past) == 0 || tip.Number <= f.past[0].Number {
			f.past, f.last = nil, ops.BlockRef{}
			return fmt.Errorf("%w: block %d: going on from the provider's head", errDeepReorg, tip.Number)
		}
		parent, err := f.client.Header(ctx, tip.Parent)
		if err != nil {
			return err
		}
		if parent.Number+1 != tip.Number {
			return fmt.Errorf("provider %s: block %d says its parent is block %d", f.client.endpoint.Name, tip.Number, parent.Number)
		}
		way = append(way, parent)
	}
	for _, step := range slices.Backward(way) {
		f.deliver(step)
	}
	return nil
}

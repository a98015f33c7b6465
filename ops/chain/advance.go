package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// errDeepReorg means that the feed's past and the provider's chain share no
// block that is still remembered.
var errDeepReorg = errors.New("the chain was rewritten deeper than this console remembers")

// errUnlinked means that a provider announced a block whose number does not
// follow from its parent's.
var errUnlinked = errors.New("a block's number does not follow its parent's")

// advance emits the blocks that lead from the last one to head. A head that was
// processed already, told again or gone back to, emits nothing.
func (f *Feed) advance(ctx context.Context, head ops.BlockRef) error {
	switch {
	case f.known(head.Hash):
		return nil
	case f.last.Zero():
		f.deliver(head)
		return nil
	case head.Number > f.last.Number:
		return f.catchUp(ctx, head)
	default:
		return f.branch(ctx, head)
	}
}

// known reports whether the block is among those emitted and still canonical.
func (f *Feed) known(hash common.Hash) bool {
	return slices.ContainsFunc(f.past, func(p ops.BlockRef) bool { return p.Hash == hash })
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
// hundred. Where they do not link, the chain was rewritten meanwhile: branch
// finds the way, and the reading goes on from there.
func (f *Feed) catchUp(ctx context.Context, head ops.BlockRef) error {
	if head.Number-f.last.Number > maxGap { // whoever hears of it sees the jump
		if known, err := f.client.Header(ctx, head.Hash); err != nil || known.Number != head.Number {
			return fmt.Errorf("a head %d blocks ahead: %w", head.Number-f.last.Number, errors.Join(errUnlinked, err))
		}
		f.past = nil
		f.deliver(head)
		return nil
	}
	for from := f.last.Number + 1; from < head.Number; from = f.last.Number + 1 {
		refs, err := f.missed.headers(ctx, from, min(from+headerBatch-1, head.Number-1))
		if err != nil {
			return err
		}
		for _, b := range refs {
			if err := f.join(ctx, b); err != nil {
				return err
			}
		}
	}
	return f.join(ctx, head)
}

// join emits a block that follows the last one, or goes over to branch.
func (f *Feed) join(ctx context.Context, b ops.BlockRef) error {
	if b.Parent != f.last.Hash {
		return f.branch(ctx, b)
	}
	if b.Number != f.last.Number+1 {
		return fmt.Errorf("provider %s: block %d: %w", f.name, b.Number, errUnlinked)
	}
	f.deliver(b)
	return nil
}

// branch walks from b through its parents to a block already emitted, and emits
// the way back.
func (f *Feed) branch(ctx context.Context, b ops.BlockRef) error {
	way := []ops.BlockRef{b}
	for {
		tip := way[len(way)-1]
		if i := slices.IndexFunc(f.past, func(p ops.BlockRef) bool { return p.Hash == tip.Parent }); i >= 0 {
			if f.past[i].Number+1 != tip.Number {
				return fmt.Errorf("provider %s: block %d: %w", f.name, tip.Number, errUnlinked)
			}
			break
		}
		if len(way) > remembered || len(f.past) == 0 || tip.Number <= f.past[0].Number {
			if refs, err := f.missed.headers(ctx, f.last.Number, f.last.Number); err == nil && refs[0] == f.last {
				return nil // old news from before the first block that is remembered
			} else if err != nil && !errors.Is(err, ErrNoBlock) {
				return err
			}
			f.past, f.last = nil, ops.BlockRef{}
			return fmt.Errorf("%w: block %d: going on from the provider's head", errDeepReorg, tip.Number)
		}
		parent, err := f.missed.Header(ctx, tip.Parent)
		if err != nil {
			return err
		}
		if parent.Number+1 != tip.Number {
			return fmt.Errorf("provider %s: block %d: %w", f.name, tip.Number, errUnlinked)
		}
		way = append(way, parent)
	}
	for _, step := range slices.Backward(way) {
		f.deliver(step)
	}
	return nil
}

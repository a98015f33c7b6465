package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/bulkhead-console/bulkhead/ops"
)

// readsAhead is how many blocks a replay reads at a time where nobody says so.
const readsAhead = 4

// readAhead is a block with its answers, or why it has none.
type readAhead struct {
	at       ops.BlockRef
	readings ops.Readings
	logs     []ops.Log
	err      error
}

// ahead reads blocks before they are judged, several at a time, and hands them over in
// their order.
type ahead struct {
	chain Chain
	rules *Rules
	extra atomic.Pointer[[]ops.Read] // what the newest block judged asks for besides
	queue chan chan readAhead
	ended error // why there are no more; set before queue is closed
	stop  context.CancelFunc
	busy  sync.WaitGroup
}

func newAhead(ctx context.Context, c Chain, r *Rules, from, to uint64, width int) *ahead {
	if width < 1 {
		width = readsAhead
	}
	ctx, stop := context.WithCancel(ctx)
	a := &ahead{chain: c, rules: r, queue: make(chan chan readAhead, width), stop: stop}
	a.busy.Go(func() { // waited for by close
		defer close(a.queue)
		a.ended = a.feed(ctx, from, to)
	})
	return a
}

// feed reads every block, in the background, and never more than the queue holds.
func (a *ahead) feed(ctx context.Context, from, to uint64) error {
	for from <= to {
		refs, err := a.chain.Blocks(ctx, from, to)
		if err != nil {
			return err
		}
		for _, at := range refs {
			done := make(chan readAhead, 1)
			select {
			case a.queue <- done:
			case <-ctx.Done():
				return ctx.Err()
			}
			a.busy.Go(func() { done <- a.read(ctx, at) })
		}
		from = refs[len(refs)-1].Number + 1
	}
	return nil
}

// read asks for everything of one block, a few times.
func (a *ahead) read(ctx context.Context, at ops.BlockRef) readAhead {
	var extra []ops.Read
	if also := a.extra.Load(); also != nil {
		extra = *also
	}
	out := readAhead{at: at}
	out.readings, out.logs, out.err = tryBlock(ctx, a.chain, replayPauses, at, a.rules.reads(extra), a.rules.filter())
	return out
}

// also says what the blocks to come are probably judged by besides.
func (a *ahead) also(reads []ops.Read) { a.extra.Store(&reads) }

// next is the next block.
func (a *ahead) next(ctx context.Context) (readAhead, error) {
	select {
	case done, more := <-a.queue:
		if !more {
			return readAhead{}, a.ended
		}
		select {
		case got := <-done:
			return got, ctx.Err()
		case <-ctx.Done():
			return readAhead{}, ctx.Err()
		}
	case <-ctx.Done():
		return readAhead{}, ctx.Err()
	}
}

// close ends the reading and waits for it.
func (a *ahead) close() {
	a.stop()
	a.busy.Wait()
}

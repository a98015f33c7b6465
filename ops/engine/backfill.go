package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
)

// mostTold bounds what the live memories are told, some of it at every block, while a backfill
// is under way: it is kept, with the blocks' answers. The blocks after it are missed, and are
// read back themselves.
const mostTold = 1024

// backfill is what happened before a block, on its way to the memories that begin with it.
// It is read beside the loop, by an engine that judges nothing, so that what does not look
// back is judged at once. The memories that it fills take the place of the live ones, and
// are told everything that those were told since.
type backfill struct {
	aside *Engine // whose memories are filled
	who   map[int]bool
	at    ops.BlockRef
	told  []func(detect.Memory)
	late  bool // it was not there in time, and that was said
	stale bool // a reorg took blocks before it back
	done  chan struct{}
	stop  context.CancelFunc
}

// backfill gives memories what happened before a block: those of who, or all and the ends of
// lanes where that is nil. An engine that runs does not wait for it any longer than for
// ReadBack; the others need all of it.
func (e *Engine) backfill(ctx context.Context, at ops.BlockRef, who map[int]bool) {
	s := &e.state
	if !e.live {
		s.refilling = who
		e.fill(ctx, at)
		s.refilling = nil
		return
	}
	aside := once(e.Rules, e.Chain)
	aside.Journal, aside.Now, aside.insists = e.Journal, e.Now, true
	aside.state.refilling = who
	ctx, stop := context.WithCancel(ctx)
	b := &backfill{aside: aside, who: who, at: at, done: make(chan struct{}), stop: stop}
	s.backfill = b
	e.backfills.Go(func() { // Run waits for it
		defer close(b.done)
		aside.fill(ctx, at)
	})
	e.adopt(ctx, at, cmp.Or(e.ReadBack, time.Second))
}

// adopt puts the filled memories in the place of the live ones, once they are filled. It
// waits for that so long.
func (e *Engine) adopt(ctx context.Context, at ops.BlockRef, patience time.Duration) {
	s := &e.state
	b := s.backfill
	if b == nil {
		return
	}
	if b.stale { // half of what is read may be of the other fork
		b.stop()
		e.backfill(ctx, at, b.who)
		return
	}
	if !b.filled(ctx, patience) {
		e.await()
		if !b.late {
			b.late = true
			e.record("backfill", map[string]any{"before": b.at}, ops.Entry{Block: at.Number, Verdict: ops.Unknown,
				Text: fmt.Sprintf("what happened before #%d is being read back: detectors that look back are UNKNOWN until then", b.at.Number)})
		}
		return
	}
	b.stop()
	s.backfill = nil
	e.replace(b, at)
	if b.late && len(b.aside.log.all()) == 0 && len(s.stopped) == 0 { // else it was said what is not known, or is with the block
		e.record("backfilled", map[string]any{"before": b.at, "block": at}, ops.Entry{Block: at.Number, Verdict: ops.OK, Text: fmt.Sprintf("what happened before #%d was read back", b.at.Number)})
	}
}

// awaiting is a memory that might be judged by the part of its window that it knows.
type awaiting interface{ Await() }

// await has nothing judged by the part of a window that is known, while the rest is on its way.
func (e *Engine) await() {
	s := &e.state
	for n := range s.invariants {
		if b := s.backfill; b.who != nil && !b.who[n] {
			continue
		}
		if s.invariants[n].Memory == nil { // it was lost meanwhile
			s.invariants[n] = s.invariants[n].Recalling(e.Rules.invariants[n].Start().Memory)
		}
		if m, ok := s.invariants[n].Memory.(awaiting); ok {
			s.guarded(n, m.Await)
		}
	}
}

// replace has the filled memories told what the live ones were, and takes them. Whose filling
// failed is given its history again, as at any time.
func (e *Engine) replace(b *backfill, at ops.BlockRef) {
	s, filled := &e.state, &b.aside.state
	who := map[int]bool{}
	for n := range s.invariants {
		m := filled.invariants[n].Memory
		if m == nil || s.overhears(n) || b.who != nil && !b.who[n] {
			continue
		}
		s.invariants[n], who[n] = s.invariants[n].Recalling(m), true
		if was, is := s.setbacks[n]; is {
			was.due = 0
			s.setbacks[n] = was
		}
	}
	for n := range filled.setbacks {
		s.lose(n, at.Number)
	}
	for n, why := range filled.stopped {
		s.stop(n, why)
	}
	if b.who == nil {
		s.folds = filled.folds
	}
	s.refilling = who
	for _, tell := range b.told {
		s.recalling(tell)
		if b.who == nil {
			s.folded(func(f *lane.Fold) { tell(f) })
		}
	}
	s.refilling = nil
	for _, entry := range slices.Backward(b.aside.log.all()) {
		e.log.add(entry)
	}
}

// overdue fails where no more is kept of what the live memories are told. The loop does not
// wait for it, for it has more to do than to judge.
func (b *backfill) overdue(ctx context.Context) error {
	if b == nil || b.stale || len(b.told) < mostTold || b.filled(ctx, 0) {
		return nil
	}
	return fmt.Errorf("what happened before #%d is still being read back, and no more blocks are judged until it is known", b.at.Number)
}

// filled waits so long for all of it to be there.
func (b *backfill) filled(ctx context.Context, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-b.done:
	case <-ctx.Done():
	}
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// tell has a backfill under way tell it to the memories that it fills, too.
func (s *state) tell(do func(detect.Memory)) {
	if s.backfill != nil && s.refilling == nil {
		s.backfill.told = append(s.backfill.told, do)
	}
}

// awaits reports whether an invariant is judged without what happened before.
func (s *state) awaits(n int) bool {
	b := s.backfill
	return b != nil && b.late && (b.who == nil || b.who[n]) && s.invariants[n].Memory != nil && !s.overhears(n)
}

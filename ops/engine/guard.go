package engine

import (
	"context"
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
)

// longestSetback is after how many blocks at the latest an invariant whose memory was lost
// is given its history again: one that breaks at every block must not read it at each.
const longestSetback = 256

// setback is an invariant whose memory was lost, and when it is given its history again.
type setback struct {
	times int
	due   uint64 // the block; 0: it has it
}

// fault is what is said of a panic.
func fault(p any) string {
	return fmt.Sprintf("it could not be judged, which is a fault of this program: %v", p)
}

// guarded runs something that belongs to one invariant. A panic in it stops that invariant
// until the next block, and nothing else.
func (s *state) guarded(n int, do func()) {
	defer func() {
		if p := recover(); p != nil {
			s.stop(n, fault(p))
		}
	}()
	do()
}

// stop makes an invariant UNKNOWN until the next block.
func (s *state) stop(n int, why string) {
	if s.stopped == nil {
		s.stopped = map[int]string{}
	}
	s.stopped[n] = why
	s.invariants[n].Memory = nil // it may hold half of something
}

// remembering runs something on the memory of each invariant that has one, and on the ends
// of lanes; or, where there are any, of those that are given their history again.
func (s *state) remembering(do func(detect.Memory)) {
	s.tell(do)
	s.recalling(do)
	if s.refilling == nil {
		s.folded(func(f *lane.Fold) { do(f) })
	}
}

// recalling is remembering of what is no part of a memory's past, as a question: a backfill
// is not told of it.
func (s *state) recalling(do func(detect.Memory)) {
	for n := range s.invariants {
		if m := s.invariants[n].Memory; m != nil && (s.refilling == nil || s.refilling[n]) {
			s.guarded(n, func() { do(m) })
		}
	}
}

// lose has an invariant given its history again, the later the more often it was lost.
func (s *state) lose(n int, at uint64) {
	if s.setbacks == nil {
		s.setbacks = map[int]setback{}
	}
	b := s.setbacks[n]
	b.due = at + min(uint64(1)<<min(b.times, 16), longestSetback)
	b.times++
	s.setbacks[n] = b
}

// lost looks, after a block was judged, whose memory is gone.
func (e *Engine) lost(at ops.BlockRef) {
	clear(e.state.stopped)
	for n := range e.Rules.invariants {
		if e.Rules.invariants[n].Remember != nil && e.state.invariants[n].Memory == nil {
			e.state.lose(n, at.Number)
		}
	}
}

// refill gives those their history again whose memory was lost, as all get it at the start.
func (e *Engine) refill(ctx context.Context, at ops.BlockRef) {
	s := &e.state
	if e.adopt(ctx, at, 0); s.backfill != nil {
		return // one after the other
	}
	who := map[int]bool{}
	for n, b := range s.setbacks {
		if b.due == 0 || b.due > at.Number {
			continue
		}
		who[n] = true
		b.due = 0
		s.setbacks[n] = b
		if !e.live || s.invariants[n].Memory == nil { // else another one is filled, and what this one saw since stands until then
			s.invariants[n] = s.invariants[n].Recalling(e.Rules.invariants[n].Start().Memory)
		}
	}
	if len(who) > 0 {
		e.backfill(ctx, at, who)
	}
}

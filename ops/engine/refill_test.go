package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// sighting is a memory that is in breach from a block on that it has seen.
type sighting struct {
	scribe
	from uint64
}

func (m *sighting) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	m.scribe.Next(at, now, logs)
	if at.Number >= m.from {
		return broken
	}
	return ops.Assessment{Verdict: ops.Unknown, Why: "the past is not known"}
}

// What a memory has seen since it was lost stays a breach while its history is on its way.
func TestABreachSeenSinceAMemoryWasLostStandsWhileItIsGivenItsHistory(t *testing.T) {
	_, l, _, _ := reader(true)
	seen := uint64(203)
	e := engineOf(detect.Invariant{ID: "Z1", For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory {
		m := &sighting{from: ^uint64(0)}
		m.from, seen = seen, ^uint64(0) // the transaction is in one block: who begins later has not seen it
		return m
	}})
	e.Rules.called, e.Rules.steady = []time.Duration{time.Hour}, []ops.Read{{Kind: ops.ReadSent}}
	e.Chain, e.live, e.ReadBack = l, true, 1
	e.state.started = true
	e.state.invariants[0].Memory.(*sighting).from, seen = ^uint64(0), 203
	e.state.setbacks = map[int]setback{0: {times: 2}}
	e.state.stop(0, "a fault")
	for n := uint64(200); n < 208; n++ {
		l.on(t.Context(), e, n)
		if f := e.says("Z1"); n >= 203 && f.Verdict != ops.Breach {
			t.Fatalf("#%d: it is %s: %s", n, f.Verdict, f.Why)
		}
	}
	if e.state.backfill == nil {
		t.Error("its history is not read")
	}
	e.state.backfill.stop()
	e.backfills.Wait()
}

// pageless is a library whose newest pages cannot be had for a while.
type pageless struct {
	*library
	away bool
}

func (p *pageless) Logs(ctx context.Context, from, to uint64, filter chain.Filter) ([]ops.Log, error) {
	if p.away && from != 1 {
		return nil, errors.New("too many requests")
	}
	return p.library.Logs(ctx, from, to, filter)
}

// remembered is the live memory of an invariant.
func (e *Engine) remembered(n int) *scribe { return e.state.invariants[n].Memory.(*scribe) }

// Blocks that were missed are told once, also where the history of a lost memory is due
// while they cannot be read.
func TestAMemoryThatIsGivenItsHistoryIsToldOnceOfWhatWasMissed(t *testing.T) {
	for _, live := range []bool{false, true} {
		e, l, _, _ := reader(live)
		if e.ReadBack = time.Minute; live {
			close(l.door)
		}
		p := &pageless{library: l}
		e.Chain = p
		l.on(t.Context(), e, 200)
		e.state.setbacks = map[int]setback{1: {times: 2}} // it is due at #205
		e.remembered(1).fails = "next 201"
		l.on(t.Context(), e, 201)
		l.torn = true
		p.away = true
		for n := uint64(202); n < 206; n++ {
			l.on(t.Context(), e, n)
		}
		l.torn, p.away = false, false
		for n := uint64(206); n < 208; n++ {
			l.on(t.Context(), e, n)
		}
		times := map[string]int{}
		for _, told := range e.remembers(1) {
			if times[told]++; times[told] > 1 && strings.HasPrefix(told, "recall 2") {
				t.Errorf("live %v: told twice: %s: %q", live, told, e.remembers(1))
				break
			}
		}
		if f := e.says("B1"); f.Verdict != ops.OK {
			t.Errorf("live %v: %s: %s", live, f.Verdict, f.Why)
		}
	}
}

// A history that comes later is that of whoever waits for confirmations too.
func TestWhoWaitsForConfirmationsIsGivenItsHistoryLater(t *testing.T) {
	for _, live := range []bool{false, true} {
		e, l, _, _ := reader(live)
		if e.ReadBack = time.Minute; live {
			pausing(t)
			close(l.door)
		}
		e.Rules.invariants[1].Confirmed = 1
		l.busy.Store(1)
		for n := uint64(200); n < 210; n++ {
			l.on(t.Context(), e, n)
		}
		if f := e.says("B1"); f.Verdict != ops.OK {
			t.Errorf("live %v: %s: %s", live, f.Verdict, f.Why)
		}
	}
}

// pausing has the past asked for again after these pauses.
func pausing(t *testing.T, pauses ...time.Duration) {
	was := pastPauses
	pastPauses = pauses
	t.Cleanup(func() { pastPauses = was })
}

package rehearsal_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// farPast is a chain of which the past of the detectors is told when the door is opened; that
// of the timelock, which is read first, is near.
type farPast struct {
	engine.Chain
	door  chan struct{}
	asked *atomic.Int32
}

func (f farPast) wait(ctx context.Context) error {
	select {
	case <-f.door:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f farPast) Logs(ctx context.Context, from, to uint64, filter chain.Filter) ([]ops.Log, error) {
	if f.asked.Add(1) > 1 {
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
	}
	return f.Chain.Logs(ctx, from, to, filter)
}

func (f farPast) Sent(ctx context.Context, from, to uint64, reads []ops.Read) ([][]ops.Reading, error) {
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	return f.Chain.Sent(ctx, from, to, reads)
}

// far has consoles of the stage begin before a far past, and not wait for it.
func (s *stage) far() (door chan struct{}) {
	door = make(chan struct{})
	s.with = func(c *engine.Config) {
		c.Chain, c.ReadBack = farPast{c.Chain, door, new(atomic.Int32)}, time.Nanosecond
	}
	return door
}

// A console that is started in the worst hour judges its first block at once: what looks back
// over a past that is still on its way is UNKNOWN and says so, and says afterwards, block for
// block, what a console does that waited for it.
func TestAConsoleJudgesAtOnceAndReadsItsPastBack(t *testing.T) {
	t.Parallel()
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	stranger := drill.Address(drill.Relayer)
	s.detects(t, fmt.Sprintf("kind: caller, watch: [vault, router], accounts: [%q], of: {over: 1h}", stranger.Hex()))
	s.step(t)
	s.sends(t, drill.Relayer, drill.Addresses().Vault, contracts.Vault().Call("pause"))
	called := s.step(t)
	s.step(t)
	waited := s.console(t, s.HTTP(), s.WS())
	door := s.far()
	w := s.console(t, s.HTTP(), s.WS())
	alike := func(except ...ops.DetectorID) {
		t.Helper()
		for _, f := range waited.last.Findings {
			got := finding(w.last, f.Detector)
			if got.Verdict != f.Verdict || got.Observed.Exact != f.Observed.Exact || got.Threshold.Exact != f.Threshold.Exact {
				if len(except) == 0 || got.Verdict != ops.Unknown || !strings.Contains(got.Why, "it is being read back") {
					t.Fatalf("#%d: %s is %s %s: %s; and for who waited %s %s: %s", w.last.Head.Number, f.Detector, got.Verdict, got.Observed.Exact, got.Why, f.Verdict, f.Observed.Exact, f.Why)
				}
			}
		}
	}
	for range 5 {
		s.step(t, waited, w)
		alike("what looks back")
		if f := finding(waited.last, "Z1"); f.Verdict != ops.Breach || !strings.Contains(f.Why, fmt.Sprintf("#%d", called.Block.Number)) {
			t.Fatalf("it called, and it is %s: %s", f.Verdict, f.Why)
		}
		if f := finding(w.last, "Z1"); f.Verdict != ops.Unknown {
			t.Fatalf("its past is not known, and it is %s: %s", f.Verdict, f.Why)
		}
	}
	if said := w.last.Log; !strings.Contains(fmt.Sprint(said), "is being read back: detectors that look back are UNKNOWN until then") {
		t.Errorf("%+v", said)
	}
	close(door)
	for range 100 {
		if s.step(t, waited, w); finding(w.last, "Z1").Verdict != ops.Unknown {
			break
		}
	}
	for range 20 {
		alike()
		s.step(t, waited, w)
	}
	if said := w.last.Log; !strings.Contains(fmt.Sprint(said), "was read back") {
		t.Errorf("%+v", said)
	}
}

// What happens while the past is on its way is a breach at once, and stays one when the past
// is there; and quitting waits for nobody who does not answer.
func TestABreachIsShownWhileThePastIsReadBack(t *testing.T) {
	t.Parallel()
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	s.detects(t, fmt.Sprintf("kind: caller, watch: [vault, router], accounts: [%q], of: {over: 1h}", drill.Address(drill.Relayer).Hex()))
	s.step(t)
	s.far()
	never := s.console(t, s.HTTP(), s.WS())
	door := s.far()
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w, never)
	w.is(ops.Unknown, "it is being read back")
	s.sends(t, drill.Relayer, drill.Addresses().Vault, contracts.Vault().Call("pause"))
	s.step(t, w, never)
	for n := range 200 {
		for _, x := range []*watcher{w, never} {
			if f := finding(x.last, "Z1"); f.Verdict != ops.Breach || f.Args["account"] != drill.Address(drill.Relayer).Hex() {
				t.Fatalf("block %d: %s: %s", n, f.Verdict, f.Why)
			}
		}
		if n == 3 {
			close(door)
		}
		if strings.Contains(fmt.Sprint(w.last.Log), "was read back") {
			break
		}
		s.step(t, w, never)
	}
	if said := fmt.Sprint(w.last.Log); !strings.Contains(said, "was read back") || strings.Contains(fmt.Sprint(never.last.Log), "was read back") {
		t.Errorf("%s", said)
	}
	s.step(t, w)
	never.quit()
}

// Who judges by the part of a window that there is does so where there is no more to be had,
// and not while the rest is on its way: a console that is started again after a breach does
// not call it over.
func TestAPartOfAWindowIsNotJudgedWhileTheRestIsReadBack(t *testing.T) {
	t.Parallel()
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	s.detects(t, fmt.Sprintf("kind: caller, watch: [vault, router], accounts: [%q], of: {over: 1h}, warmup: known", drill.Address(drill.Relayer).Hex()))
	s.step(t)
	s.sends(t, drill.Relayer, drill.Addresses().Vault, contracts.Vault().Call("pause"))
	s.step(t)
	s.step(t)
	door := s.far()
	w := s.console(t, s.HTTP(), s.WS())
	for range 3 {
		s.step(t, w)
		if f := finding(w.last, "Z1"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "it is being read back") {
			t.Fatalf("its past is on its way, and it is %s: %s", f.Verdict, f.Why)
		}
	}
	close(door)
	for range 100 {
		if s.step(t, w); finding(w.last, "Z1").Verdict != ops.Unknown {
			break
		}
	}
	if f := finding(w.last, "Z1"); f.Verdict != ops.Breach {
		t.Errorf("it called, and it is %s: %s", f.Verdict, f.Why)
	}
}

package rehearsal_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/engine"
)

var errDown = errors.New("the provider is down")

// faltering is a chain of which some blocks cannot be read, and later no logs can be.
type faltering struct {
	*chain.Pool
	blocks func(number uint64) bool
	logs   func(to uint64) bool
}

func (f faltering) ReadBlock(ctx context.Context, at ops.BlockRef, reads []ops.Read, filter chain.Filter) ([]ops.Reading, []ops.Log, error) {
	if f.blocks(at.Number) {
		return nil, nil, errDown
	}
	return f.Pool.ReadBlock(ctx, at, reads, filter)
}

func (f faltering) Logs(ctx context.Context, from, to uint64, filter chain.Filter) ([]ops.Log, error) {
	if f.logs(to) {
		return nil, errDown
	}
	return f.Pool.Logs(ctx, from, to, filter)
}

// A block that cannot be read, and one before which it cannot be read back, are UNKNOWN in
// a replay as on a console: it goes on, and everything is known again when it can be.
func TestAReplayGoesOnWhenAProviderFails(t *testing.T) {
	s := newStage(t, 3)
	for range 30 {
		s.step(t)
	}
	head := s.Head().Number
	from, dark := head-20, head-10
	c := faltering{s.pool(t), func(n uint64) bool { return n == dark }, func(to uint64) bool { return to == dark }}
	var told []string
	r := engine.Replay{Rules: s.rules(t), Chain: c, From: from, To: head, Tell: func(x engine.Transition) error {
		if f := x.Finding; f.Detector == "A1" || f.Detector == "Q1" {
			told = append(told, change(f.At.Number, f.Detector, x.Was, f.Verdict, ""))
		}
		return nil
	}}
	done, err := r.Run(t.Context(), engine.Progress{})
	if err != nil {
		t.Fatal(err)
	}
	for id, was := range map[ops.DetectorID]ops.Verdict{"A1": ops.OK, "Q1": ops.Breach} {
		if x := done.Tallies[id]; x.Unknown != 2 || x.OK+x.Breach != 19 {
			t.Errorf("%s: %+v", id, x)
		}
		for _, want := range []string{change(dark, id, was, ops.Unknown, ""), change(dark+2, id, ops.Unknown, was, "")} {
			if !slices.Contains(told, want) {
				t.Errorf("%q is not among %v", want, told)
			}
		}
	}
}

// A baseline of which the history could not be read is not known, and says so.
func TestRolesWithoutTheirHistoryAreNotKnown(t *testing.T) {
	s := newStage(t, 1)
	s.baselined(t, "treasury")
	s.step(t)
	c := faltering{s.pool(t), func(uint64) bool { return false }, func(uint64) bool { return false }}
	if _, _, doubts, err := engine.Rights(t.Context(), s.rules(t), c); err != nil || len(doubts) != 0 {
		t.Fatalf("%v: %v", err, doubts)
	}
	first := true
	c.logs = func(uint64) bool { was := first; first = false; return !was } // the queue's history is read, and that of the rights is not
	if _, facts, doubts, err := engine.Rights(t.Context(), s.rules(t), c); err == nil && len(doubts) == 0 {
		t.Errorf("nothing is in doubt: %v", facts)
	}
}

// A progress is of one baseline too: what was counted by another is not added to.
func TestAProgressIsOfOneBaseline(t *testing.T) {
	s := newStage(t, 1)
	s.baselined(t, "treasury")
	before := engine.Replay{Rules: s.rules(t)}.Basis()
	s.rewrite(t, "roles.yaml", func(was string) string { return was + "# reviewed again\n" })
	if after := (engine.Replay{Rules: s.rules(t)}).Basis(); after == before || after.Policy != before.Policy {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// What flaps is in breach until enough good blocks end it, however long ago it began and
// wherever a replay was broken off.
func TestAFlappingBreachOutlivesABreak(t *testing.T) {
	s := newStage(t, 1)
	for range 60 {
		s.step(t)
	}
	head := s.Head().Number
	from := (head - 45) / 4 * 4
	s.detects(t, fmt.Sprintf("kind: liveness, for: 2, clear: 6, of: {age: \"0 - min(block.number - floor(block.number / 4) * 4, abs(block.number - %d))\", within: 0 - 1}", from+5))
	r := engine.Replay{Rules: s.rules(t), Chain: s.pool(t), From: from, To: head}
	whole, err := r.Run(t.Context(), engine.Progress{})
	if err != nil || whole.Tallies["Z1"].Breach < 20 {
		t.Fatalf("%v: %+v", err, whole.Tallies["Z1"])
	}
	path := filepath.Join(t.TempDir(), "progress.json")
	r.Judged = func(done engine.Progress) error {
		if done.Last.Number == from+27 {
			return errEnough
		}
		return nil
	}
	done, err := r.Run(t.Context(), engine.Progress{})
	if !errors.Is(err, errEnough) || engine.SaveProgress(path, r.Basis(), done) != nil {
		t.Fatal(err)
	}
	if done, err = engine.LoadProgress(path, r.Basis()); err != nil {
		t.Fatal(err)
	}
	r.Judged = nil
	if done, err = r.Run(t.Context(), done); err != nil || asJSON(t, done) != asJSON(t, whole) {
		t.Errorf("%v: in one go\n%+v\nin pieces\n%+v", err, whole.Tallies["Z1"], done.Tallies["Z1"])
	}
}

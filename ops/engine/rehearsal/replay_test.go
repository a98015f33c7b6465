package rehearsal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// looking are invariants of every way to look back, that change their minds during a drill.
var looking = map[string]string{
	"S1": "sum(vault.Withdraw.assets, 8s) <= ether(40)", "S2": "change(vault.totalAssets(), 10s) >= -1 * ether(30)",
	"S3": "calls(vault.withdraw, 2s) <= 1", "S7": "floor(block.number / 5) * 5 != block.number", "S4": "vault.totalAssets() >= prev(vault.totalAssets()) * 0.995",
	"S5": "max(vault.totalAssets(), 12s) <= vault.totalAssets() * 1.05", "S6": "avg(floor(vault.totalAssets()), 9s) >= ether(900)",
}

// pool are the providers of a stage's chain.
func (s *stage) pool(t testing.TB) *chain.Pool {
	t.Helper()
	client, err := chain.Open(t.Context(), chain.Endpoint{Name: "drill", Chain: ops.FirstDrillChain, HTTP: s.HTTP(), WS: s.WS(), BlockTime: time.Second, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	pool := chain.NewPool(1, client)
	t.Cleanup(pool.Close)
	return pool
}

// replayed replays a range and returns each change in a line, and what was found.
func (s *stage) replayed(t testing.TB, from, to uint64) ([]string, engine.Progress) {
	t.Helper()
	var lines []string
	r := engine.Replay{Rules: s.rules(t), Chain: s.pool(t), From: from, To: to, Tell: func(x engine.Transition) error {
		lines = append(lines, change(x.Finding.At.Number, x.Finding.Detector, x.Was, x.Finding.Verdict, x.Finding.Observed.Exact))
		return nil
	}}
	done, err := r.Run(t.Context(), engine.Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return lines, done
}

func change(number uint64, id ops.DetectorID, was, now ops.Verdict, observed string) string {
	return fmt.Sprintf("#%d %s %s %s %s", number, id, was, now, observed)
}

// What a replay says of the past is what a console said when it happened: the same changes
// at the same blocks, of invariants, windows, the queue and the canary.
func TestAReplaySaysWhatAConsoleSaid(t *testing.T) {
	s := newStage(t, 3)
	s.must(t, looking)
	for range 2 { // the console comes in the middle
		s.step(t)
	}
	folder := t.TempDir()
	w := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	first := s.step(t, w).Block.Number
	var last uint64
	for range 60 {
		last = s.step(t, w).Block.Number
	}
	w.quit()
	record, err := journal.Open(folder, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = record.Close() }()
	var told []string
	breaches := map[ops.DetectorID]bool{}
	for _, r := range record.Records() {
		if r.Kind != "finding" {
			continue
		}
		var f struct {
			ID       ops.DetectorID
			Was      ops.Verdict
			Verdict  ops.Verdict
			Block    ops.BlockRef
			Observed string
		}
		if err := json.Unmarshal(r.Data, &f); err != nil {
			t.Fatal(err)
		}
		if f.Block.Number > first+14 { // what a window that fills needs is known from here on
			told = append(told, change(f.Block.Number, f.ID, f.Was, f.Verdict, f.Observed))
			breaches[f.ID] = breaches[f.ID] || f.Verdict == ops.Breach
		}
	}
	if !breaches["A1"] || !breaches["S1"] || !breaches["S2"] || !breaches["S4"] || !breaches["S5"] || len(told) < 10 {
		t.Fatalf("the drill changed too little: %v", told)
	}
	lines, done := s.replayed(t, first+14, last)
	lines = slices.DeleteFunc(lines, func(l string) bool { return l[:len(fmt.Sprint("#", first+14))] == fmt.Sprint("#", first+14) }) // the first block tells all
	if !slices.Equal(lines, told) {
		t.Errorf("the replay says\n%v\nand the console said\n%v", lines, told)
	}
	if x := done.Tallies["A1"]; x.OK == 0 || x.Breach == 0 || x.Breaches != 1 || x.First.Zero() || x.OK+x.Breach+x.Unknown != last-first-13 {
		t.Errorf("of A1: %+v", x)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var errEnough = errors.New("enough")

// A replay that is broken off anywhere and taken up again says nothing twice, leaves
// nothing out, and counts the same.
func TestAReplayGoesOnWhereItWasBrokenOff(t *testing.T) {
	s := newStage(t, 3)
	s.must(t, looking)
	for range 60 {
		s.step(t)
	}
	head := s.Head().Number
	from := head - 58
	whole, want := s.replayed(t, from, head)
	var lines []string
	r := engine.Replay{Rules: s.rules(t), Chain: s.pool(t), From: from, To: head, Tell: func(x engine.Transition) error {
		lines = append(lines, change(x.Finding.At.Number, x.Finding.Detector, x.Was, x.Finding.Verdict, x.Finding.Observed.Exact))
		return nil
	}}
	path := filepath.Join(t.TempDir(), "progress.json")
	for n := range 8 {
		ctx, stop := context.WithCancel(t.Context())
		blocks := 0
		r.Judged = func(engine.Progress) error {
			if blocks++; blocks == 5+n {
				if n%2 == 0 {
					stop()
					return nil
				}
				return errEnough
			}
			return nil
		}
		done, err := engine.LoadProgress(path, r.Basis())
		if err != nil {
			t.Fatal(err)
		}
		done, err = r.Run(ctx, done)
		stop()
		if err != nil && !errors.Is(err, errEnough) && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := engine.SaveProgress(path, r.Basis(), done); err != nil {
			t.Fatal(err)
		}
	}
	done, err := engine.LoadProgress(path, r.Basis())
	if err != nil || done.Next != head+1 {
		t.Fatalf("after eight times it is at #%d of #%d: %v", done.Next, head, err)
	}
	if !slices.Equal(lines, whole) || asJSON(t, done) != asJSON(t, want) {
		t.Errorf("in one go:\n%v\n%+v\nin pieces:\n%v\n%+v", whole, want, lines, done)
	}
	for name, change := range map[string]func(*engine.Replay){
		"another range":  func(r *engine.Replay) { r.From++ },
		"another policy": func(r *engine.Replay) { x := *r.Rules; x.PolicyHash[0]++; r.Rules = &x },
	} {
		other := r
		change(&other)
		if _, err := engine.LoadProgress(path, other.Basis()); !errors.Is(err, engine.ErrProgress) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := engine.Replay{Rules: r.Rules, Chain: r.Chain, From: from, To: head + 1}
	half := done
	half.Next, half.Last.Hash[0] = half.Next-1, half.Last.Hash[0]+1
	half.Last.Number--
	if _, err := other.Run(t.Context(), half); !errors.Is(err, engine.ErrRewritten) {
		t.Errorf("the progress of another chain: %v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.LoadProgress(path, r.Basis()); !errors.Is(err, engine.ErrProgress) {
		t.Errorf("half a file: %v", err)
	}
}

package rehearsal_test

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

func play(t *testing.T, seed uint64, who rehearsal.Responder) ops.Hotwash {
	t.Helper()
	r, err := rehearsal.Start(t.Context(), rehearsal.Options{Seed: seed, Folder: t.TempDir(), Runbooks: runbooks.Embedded, Operator: ada})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	h, err := r.Headless(ctx, who)
	if err != nil {
		t.Errorf("seed %d, %s: %v", seed, who, err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("seed %d, %s: %v", seed, who, err)
	}
	return h
}

// With somebody at the console the drain stops within a few blocks, with nobody
// it runs to its end: for every seed.
func TestTheResponderContainsAndNobodyDoesNot(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			containsOrDrains(t, seed)
		})
	}
}

func containsOrDrains(t *testing.T, seed uint64) {
	t.Helper()
	saved := play(t, seed, rehearsal.Auto)
	if !saved.Contained || saved.ExitReason != "contained" || strings.HasPrefix(saved.Foiled, "0 ") {
		t.Errorf("somebody acts: %+v", saved)
	}
	if saved.DetectedBlock != saved.BreachBlock || saved.ContainedBlock != saved.BreachBlock+1 {
		t.Errorf("breached at %d, detected at %d, contained at %d", saved.BreachBlock, saved.DetectedBlock, saved.ContainedBlock)
	}
	drained := play(t, seed, rehearsal.None)
	if drained.Contained || drained.ExitReason != "drained" || !strings.HasPrefix(drained.Foiled, "0 ") {
		t.Errorf("nobody acts: %+v", drained)
	}
	lost, kept, all := wei(t, saved.Lost), wei(t, saved.Saved), wei(t, drained.Lost)
	if new(big.Int).Add(lost, kept).Cmp(all) != 0 || lost.Cmp(all) >= 0 {
		t.Errorf("lost %s and saved %s, and nobody acting costs %s", lost, kept, all)
	}
}

func wei(t *testing.T, q ops.Quantity) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(q.Exact, 10)
	if !ok {
		t.Fatalf("%q is no amount", q.Exact)
	}
	return n
}

// The journal of a drill reads from its first record to its last, and tells the
// story in order.
func TestTheJournalTellsTheStory(t *testing.T) {
	h := play(t, 3, rehearsal.Auto)
	records, torn, err := journal.Read(h.Journal)
	if err != nil || torn != 0 {
		t.Fatalf("%v, %d torn bytes", err, torn)
	}
	story := []string{"opened", "armed", "finding", "incident-opened", "containment-intent", "containment-signed", "containment-sent", "containment-mined", "containment-in-effect", "containment-contained", "incident-contained"}
	at := 0
	for _, r := range records {
		if at < len(story) && r.Kind == story[at] {
			at++
		}
	}
	if at != len(story) {
		kinds := make([]string, len(records))
		for i, r := range records {
			kinds[i] = r.Kind
		}
		t.Errorf("%q is missing or out of order in %v", story[at], kinds)
	}
}

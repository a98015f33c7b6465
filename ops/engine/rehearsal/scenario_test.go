package rehearsal_test

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// responder is who answers in a drill that nobody plays.
var responder = ops.Operator{Name: "responder", Role: "commander"}

func playScenario(t *testing.T, o rehearsal.Options, who rehearsal.Responder) ops.Hotwash {
	t.Helper()
	o.Folder, o.Runbooks, o.Operator = t.TempDir(), runbooks.Embedded, responder
	r, err := rehearsal.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	h, err := r.Headless(ctx, who)
	if err != nil {
		t.Errorf("%s, seed %d, %s: %v", o.Scenario, o.Seed, who, err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("%s, seed %d, %s: %v", o.Scenario, o.Seed, who, err)
	}
	return h
}

// Every breach class has a tree that contains it, and costs what it costs where
// nobody climbs it. The default scenario's own test plays more seeds.
func TestEveryScenarioIsContainedAndCostsWithoutAnswer(t *testing.T) {
	for _, s := range drill.Scenarios()[1:] {
		for seed := range uint64(scenarioSeeds) {
			t.Run(fmt.Sprint(s.Name, " seed ", seed), func(t *testing.T) {
				t.Parallel()
				saved := playScenario(t, rehearsal.Options{Seed: seed, Scenario: s.Name}, rehearsal.Auto)
				if !saved.Contained || saved.ExitReason != "contained" || saved.Failed {
					t.Errorf("somebody acts: %+v", saved)
				}
				if saved.BreachBlock == 0 || saved.DetectedBlock != saved.BreachBlock || saved.ContainedBlock <= saved.BreachBlock {
					t.Errorf("breached at %d, detected at %d, contained at %d", saved.BreachBlock, saved.DetectedBlock, saved.ContainedBlock)
				}
				drained := playScenario(t, rehearsal.Options{Seed: seed, Scenario: s.Name}, rehearsal.None)
				if drained.Contained || drained.ExitReason != "drained" || !strings.HasPrefix(drained.Foiled, "0 ") {
					t.Errorf("nobody acts: %+v", drained)
				}
				lost, kept, all := wei(t, saved.Lost), wei(t, saved.Saved), wei(t, drained.Lost)
				if new(big.Int).Add(lost, kept).Cmp(all) != 0 || all.Sign() > 0 && (lost.Cmp(all) >= 0 || strings.HasPrefix(saved.Foiled, "0 ")) {
					t.Errorf("lost %s and saved %s, and nobody acting costs %s", lost, kept, all)
				}
			})
		}
	}
}

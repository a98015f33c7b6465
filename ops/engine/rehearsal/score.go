package rehearsal

import (
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// tracker remembers when the blocks of the scenario were sealed.
type tracker struct {
	mu    sync.Mutex
	times map[uint64]time.Time
	last  drill.Sealed
	broke uint64 // the block from which on the scenario's invariant was seen in breach
}

func (t *tracker) sealed(s drill.Sealed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.times == nil {
		t.times = map[uint64]time.Time{}
	}
	t.times[s.Block.Number] = time.Now()
	t.last = s
}

func (t *tracker) at(number uint64) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.times[number]
}

// judged remembers when the scenario's invariant was first seen in breach.
func (t *tracker) judged(findings []ops.Finding, id ops.DetectorID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range findings {
		if f.Detector == id && t.broke == 0 {
			t.broke = f.Broke.Number
		}
	}
}

func (t *tracker) seen() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broke
}

// Hotwash tells how the run went, from the chain's own score and the last
// snapshot.
func (r *Run) Hotwash(last ops.Snapshot, reason string) ops.Hotwash {
	score, scenario := r.Drill.Score(), r.Drill.Scenario()
	unit := detect.Unit{Decimals: 18, Symbol: "dUSD"}
	h := ops.Hotwash{
		Scenario: scenario.Name, Seed: r.Seed, BreachBlock: score.BreachBlock, Foiled: foiled(scenario, score.Foiled),
		Lost: unit.Quantity(score.LostWei.String()), Journal: last.Journal, ExitReason: reason,
	}
	saved := new(big.Int)
	failed := false
	for _, f := range last.Findings {
		if f.Detector == scenario.Invariant {
			h.DetectedBlock = f.Broke.Number // stays known when the last picture is dark
		}
	}
	if i := last.Incident; i != nil && i.First == scenario.Invariant && h.DetectedBlock == 0 {
		h.DetectedBlock = i.Opened.Number // and when it is over
	}
	if h.DetectedBlock == 0 {
		h.DetectedBlock = r.score.seen() // and when it opened none
	}
	if last.Incident != nil && h.DetectedBlock != 0 {
		h.Detect = since(r.score.at(score.BreachBlock), last.Incident.OpenedAt)
	}
	for _, receipt := range last.Receipts {
		if receipt.Runbook != scenario.Runbook {
			continue
		}
		failed = receipt.Stage == ops.StageFailed
		h.Mine, h.Verify = since(receipt.Sent, receipt.MinedAt), since(receipt.MinedAt, receipt.Contained)
		if last.Incident != nil {
			h.Confirm = since(last.Incident.OpenedAt, receipt.Confirmed)
		}
		if receipt.Stage == ops.StageContained {
			h.Contained, h.ContainedBlock = true, receipt.Mined.Number
			saved.Sub(score.PlannedWei, score.LostWei)
		}
	}
	h.Failed = !h.Contained && (failed || last.Failed())
	h.Saved = unit.Quantity(saved.String())
	return h
}

// foiled says how often harm was tried in vain.
func foiled(s drill.Scenario, n int) string {
	if n == 1 {
		return "1 " + s.Foiled[0]
	}
	return fmt.Sprintf("%d %s", n, s.Foiled[1])
}

// since is zero where one of the two never came.
func since(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return to.Sub(from)
}

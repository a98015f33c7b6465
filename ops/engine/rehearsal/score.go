package rehearsal

import (
	"math/big"
	"sync"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// solvency is the invariant that the scenario breaks, and freeze the runbook
// that answers it.
const (
	solvency ops.DetectorID = "A1"
	freeze   ops.RunbookID  = "R1"
)

// tracker remembers when the blocks of the scenario were sealed.
type tracker struct {
	mu    sync.Mutex
	times map[uint64]time.Time
	last  drill.Sealed
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

// Hotwash tells how the run went, from the chain's own score and the last
// snapshot.
func (r *Run) Hotwash(last ops.Snapshot, reason string) ops.Hotwash {
	score := r.Drill.Score()
	unit := detect.Unit{Decimals: 18, Symbol: "dUSD"}
	h := ops.Hotwash{
		Scenario: drill.Scenario, Seed: r.Seed, BreachBlock: score.BreachBlock, Reverted: score.Reverted,
		Lost: unit.Quantity(score.LostWei.String()), Journal: last.Journal, ExitReason: reason,
	}
	saved := new(big.Int)
	failed := false
	for _, f := range last.Findings {
		if f.Detector == solvency {
			h.DetectedBlock = f.Broke.Number // stays known when the last picture is dark
		}
	}
	if i := last.Incident; i != nil && i.First == solvency && h.DetectedBlock == 0 {
		h.DetectedBlock = i.Opened.Number // and when it is over
	}
	if last.Incident != nil && h.DetectedBlock != 0 {
		h.Detect = since(r.score.at(score.BreachBlock), last.Incident.OpenedAt)
	}
	for _, receipt := range last.Receipts {
		if receipt.Runbook != freeze {
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

// since is zero where one of the two never came.
func since(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return to.Sub(from)
}

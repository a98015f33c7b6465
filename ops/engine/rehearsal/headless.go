package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// Responder says who answers in a drill without a screen.
type Responder string

// Auto presses what a commander would; None lets the drain run.
const (
	Auto Responder = "auto"
	None Responder = "none"
)

const (
	followPatience = 10 * time.Second // for the engine to judge one block
	mostBlocks     = 400              // no scenario lasts longer
)

// errNotFollowed means that the engine did not judge a block in time.
var errNotFollowed = errors.New("the console does not follow the chain")

// Headless plays the drill to its end without a screen: a block is sealed when
// the engine has judged the one before (or at the interval), and the responder
// answers what is in breach through engine.Do.
func (r *Run) Headless(ctx context.Context, who Responder) (ops.Hotwash, error) {
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Engine.Run(running) }() // waited for below
	last, reason, err := r.play(running, who)
	stop()
	return r.Hotwash(last, reason), errors.Join(err, <-ended)
}

func (r *Run) play(ctx context.Context, who Responder) (ops.Snapshot, string, error) {
	snapshots := r.Engine.Snapshots(ctx)
	last, err := follow(ctx, snapshots, r.Drill.Head().Number)
	if err != nil {
		return last, "error", err
	}
	if who == Auto {
		if _, err := r.Engine.Do(ctx, ops.Arm{Reason: "drill, automatic responder"}); err != nil {
			return last, "error", err
		}
	}
	for range mostBlocks {
		if err := pause(ctx, r.Interval); err != nil {
			return last, "interrupted", nil
		}
		if err := r.step(ctx); err != nil {
			return last, "error", err
		}
		if last, err = follow(ctx, snapshots, r.Drill.Head().Number); err != nil {
			if ctx.Err() != nil {
				return last, "interrupted", nil
			}
			return last, "error", err
		}
		r.score.judged(last.Findings, r.Drill.Scenario().Invariant)
		if who == Auto {
			if err := r.respond(ctx, last); err != nil {
				return last, "error", err
			}
		}
		switch score := r.Drill.Score(); {
		case r.contained(last) && !asked(last) && (score.Foiled > 0 || score.PlannedWei.Sign() == 0):
			return last, "contained", nil
		case r.score.over():
			if r.contained(last) {
				return last, "contained", nil
			}
			return last, "drained", nil
		}
	}
	return last, "error", fmt.Errorf("the scenario did not end within %d blocks", mostBlocks)
}

// respond presses the key of every breach that nothing answers yet, and gives every
// question the answer that its runbook expects. A key that the board calls DEAD is
// pressed only where the scenario depends on it: a second lane may hold.
func (r *Run) respond(ctx context.Context, s ops.Snapshot) error {
	for _, receipt := range s.Receipts {
		if q := receipt.Asks; q != nil {
			if _, err := r.Engine.Do(ctx, ops.Answer{Receipt: receipt.ID, Step: q.Step, Text: q.Expected}); err != nil {
				return err
			}
		}
	}
	for _, f := range s.Findings {
		if f.Verdict != ops.Breach || answered(s, f.Action) || f.Action != r.Drill.Scenario().Runbook && dead(s, f.Action) {
			continue
		}
		plan, err := r.Engine.Prepare(ctx, f.Action)
		if err != nil {
			return err
		}
		_, err = r.Engine.Do(ctx, ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase})
		if errors.Is(err, contain.ErrStale) {
			return nil // at the next block, with another nonce
		}
		if err != nil {
			return err
		}
		s.Receipts = append(s.Receipts, ops.Receipt{Runbook: f.Action})
	}
	return nil
}

func answered(s ops.Snapshot, id ops.RunbookID) bool {
	for _, r := range s.Receipts {
		if r.Runbook == id && r.Stage != ops.StageFailed {
			return true
		}
	}
	return false
}

// dead reports whether the board says that an action cannot work.
func dead(s ops.Snapshot, id ops.RunbookID) bool {
	return slices.ContainsFunc(s.Board, func(r ops.Readiness) bool { return r.Runbook == id && r.State == ops.Dead })
}

// asked reports whether a runbook waits for a person.
func asked(s ops.Snapshot) bool {
	return slices.ContainsFunc(s.Receipts, func(r ops.Receipt) bool { return r.Asks != nil })
}

// contained reports whether what answers the scenario has held.
func (r *Run) contained(s ops.Snapshot) bool {
	return slices.ContainsFunc(s.Receipts, func(receipt ops.Receipt) bool {
		return receipt.Runbook == r.Drill.Scenario().Runbook && receipt.Stage == ops.StageContained
	})
}

func (t *tracker) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.AttackOver
}

// follow waits for the first snapshot that has judged the block, and for what
// was in flight to have been looked after at it.
func follow(ctx context.Context, snapshots <-chan ops.Snapshot, number uint64) (ops.Snapshot, error) {
	late := time.NewTimer(followPatience)
	defer late.Stop()
	var last ops.Snapshot
	for {
		select {
		case s, open := <-snapshots:
			if !open {
				return last, ctx.Err()
			}
			last = s
			if s.Head.Number >= number && s.Blind == "" && s.Followed >= number {
				return s, nil
			}
		case <-late.C:
			return last, fmt.Errorf("%w: it is at #%d, the chain at #%d: %s", errNotFollowed, last.Head.Number, number, last.Blind)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

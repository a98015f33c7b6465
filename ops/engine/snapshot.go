package engine

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// nudge publishes soon after a command; the loop does it, because the state is
// the loop's.
func (e *Engine) nudge() {
	select {
	case e.nudged <- struct{}{}:
	default: // one is waiting already
	}
}

// publish shows the state as it stands. Called from the loop alone.
func (e *Engine) publish() {
	e.mu.Lock()
	arming, signing := e.arming, e.signing
	e.mu.Unlock()
	if err := e.contain.CheckWritable(); err != nil {
		arming.Refused = err.Error()
	} else if len(e.Keys) == 0 {
		arming.Refused = "this console has no key: name a keystore under keys in config.yaml"
	} else if err := e.unsigned(signing); err != nil {
		arming.Refused = err.Error()
	}
	snapshot := e.snapshot(arming)
	snapshot.Journal, snapshot.Signing, snapshot.Standing = e.Journal.Path(), signing, e.orders()
	e.bus.publish(snapshot)
}

// snapshot is the state as a screen sees it; nothing in it changes afterwards.
func (e *Engine) snapshot(arming ops.Arming) ops.Snapshot {
	s := &e.state
	snapshot := ops.Snapshot{
		Mode: ops.ModeOf(e.Rules.ChainID), Chain: e.Rules.Chain, ChainID: e.Rules.ChainID,
		Policy: e.Rules.Policy, PolicyHash: e.Rules.PolicyHash, Operator: e.Operator, Arming: arming,
		Now: e.Now(), Head: s.head, Judged: s.judged, Missed: s.missed, Followed: s.followed, BlockTime: e.BlockTime, Blind: s.blind, BlindSince: s.blindSince,
		Feeds: slices.Clone(s.feeds), Findings: s.said(), Traits: s.traits, Sides: e.sides(), Queue: slices.Clone(s.queue), Timelocks: slices.Clone(s.timelocks),
		Canary: slices.Clone(s.windows), Board: slices.Clone(s.board), Incident: s.incident,
		Receipts: e.contain.Receipts(), Log: e.log.all(), Exposed: e.exposed(), Skew: s.skew,
	}
	for _, t := range e.Rules.minDelay {
		snapshot.MinDelay = max(snapshot.MinDelay, t.MinDelay)
	}
	if s.blind != "" {
		darken(&snapshot)
	}
	return snapshot
}

// darken turns what the findings do not cover UNKNOWN too: a queue, a window and
// a board that were last seen some blocks ago prove nothing about now.
func darken(s *ops.Snapshot) {
	for i := range s.Queue {
		s.Queue[i].Approved = ops.Unknown
		s.Queue[i].Hazards = doubted(s.Queue[i].Hazards)
	}
	for i := range s.Timelocks {
		s.Timelocks[i].Hazards = doubted(s.Timelocks[i].Hazards)
	}
	for i := range s.Canary {
		w := &s.Canary[i]
		w.Budget, w.BudgetWhy, w.Segment, w.SegmentWhy = ops.Unknown, s.Blind, ops.Unknown, s.Blind
	}
	for i := range s.Board {
		s.Board[i] = unmeasured(s.Board[i], s.Blind)
	}
}

// doubted are hazards of which it is not known now whether they still are.
func doubted(hazards []ops.Hazard) []ops.Hazard {
	out := slices.Clone(hazards)
	for i := range out {
		out[i].Verdict = ops.Unknown
	}
	return out
}

// unmeasured is a line of the board of which nothing is known now.
func unmeasured(line ops.Readiness, why string) ops.Readiness {
	line.State, line.Why, line.Done, line.Needed = ops.ReadyUnknown, []string{why}, false, nil
	return line
}

// Last is the newest snapshot that was published.
func (e *Engine) Last() ops.Snapshot { return e.bus.newest() }

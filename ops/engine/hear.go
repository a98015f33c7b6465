package engine

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// listening is a memory that judges by what another chain knows.
type listening interface {
	Lane() ops.DetectorID
	Hear(ops.Side)
}

// Hear tells the engine what other chains know of the lanes that end here. It waits for
// nothing; where something is new, the loop judges its newest block again.
func (e *Engine) Hear(sides []ops.Side) {
	e.mu.Lock()
	news := false
	for _, s := range sides {
		if was, had := e.heard[s.Lane]; had && was.At.Hash == s.At.Hash && was.Why == s.Why && len(was.Passages) == len(s.Passages) {
			continue
		}
		if !slices.ContainsFunc(e.Rules.invariants, func(i detect.Invariant) bool { return i.ID == s.Lane }) {
			continue // it ends elsewhere
		}
		if e.heard == nil {
			e.heard = map[ops.DetectorID]ops.Side{}
		}
		e.heard[s.Lane], news = s, true
	}
	e.unheard = e.unheard || news
	e.mu.Unlock()
	if news && e.nudged != nil {
		e.nudge()
	}
}

// listen tells those who judge by it what was heard and overheard, and reports whether
// anything is new.
func (e *Engine) listen() bool {
	waits := e.prickUp()
	e.mu.Lock()
	defer e.mu.Unlock()
	news := e.unheard
	e.unheard = false
	for n := range e.state.invariants {
		if m, ok := e.state.invariants[n].Memory.(listening); ok {
			e.state.guarded(n, func() {
				if side, had := e.heard[m.Lane()]; had {
					m.Hear(side)
				}
			})
		}
	}
	return news || waits
}

// reconsider judges the lanes, and what waits, again at the newest block, by what was heard
// since. It reports whether any of them is another verdict now, or is known better.
func (e *Engine) reconsider() bool {
	s := &e.state
	if !e.listen() || s.head.Zero() || s.blind != "" {
		return false
	}
	past, changed := s.findings, false
	findings := slices.Clone(past)
	for n := range e.Rules.invariants {
		i := &e.Rules.invariants[n]
		_, hears := s.invariants[n].Memory.(listening)
		switch why, stopped := s.stopped[n]; {
		case stopped:
			s.invariants[n] = i.Dark(s.invariants[n], s.head, why)
		case hears || s.overhears(n):
			s.invariants[n] = judged(i, s.invariants[n], s.head, s.readings, nil, nil)
		default:
			continue
		}
		findings[n] = s.invariants[n].Finding
		changed = changed || findings[n].Verdict != past[n].Verdict || findings[n].Doubt != past[n].Doubt
		if i.Remember != nil && s.invariants[n].Memory == nil {
			s.lose(n, s.head.Number)
		}
	}
	clear(s.stopped)
	s.findings = findings
	e.transitions(past, findings)
	e.follow(s.head)
	e.share(nil)
	return changed
}

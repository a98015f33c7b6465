// Package detect turns readings into findings.
//
// It is pure: it reads no chain, no clock and no file, so every judgement can be
// repeated from the same readings. It must never call a missing answer OK, and
// severity never changes a verdict.
package detect

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Condition is what an invariant demands, compiled. Its Judge is pure.
type Condition interface {
	Reads() []ops.Read
	Judge(now, parent ops.Readings) ops.Assessment
	Source() string
}

// Invariant is one condition with its owner and its answer.
type Invariant struct {
	ID        ops.DetectorID
	Title     string
	Owner     string
	Class     ops.BreachClass
	Severity  ops.Severity
	Condition Condition
	For       uint64 // consecutive blocks before it is a breach
	Action    ops.RunbookID
	Unit      Unit
}

// State is what one detector remembers between blocks.
type State struct {
	Finding ops.Finding
	Streak  uint64 // consecutive known blocks in which the condition did not hold
	Opened  string // exact value observed when the breach began
}

// Next judges one block. UNKNOWN neither advances nor resets the streak.
func (i Invariant) Next(past State, at ops.BlockRef, now, parent ops.Readings) State {
	a := i.Condition.Judge(now, parent)
	f := ops.Finding{
		Detector: i.ID, Title: i.Title, Owner: i.Owner, Class: i.Class, Severity: i.Severity,
		Verdict: a.Verdict, At: at, Source: i.Condition.Source(), Action: i.Action, Why: a.Why,
		Relation: a.Relation, Evidence: evidence(i.Condition.Reads(), now),
	}
	next := State{Streak: past.Streak, Opened: past.Opened}
	switch a.Verdict {
	case ops.Unknown:
		return next.with(carried(f, past.Finding))
	case ops.OK:
		next.Streak, next.Opened = 0, ""
	case ops.Breach:
		if next.Streak++; next.Streak < i.For {
			f.Verdict = past.Finding.Verdict // not long enough to say so: what was said stands
			f.Why = fmt.Sprintf("out of bounds for %d of %d blocks", next.Streak, i.For)
		}
	}
	f.Observed, f.Threshold = i.Unit.Quantity(a.Observed), i.Unit.Quantity(a.Threshold)
	if f.Verdict != ops.Unknown {
		f.Known, f.Last = at, f.Observed
	}
	f.Since = since(f, past.Finding)
	if f.Verdict == ops.Breach {
		if next.Opened == "" {
			next.Opened = a.Observed
		}
		f.Trend = i.Unit.trend(past.Finding.Last.Exact, next.Opened, a.Observed)
	}
	return next.with(f)
}

func (s State) with(f ops.Finding) State {
	s.Finding = f
	return s
}

// carried gives an UNKNOWN the last thing that was known.
func carried(f, past ops.Finding) ops.Finding {
	f.Known, f.Last, f.Threshold, f.Relation = past.Known, past.Last, past.Threshold, past.Relation
	f.Since = since(f, past)
	return f
}

// since is the first block of the verdict.
func since(f, past ops.Finding) ops.BlockRef {
	if past.Verdict == f.Verdict && !past.Since.Zero() {
		return past.Since
	}
	return f.At
}

// Blind turns every finding into UNKNOWN: the chain cannot be seen. What was
// last known stays with it.
func Blind(findings []ops.Finding, why string) []ops.Finding {
	out := make([]ops.Finding, len(findings))
	for i, f := range findings {
		dark := f
		dark.Verdict, dark.Why, dark.Observed, dark.Trend = ops.Unknown, why, ops.Quantity{}, ""
		if f.Verdict != ops.Unknown {
			dark.Since = f.At
		}
		out[i] = dark
	}
	return out
}

func evidence(reads []ops.Read, now ops.Readings) []ops.Reading {
	out := make([]ops.Reading, 0, len(reads))
	for _, r := range reads {
		if reading, ok := now[r]; ok {
			out = append(out, reading)
		}
	}
	return out
}

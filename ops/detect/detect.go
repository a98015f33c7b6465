// Package detect turns readings into findings.
//
// It is pure: it reads no chain, no clock and no file, so every judgement can be
// repeated from the same readings. It must never call a missing answer OK, and
// severity never changes a verdict.
package detect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Condition is what an invariant demands, compiled. Its Judge is pure.
type Condition interface {
	Reads() []ops.Read
	Judge(now, parent ops.Readings) ops.Assessment
	Source() string
}

// Memory is what a condition that looks back remembers between blocks. Next judges
// a block and remembers it; Book takes in the events of one that is not judged, and
// Recall its transactions. Events that nobody spoke of are missing, and make what
// sums them up UNKNOWN: CompleteFrom says where they begin, Through that all were read
// up to a block, and Gap that some were not. Transactions begin at SentFrom, and each
// block of them is recalled. Drop forgets the blocks that a reorg took back, from a
// number on.
type Memory interface {
	Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment
	Book(at ops.BlockRef, logs []ops.Log)
	Recall(at ops.BlockRef, now ops.Readings)
	CompleteFrom(at ops.BlockRef)
	SentFrom(at ops.BlockRef)
	Through(number uint64)
	Gap(from, to uint64)
	Drop(from uint64)
}

// Invariant is one condition with its owner and its answer. Remember makes a memory
// without a past; it is nil for a condition that does not look back.
type Invariant struct {
	ID        ops.DetectorID
	Title     string
	Owner     string
	Class     ops.BreachClass
	Severity  ops.Severity
	Condition Condition
	Remember  func() Memory
	For       uint64 // consecutive blocks before it is a breach
	Clear     uint64 // consecutive blocks in which it holds before the breach is over; 0 and 1: at once
	Confirmed uint64 // blocks that must stand on a block before what it says counts; 0: at once
	Action    ops.RunbookID
	Unit      Unit
	Units     map[string]Unit // of the clauses of a condition that has several, by their names
	Gives     Gives           // nil: its runbook needs no arguments
}

// Gives reads what a breach gives to its runbook, by the names of the parameters. It
// fails where one of them is not known.
type Gives func(at ops.BlockRef, now ops.Readings) (map[string]string, error)

// giving is a memory that knows by itself what a breach gives to its runbook: of the block
// that was judged last.
type giving interface {
	Gives() map[string]string
}

// State is what one detector remembers between blocks. Memory is nil for a
// condition that does not look back; a copy of the state shares it.
type State struct {
	Finding ops.Finding
	Memory  Memory
	Streak  uint64 // consecutive known blocks in which the condition did not hold
	Opened  string // exact value observed when the breach began
	part    string // the clause that Opened and the finding are about
	counted []uint64
	calm    []uint64      // consecutive known blocks in which it held again, of a breach that is not over
	over    over          // the breach that was over last
	waiting []ops.Finding // of blocks that are not yet confirmed, oldest first
	ahead   *State        // of the newest block, where the state itself is of a confirmed one
}

// Recalling is the state with another memory of the same blocks.
func (s State) Recalling(m Memory) State {
	if s.Memory = m; s.ahead != nil {
		ahead := *s.ahead
		ahead.Memory = m
		s.ahead = &ahead
	}
	return s
}

// remembered is how many blocks of a streak can be taken back by a reorg.
const remembered = 256

// before is the state as if the blocks from the number on had not been judged: a
// reorg has them judged anew, and a block must not count twice.
func (s State) before(number uint64) State {
	kept := below(s.counted, number)
	s.Streak -= min(s.Streak, uint64(len(s.counted)-len(kept)))
	s.counted = kept
	s.calm = below(s.calm, number)
	if s.Streak == 0 {
		s.Opened = ""
	}
	if s.Finding.Broke.Number >= number {
		s.Finding.Broke = ops.BlockRef{}
	}
	return s.reopened(number)
}

// below are the blocks, which ascend, before a number.
func below(blocks []uint64, number uint64) []uint64 {
	n, _ := slices.BinarySearch(blocks, number)
	return blocks[:n:n]
}

// Start is the state before the first block.
func (i *Invariant) Start() State {
	if i.Remember == nil {
		return State{}
	}
	return State{Memory: i.Remember()}
}

// judge judges one block as if it were confirmed.
func (i *Invariant) judge(past State, at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) State {
	if past.Memory == nil {
		past.Memory = i.Start().Memory
	}
	var a ops.Assessment
	if past.Memory != nil {
		a = past.Memory.Next(at, now, logs)
	} else {
		a = i.Condition.Judge(now, parent)
	}
	f := ops.Finding{
		Detector: i.ID, Title: i.Title, Owner: i.Owner, Class: i.Class, Severity: i.Severity,
		Verdict: a.Verdict, At: at, Source: a.Source, Action: i.Action, Why: a.Why, Doubt: a.Doubt,
		Relation: a.Relation, Reads: i.Condition.Reads(), Answers: now,
	}
	if f.Source == "" {
		f.Source = i.Condition.Source()
	}
	past = past.before(at.Number)
	next := State{Memory: past.Memory, Streak: past.Streak, Opened: past.Opened, part: past.part, counted: past.counted, calm: past.calm, over: past.over}
	switch a.Verdict {
	case ops.Unknown:
		return next.with(carried(f, past.Finding))
	case ops.OK:
		next.Streak, next.counted = 0, nil
		if next.calm = i.calmer(past, at); next.calm == nil {
			next.Opened, next.over = "", i.ended(past, at)
			break
		}
		f.Verdict = ops.Breach
		f.Why = fmt.Sprintf("holds again for %d of %d blocks", len(next.calm), i.Clear)
	case ops.Breach:
		next.Streak++
		next.calm = nil
		if next.counted = append(slices.Clone(next.counted), at.Number); len(next.counted) > remembered {
			next.counted = next.counted[1:]
		}
		if next.Streak < i.For && !i.open(past) {
			f.Verdict = past.Finding.Verdict // not long enough to say so: what was said stands
			if past.Finding.Since.Number >= at.Number {
				f.Verdict = ops.Unknown // unless it was said of blocks that are no more
			}
			f.Why = fmt.Sprintf("out of bounds for %d of %d blocks", next.Streak, i.For)
			if f.Verdict == ops.Unknown {
				return next.with(carried(f, past.Finding))
			}
		}
	}
	same := a.Part == past.part
	next.part = a.Part
	f.Observed, f.Threshold = past.Finding.Observed, past.Finding.Threshold
	if a.Observed != f.Observed.Exact || a.Threshold != f.Threshold.Exact || f.Observed.Shown == "" || !same { // most values stand still
		f.Observed, f.Threshold = i.unit(a).pair(a.Observed, a.Threshold)
	}
	f.Known, f.Last = at, f.Observed
	f.Since, f.Broke = f.Start(past.Finding)
	if g, ok := past.Memory.(giving); ok && f.Verdict == ops.Breach {
		f.Args = g.Gives()
	}
	if f.Verdict == ops.Breach && i.Gives != nil {
		given, err := i.Gives(at, now)
		if err != nil { // it is a breach all the same
			f.Why = strings.TrimPrefix(f.Why+"; what its runbook needs is not known: "+err.Error(), "; ")
		}
		f.Args = given
	}
	if f.Verdict == ops.Breach {
		if next.Opened == "" || !same {
			next.Opened = a.Observed
		}
		before := ""
		if past.Finding.Known.Hash == at.Parent && same { // else it was not the last block
			before = past.Finding.Last.Exact
		}
		f.Trend = i.unit(a).trend(before, next.Opened, a.Observed)
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
	f.Since, f.Broke = f.Start(past)
	return f
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

package detect

import (
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Clause is one of the conditions that a detector is made of. Remember makes its memory;
// of one detector, all clauses have one or none.
type Clause struct {
	Name      string
	Condition Condition
	Remember  func() Memory
	Unit      Unit
}

// Clauses is a condition made of several: it is in breach where one of them is, not known
// where none is and one is not known, and holds where all do. What it shows are the two
// sides of the first that decided.
type Clauses []Clause

// Reads lists, once each, what the clauses read.
func (c Clauses) Reads() []ops.Read {
	var out []ops.Read
	for _, x := range c {
		for _, r := range x.Condition.Reads() {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// Judge judges every clause at one block.
func (c Clauses) Judge(now, parent ops.Readings) ops.Assessment {
	return c.joined(func(i int) ops.Assessment { return c[i].Condition.Judge(now, parent) })
}

// Source is what each clause demands, with its name.
func (c Clauses) Source() string {
	words := make([]string, len(c))
	for i, x := range c {
		words[i] = x.Name + ": " + x.Condition.Source()
	}
	return strings.Join(words, " · ")
}

// Condition is the clauses as one condition, put together once.
func (c Clauses) Condition() Condition { return compound{c, c.Reads(), c.Source()} }

// compound knows what its clauses read and say.
type compound struct {
	Clauses
	reads  []ops.Read
	source string
}

func (c compound) Reads() []ops.Read { return c.reads }
func (c compound) Source() string    { return c.source }

// Remember makes the memories of all clauses; nil where they need none.
func (c Clauses) Remember() func() Memory {
	if len(c) == 0 || c[0].Remember == nil {
		return nil
	}
	return func() Memory {
		m := memories{of: c, each: make([]Memory, len(c)), broken: make([]bool, len(c))}
		for i, x := range c {
			m.each[i] = x.Remember()
		}
		return m
	}
}

// Units are how the numbers of each clause are shown, by its name.
func (c Clauses) Units() map[string]Unit {
	out := map[string]Unit{}
	for _, x := range c {
		out[x.Name] = x.Unit
	}
	return out
}

// joined makes one assessment of those of all clauses.
func (c Clauses) joined(judge func(i int) ops.Assessment) ops.Assessment {
	var broken, unclear []string
	var first, known, dark ops.Assessment
	for i, x := range c {
		a := judge(i)
		a.Part = x.Name
		switch a.Verdict {
		case ops.Breach:
			if len(broken) == 0 {
				first = a
			}
			broken = append(broken, about(x.Name, a.Why))
		case ops.Unknown:
			if len(unclear) == 0 {
				dark = a
			}
			unclear = append(unclear, about(x.Name, a.Why))
		default:
			if known.Verdict != ops.OK {
				known = a
			}
		}
	}
	switch {
	case len(broken) > 0:
		first.Why = strings.Join(broken, "; ")
		if len(unclear) > 0 {
			first.Why += "; not known: " + strings.Join(unclear, "; ")
		}
		return first
	case len(unclear) > 0 || len(c) == 0:
		dark.Why = strings.Join(unclear, "; ")
		return dark
	default:
		return known
	}
}

// about names a clause, and says what it says beside its numbers.
func about(name, why string) string { return strings.TrimSuffix(name+": "+why, ": ") }

// memories are those of all clauses of one detector. broken are the clauses that were in
// breach at the block that was judged last.
type memories struct {
	of     Clauses
	each   []Memory
	broken []bool
}

func (m memories) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	return m.of.joined(func(i int) ops.Assessment {
		a := m.each[i].Next(at, now, logs)
		m.broken[i] = a.Verdict == ops.Breach
		return a
	})
}

// failing is a memory that knows which transactions failed: those that it counts, or those
// by which a condition is in breach.
type failing interface {
	Failures(most int, breached bool) (all int, newest []common.Hash)
}

// Failures are the transactions that failed in the windows of the clauses, or of those that
// are in breach: how many, and the newest of them, at most so many.
func (m memories) Failures(most int, breached bool) (all int, newest []common.Hash) {
	for i, x := range m.each {
		if f, ok := x.(failing); ok && (m.broken[i] || !breached) {
			n, some := f.Failures(most, breached)
			all, newest = all+n, append(newest, some...)
		}
	}
	return all, newest[max(0, len(newest)-most):]
}

func (m memories) Book(at ops.BlockRef, logs []ops.Log) {
	m.all(func(x Memory) { x.Book(at, logs) })
}

func (m memories) Recall(at ops.BlockRef, now ops.Readings) {
	m.all(func(x Memory) { x.Recall(at, now) })
}

func (m memories) CompleteFrom(at ops.BlockRef) { m.all(func(x Memory) { x.CompleteFrom(at) }) }
func (m memories) SentFrom(at ops.BlockRef)     { m.all(func(x Memory) { x.SentFrom(at) }) }
func (m memories) Through(number uint64)        { m.all(func(x Memory) { x.Through(number) }) }
func (m memories) Gap(from, to uint64)          { m.all(func(x Memory) { x.Gap(from, to) }) }
func (m memories) Drop(from uint64)             { m.all(func(x Memory) { x.Drop(from) }) }

// Await is for those whose windows may be judged by a part.
func (m memories) Await() {
	m.all(func(x Memory) {
		if a, ok := x.(interface{ Await() }); ok {
			a.Await()
		}
	})
}

func (m memories) all(do func(Memory)) {
	for _, x := range m.each {
		do(x)
	}
}

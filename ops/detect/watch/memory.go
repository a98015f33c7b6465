package watch

import (
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	// mostSightings bounds what is remembered. Who does it more often is seen by the newest.
	mostSightings = 10_000
	// reorg is how long a sighting outlives its window: a reorg may take the chain back.
	reorg = time.Hour
)

// Sight is one thing that was seen. Its String says what, Gives what a breach gives to its
// runbook.
type Sight interface {
	fmt.Stringer
	Gives() map[string]string
}

// Lookout is what a detector looks for in the answers of a block. Each road gives all that
// it saw there, or why that is not known.
type Lookout interface {
	Source() string
	Direct(now ops.Readings) ([]Sight, error)
	// Inside says in unable why nobody traces, where that is so.
	Inside(now ops.Readings) (seen []Sight, unable string, err error)
}

// Window is how long a sighting is a breach. Partial judges one that is not yet full by the
// part there is.
type Window struct {
	Over    time.Duration
	Partial bool
}

// Judge knows nothing without a memory of the blocks before.
func (Window) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: ops.Unknown, Why: "nothing is remembered of the blocks before"}
}

type sighting struct {
	at ops.BlockRef
	Sight
}

// Memory is what was sighted within the window. It belongs to one detector, and is the
// memory of package detect.
type Memory struct {
	by     Lookout
	in     Window
	seen   []sighting // in the order of the blocks
	direct stretch    // of blocks whose direct road is known
	dark   string     // why that of the newest block is not
	inside stretch    // of blocks whose inside is known
	holes  Holes      // the blocks whose inside is not
	unable string     // why nothing is seen inside at all, at the newest block
	newest ops.BlockRef
}

// NewMemory is a memory without a past.
func NewMemory(by Lookout, in Window) *Memory { return &Memory{by: by, in: in} }

// Await says that what happened before the memory began is on its way: until another one has
// it, a window that is not yet full is not judged by its part.
func (m *Memory) Await() { m.in.Partial = false }

// Next judges a block and remembers it.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, _ []ops.Log) ops.Assessment {
	m.newest = at
	m.Recall(at, now)
	m.look(at, now)
	m.forget(at.Time.Add(-m.in.Over))
	a := ops.Assessment{Verdict: ops.OK, Observed: "0", Relation: "=", Threshold: "0", Source: m.source()}
	seen, why := m.within(), m.unread()
	switch {
	case len(seen) > 0:
		a.Verdict, a.Observed = ops.Breach, fmt.Sprint(len(seen))
		last := seen[len(seen)-1]
		a.Why = fmt.Sprintf("%s at #%d", last, last.at.Number)
		if n := len(seen) - 1; n > 0 {
			a.Why += fmt.Sprintf(", and %d more", n)
		}
	case why != "":
		a = ops.Assessment{Verdict: ops.Unknown, Why: why, Source: a.Source}
	default:
		if hole := m.holes.After(m.start()); hole != "" {
			a = ops.Assessment{Verdict: ops.Unknown, Why: hole, Source: a.Source}
		}
	}
	return a
}

func (m *Memory) start() time.Time { return m.newest.Time.Add(-m.in.Over) }

// source says what is watched and how much of it is seen, where that is not all.
func (m *Memory) source() string {
	switch {
	case m.unable != "":
		return m.by.Source() + "; direct ones only: " + m.unable
	case m.inside.first.Time.After(m.start()):
		return fmt.Sprintf("%s; those inside transactions since #%d", m.by.Source(), m.inside.first.Number)
	}
	return ""
}

// within is what was sighted in the window that ends at the newest block.
func (m *Memory) within() []sighting {
	i, _ := slices.BinarySearchFunc(m.seen, m.start(), func(s sighting, t time.Time) int {
		if s.at.Time.After(t) {
			return 1
		}
		return -1
	})
	return m.seen[i:]
}

// Gives is what the last sighting gives to its runbook, where it is a breach.
func (m *Memory) Gives() map[string]string {
	seen := m.within()
	if len(seen) == 0 {
		return nil
	}
	return seen[len(seen)-1].Gives()
}

// unread says why it is not known that nothing was to be seen directly in the window.
func (m *Memory) unread() string {
	if m.dark != "" {
		return m.dark
	}
	d := m.direct
	if (d.broken || !m.in.Partial) && d.first.Number > 0 && d.first.Time.After(m.start()) {
		return fmt.Sprintf("the transactions of blocks before #%d, in the window of %s, were not read", m.newest.Number, ops.Duration(m.in.Over))
	}
	return ""
}

// Recall takes in the transactions of a block: all that matter, or the block is not known.
func (m *Memory) Recall(at ops.BlockRef, now ops.Readings) {
	m.Drop(at.Number)
	seen, err := m.by.Direct(now)
	if err != nil {
		m.dark = fmt.Sprintf("#%d: %s", at.Number, err)
		m.direct.lose(at)
		return
	}
	m.note(at, seen)
	m.dark = ""
	m.direct.take(at)
}

// look takes in what happened inside the block's transactions.
func (m *Memory) look(at ops.BlockRef, now ops.Readings) {
	seen, unable, err := m.by.Inside(now)
	m.unable = unable
	m.note(at, seen)
	switch {
	case unable != "":
		m.inside = stretch{begun: true}
	case err != nil:
		m.holes.Add(at.Number, at, fmt.Sprintf("inside the transactions of #%d: %s", at.Number, err))
		m.inside.lose(at)
	default:
		m.inside.take(at)
	}
}

func (m *Memory) note(at ops.BlockRef, seen []Sight) {
	for _, s := range seen {
		m.seen = append(m.seen, sighting{at, s})
	}
	if n := len(m.seen) - mostSightings; n > 0 {
		m.seen = slices.Delete(m.seen, 0, n)
	}
}

func (m *Memory) forget(before time.Time) {
	n := 0
	for n < len(m.seen) && m.seen[n].at.Time.Before(before.Add(-reorg)) {
		n++
	}
	m.seen = slices.Delete(m.seen, 0, n)
}

// Drop forgets the blocks from the number on: a reorg took them back.
func (m *Memory) Drop(from uint64) {
	n := len(m.seen)
	for n > 0 && m.seen[n-1].at.Number >= from {
		n--
	}
	m.seen = m.seen[:n]
	m.direct.drop(from)
	m.inside.drop(from)
	m.holes.Drop(from)
}

// SentFrom says that the transactions of all blocks from this one on are recalled.
func (m *Memory) SentFrom(at ops.BlockRef) { m.direct = stretch{at, at.Number, true, false} }

// Book is for events.
func (m *Memory) Book(ops.BlockRef, []ops.Log) {}

// CompleteFrom is for events.
func (m *Memory) CompleteFrom(ops.BlockRef) {}

// Through is for events.
func (m *Memory) Through(uint64) {}

// Gap is for events: a block whose transactions nobody recalls is missed by its number.
func (m *Memory) Gap(uint64, uint64) {}

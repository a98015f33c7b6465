package measure

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostGaps bounds what is remembered of missing blocks; more are taken together.
const mostGaps = 256

// coverage is of which blocks the events, or the transactions, were taken in.
type coverage struct {
	what    string // events or transactions
	since   mark   // they are complete from here on
	begun   bool
	through uint64 // those up to here were taken in
	gaps    []gap
}

// gap is blocks of which they were not read. They lie before the time of the next
// block of which they were; while there is none, the gap is open.
type gap struct {
	from, to uint64
	until    int64
	closed   bool
	why      string
}

// CompleteFrom says that the events are complete from a block on: what is booked
// and judged after it counts, and a window that begins later is full. Without it
// they are complete from the first block that is judged or booked.
func (m *Memory) CompleteFrom(at ops.BlockRef) { m.events.from(at) }

// SentFrom is CompleteFrom of the transactions, which Recall takes in.
func (m *Memory) SentFrom(at ops.BlockRef) { m.sent.from(at) }

// Through says that the events of every block up to the number were booked, or are
// about to be: a range of history was read whole. It closes no gap.
func (m *Memory) Through(number uint64) { m.events.through = max(m.events.through, number) }

// Gap says that the events of these blocks were not read, or not all of them.
func (m *Memory) Gap(from, to uint64) { m.events.gap(from, to, "", m.recent) }

func (c *coverage) from(at ops.BlockRef) {
	c.since, c.begun = markOf(at), true
	if at.Number > 0 {
		c.through = max(c.through, at.Number-1)
	}
}

func (c *coverage) gap(from, to uint64, why string, recent []mark) {
	if from > to {
		return
	}
	if c.begun {
		from = min(from, c.through+1)
	}
	g := gap{from: from, to: to, why: why}
	for _, b := range recent {
		if b.number > to {
			g.until, g.closed = b.time, true
			break
		}
	}
	c.through = max(c.through, to)
	if c.gaps = append(c.gaps, g); len(c.gaps) > mostGaps {
		first, second := c.gaps[0], c.gaps[1]
		c.gaps = c.gaps[1:]
		c.gaps[0] = gap{min(first.from, second.from), max(first.to, second.to), max(first.until, second.until), first.closed && second.closed, ""}
	}
}

// reach takes note of a block that is being taken in. Gaps that ended before the
// oldest time that matters are forgotten.
func (c *coverage) reach(b mark, recent []mark, oldest int64) {
	if !c.begun {
		c.since, c.begun = b, true
	} else if b.number > c.through+1 {
		c.gap(c.through+1, b.number-1, "", recent)
	}
	c.through = max(c.through, b.number)
	kept := c.gaps[:0]
	for _, g := range c.gaps {
		if !g.closed && g.to < b.number {
			g.until, g.closed = b.time, true
		}
		if !g.closed || g.until > oldest {
			kept = append(kept, g)
		}
	}
	c.gaps = kept
}

// cut takes back what is known from the number on.
func (c *coverage) cut(from uint64) {
	if c.since.number >= from {
		c.begun = false
	}
	if from > 0 {
		c.through = min(c.through, from-1)
	}
	kept := c.gaps[:0]
	for _, g := range c.gaps {
		if g.from >= from {
			continue
		}
		if g.to+1 >= from { // what came after it is gone too
			g.to, g.closed = from-1, false
		}
		kept = append(kept, g)
	}
	c.gaps = kept
}

// complete says why what a tally sums up may not be all of its window.
func (m *Memory) complete(t *tally, lost mark) error {
	at, w, c := m.newest(), t.window, &m.events
	if t.source.method != nil {
		c = &m.sent
	}
	if lost != (mark{}) && lost.time > w.start(at) {
		return fmt.Errorf("the window of %s holds more than %d %s", w, mostEntries, c.what)
	}
	for _, g := range c.gaps {
		if g.closed && g.until <= w.start(at) {
			continue
		}
		err := fmt.Errorf("the %s of blocks #%d to #%d, in the window of %s, were not read", c.what, g.from, g.to, w)
		if g.why != "" {
			err = fmt.Errorf("%w: %s", err, g.why)
		}
		return err
	}
	if missing := w.missing(at, c.since.time); missing > 0 && (!m.partial || m.awaits) {
		return notFull(w, missing)
	}
	return nil
}

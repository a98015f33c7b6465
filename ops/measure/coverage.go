package measure

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostGaps bounds what is remembered of missing events; more are taken together.
const mostGaps = 256

// CompleteFrom says that the events are complete from a block on: what is booked
// and judged after it counts, and a window that begins later is full. Without it
// they are complete from the first block that is judged or booked.
func (m *Memory) CompleteFrom(at ops.BlockRef) {
	m.since, m.begun = markOf(at), true
	if at.Number > 0 {
		m.through = max(m.through, at.Number-1)
	}
}

// Through says that the events of every block up to the number were booked, or are
// about to be: a range of history was read whole. It closes no gap.
func (m *Memory) Through(number uint64) { m.through = max(m.through, number) }

// Gap says that the events of these blocks were not read, or not all of them.
func (m *Memory) Gap(from, to uint64) {
	if from > to {
		return
	}
	if m.begun {
		from = min(from, m.through+1)
	}
	g := gap{from: from, to: to}
	for _, b := range m.recent {
		if b.number > to {
			g.until, g.closed = b.time, true
			break
		}
	}
	m.through = max(m.through, to)
	if m.gaps = append(m.gaps, g); len(m.gaps) > mostGaps {
		first, second := m.gaps[0], m.gaps[1]
		m.gaps = m.gaps[1:]
		m.gaps[0] = gap{min(first.from, second.from), max(first.to, second.to), max(first.until, second.until), first.closed && second.closed}
	}
}

// reach takes note of a block whose events are being taken in.
func (m *Memory) reach(b mark) {
	if !m.begun {
		m.since, m.begun = b, true
	} else if b.number > m.through+1 {
		m.Gap(m.through+1, b.number-1)
	}
	m.through = max(m.through, b.number)
	oldest := m.horizon() - int64(m.measure.Longest().Seconds())
	kept := m.gaps[:0]
	for _, g := range m.gaps {
		if !g.closed && g.to < b.number {
			g.until, g.closed = b.time, true
		}
		if !g.closed || g.until > oldest {
			kept = append(kept, g)
		}
	}
	m.gaps = kept
}

// cut takes back what is known of the events from the number on.
func (m *Memory) cut(from uint64) {
	if m.since.number >= from {
		m.begun = false
	}
	if from > 0 {
		m.through = min(m.through, from-1)
	}
	kept := m.gaps[:0]
	for _, g := range m.gaps {
		if g.from >= from {
			continue
		}
		if g.to+1 >= from { // what came after it is gone too
			g.to, g.closed = from-1, false
		}
		kept = append(kept, g)
	}
	m.gaps = kept
}

// complete says why the events of a window may not be all.
func (m *Memory) complete(w window, lost mark) error {
	at := m.newest()
	if lost != (mark{}) && lost.time > w.start(at) {
		return fmt.Errorf("the window of %s holds more than %d events", w, mostEntries)
	}
	for _, g := range m.gaps {
		if !g.closed || g.until > w.start(at) {
			return fmt.Errorf("the events of blocks #%d to #%d, in the window of %s, were not read", g.from, g.to, w)
		}
	}
	if missing := w.missing(at, m.since.time); missing > 0 && !m.partial {
		return notFull(w, missing)
	}
	return nil
}

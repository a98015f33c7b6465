package authorization

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Memory is what happened to the rights on the watched contracts. It belongs to one caller.
type Memory struct {
	of       *Detector
	kept     map[common.Address]*kept
	executed map[common.Hash]bool
	now      ops.Readings // of the newest block judged
	found    []Fact       // there, beside who may call what
	gives    map[string]string
	at       uint64 // the newest block judged
	since    uint64 // events are known from here on
	begun    bool
	through  uint64 // and up to here, without a hole
}

// NewMemory is a memory without a past.
func (d *Detector) NewMemory() *Memory {
	m := &Memory{of: d, kept: map[common.Address]*kept{}}
	for _, w := range d.Watched {
		m.kept[w.Address] = newKept()
	}
	return m
}

// Heed says which operations of the timelocks were executed.
func (m *Memory) Heed(executed map[common.Hash]bool) { m.executed = executed }

// History is the block from which on events have to be booked before the first is judged.
func (m *Memory) History() uint64 { return m.of.From }

// Asks are the reads of the next block that follow from what happened.
func (m *Memory) Asks() []ops.Read {
	var out []ops.Read
	for _, w := range m.of.Watched {
		out = append(out, w.asks(m.kept[w.Address], m.now)...)
	}
	return append(out, m.of.tries(m.found)...)
}

// Facts are the rights there are, as far as they are known, and what is not.
func (m *Memory) Facts() (facts []Fact, doubts []string) {
	for _, w := range m.of.Watched {
		k := m.kept[w.Address]
		add := func(f []Fact, d []string) { facts, doubts = append(facts, f...), append(doubts, d...) }
		add(w.holders(m.now))
		add(w.granted(k, m.now))
		add(w.tallied(facts, k, m.now))
		if n := len(k.pairs[pair{what: ofStart}]); w.start && n > 0 {
			add([]Fact{w.fact("initialized", fmt.Sprintf("%d times", n))}, nil)
		}
	}
	m.found = facts
	may, unclear := m.of.callable(facts, m.now)
	return append(facts, may...), slices.Concat(doubts, unclear, m.unread())
}

// unread says which blocks of the history were not read.
func (m *Memory) unread() []string {
	switch {
	case m.at < m.of.From:
		return []string{fmt.Sprintf("what happens counts from #%d on, which is yet to come", m.of.From)}
	case m.since > m.of.From:
		return []string{fmt.Sprintf("what happened from #%d to #%d was not read", m.of.From, m.since-1)}
	case m.through < m.at:
		return []string{fmt.Sprintf("what happened from #%d to #%d was not read", m.through+1, m.at-1)}
	}
	return nil
}

// Next judges a block and remembers it.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	if !m.begun {
		m.begun, m.since, m.through = true, at.Number, at.Number
	}
	m.Book(at, logs)
	if at.Number <= m.through+1 {
		m.through = max(m.through, at.Number)
	}
	m.now = now
	m.at = at.Number
	facts, doubts := m.Facts()
	a, more := m.of.judge(facts, doubts, m.executed)
	m.gives = m.of.args(more)
	return a
}

// Gives is whom the newest block that was judged shows with a right too many, and which
// role it is.
func (m *Memory) Gives() map[string]string { return m.gives }

// Book takes in the events of a block.
func (m *Memory) Book(_ ops.BlockRef, logs []ops.Log) {
	for _, l := range logs {
		k, ok := m.kept[l.Address]
		if !ok || len(l.Topics) == 0 {
			continue
		}
		for _, w := range m.of.Watched {
			if w.Address == l.Address && slices.Contains(w.Topics(), l.Topics[0]) {
				k.take(l)
			}
		}
	}
}

// Known says that the events of these blocks were booked, whole.
func (m *Memory) Known(from, to uint64) {
	m.begun, m.since, m.through = true, from, max(m.through, to)
}

// Through says that what was missing up to a block was booked.
func (m *Memory) Through(number uint64) {
	if m.begun {
		m.through = max(m.through, number)
	}
}

// Drop forgets the blocks from the number on: a reorg took them back.
func (m *Memory) Drop(from uint64) {
	for _, k := range m.kept {
		k.drop(from)
	}
	if m.through >= from && from > 0 {
		m.through = from - 1
	}
	m.now = nil
}

// Gap says that the events of these blocks were not read.
func (m *Memory) Gap(from, _ uint64) {
	if m.begun && from > 0 {
		m.through = min(m.through, from-1)
	}
}

// CompleteFrom is for windows: what matters here is History.
func (m *Memory) CompleteFrom(ops.BlockRef) {}

// SentFrom is for windows of calls.
func (m *Memory) SentFrom(ops.BlockRef) {}

// Recall is for windows of calls.
func (m *Memory) Recall(ops.BlockRef, ops.Readings) {}

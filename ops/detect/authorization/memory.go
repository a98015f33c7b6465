package authorization

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/history"
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
	history.History
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

// From is the block from which on events have to be booked before the first is judged.
func (m *Memory) From() uint64 { return m.of.From }

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
	if m.at < m.of.From {
		return []string{fmt.Sprintf("what happens counts from #%d on, which is yet to come", m.of.From)}
	}
	if blocks := m.Unread(m.of.From, m.at); blocks != "" {
		return []string{"what happened from " + blocks + " was not read"}
	}
	return nil
}

// Next judges a block and remembers it.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	m.Book(at, logs)
	m.Take(at.Number)
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

// Drop forgets the blocks from the number on: a reorg took them back.
func (m *Memory) Drop(from uint64) {
	for _, k := range m.kept {
		k.drop(from)
	}
	m.Cut(from)
	m.now = nil
}

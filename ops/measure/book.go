package measure

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// logID tells the logs of one block apart.
type logID struct {
	tx    common.Hash
	index uint
}

// Book takes in the events of a block that is not judged. It does not say that the
// blocks between it and the one before held none: Through does.
func (m *Memory) Book(at ops.BlockRef, logs []ops.Log) {
	b := m.begin(at)
	m.events.reach(b, m.recent, m.horizon()-m.measure.longest)
	for _, l := range logs {
		if m.matters(l) {
			m.take(b, l, l.Block.Hash != at.Hash)
		}
	}
	m.advance(b)
}

// begin makes a block the newest; one in the place of others takes them back.
func (m *Memory) begin(at ops.BlockRef) mark {
	if at.Hash != m.block.Hash && len(m.recent) > 0 && at.Number <= m.newest().number {
		m.Drop(at.Number)
	}
	b := markOf(at)
	if len(m.recent) > 0 && b.time < m.newest().time {
		m.reset() // no chain's time runs backwards: nothing that is remembered can be trusted
	}
	if at.Hash != m.block.Hash || len(m.recent) == 0 {
		m.block = at
		clear(m.seen)
		clear(m.taken)
		if m.recent = append(m.recent, b); len(m.recent) > remembered {
			m.recent, m.deeper = m.recent[1:], true
		}
	}
	return b
}

// advance moves every window to end at the newest block.
func (m *Memory) advance(b mark) {
	for l := range m.ledgers {
		l.line.advance(b, m.horizon())
	}
}

// matters reports whether the log is of an event that is summed up.
func (m *Memory) matters(l ops.Log) bool {
	return slices.ContainsFunc(m.streams, func(s *stream) bool { return s.of.source.matches(l) })
}

// take books a log of the newest block, once.
func (m *Memory) take(at mark, l ops.Log, foreign bool) {
	id := logID{l.Tx, l.Index}
	if m.seen[id] && !foreign {
		return
	}
	m.seen[id] = true
	for _, s := range m.streams {
		s.take(at, l, foreign)
	}
}

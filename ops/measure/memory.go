package measure

import (
	"github.com/bulkhead-console/bulkhead/ops"
)

// remembered is how many blocks can be taken back by a reorg; after a deeper one
// the memory begins anew, for it must never hold what is no more.
const remembered = 256

// Memory is what one condition that looks back remembers between blocks. It
// belongs to one caller, who gives it the blocks in their order. Times are those
// of the blocks, never a clock's. It is not safe for concurrent use.
//
// What it was not told it does not assume: the events of a block that was neither
// judged, nor booked, nor said to hold none (see Through) are missing, and what
// sums up events over it is UNKNOWN.
type Memory struct {
	series  map[*series]*samples
	tallies map[*tally]*ledger
	streams []*stream // that they are of
	measure *Measure
	partial bool
	awaits  bool

	recent []mark // the newest blocks
	deeper bool   // there were more
	block  ops.BlockRef
	seen   map[logID]bool    // of that block
	taken  map[ops.Read]bool // of its transactions
	events coverage
	sent   coverage // of transactions

	judged, parent seen
	frame          Frame // of the block that is judged
}

// seen is a block with its answers.
type seen struct {
	at      ops.BlockRef
	answers ops.Readings
}

// NewMemory is a memory without a past.
func (m *Measure) NewMemory() *Memory {
	mem := &Memory{measure: m}
	mem.reset()
	return mem
}

func (m *Memory) reset() {
	*m = Memory{measure: m.measure, partial: m.partial, awaits: m.awaits, series: map[*series]*samples{}, seen: map[logID]bool{}, taken: map[ops.Read]bool{}, events: coverage{what: "events"}, sent: coverage{what: "transactions"}}
	for _, s := range m.measure.series {
		m.series[s] = newSamples(s)
	}
	m.streams, m.tallies = streams(m.measure.tallies)
}

// ledgers are all of them, each once.
func (m *Memory) ledgers(do func(*ledger) bool) {
	for _, s := range m.streams {
		for _, l := range s.ledgers {
			if !do(l) {
				return
			}
		}
	}
}

// Partial lets windows that are not yet full be judged by the part there is: what
// happened before the memory began is taken for nothing. Gaps stay UNKNOWN.
func (m *Memory) Partial() { m.partial = true }

// Await says that what happened before the memory began is on its way: until another one has
// it, a window of events or transactions that is not yet full is not judged by its part.
func (m *Memory) Await() { m.awaits = true }

// newest is the block at which the windows end.
func (m *Memory) newest() mark {
	if len(m.recent) == 0 {
		return mark{}
	}
	return m.recent[len(m.recent)-1]
}

// horizon is the oldest time that a reorg may take the chain back to.
func (m *Memory) horizon() int64 { return m.recent[0].time }

// Next judges a block and remembers it. A block that was judged before, or one in
// its place, takes back what came from its height on.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	if at.Hash != m.judged.at.Hash {
		m.parent, m.judged = m.judged, seen{}
	}
	if b := m.block; b.Number+1 == at.Number && !b.Zero() && at.Parent != b.Hash {
		m.reset() // a reorg that nobody told of: how deep it went is not known
	}
	m.Book(at, logs)
	m.Recall(at, now)
	m.judged = seen{at, now}
	f := &m.frame
	*f = Frame{At: at, Now: now, memory: m, stack: f.stack[:0]}
	if m.parent.answers != nil && m.parent.at.Hash == at.Parent {
		f.ParentAt, f.Parent = m.parent.at, m.parent.answers
	}
	for _, of := range m.measure.series {
		s := m.series[of]
		s.drop(at.Number) // of the same block, judged once more
		v, err := of.x.eval(f)
		s.take(markOf(at), v, err, m.horizon())
	}
	return m.measure.judge(f)
}

// Drop forgets the blocks from the number on: a reorg took them back.
func (m *Memory) Drop(from uint64) {
	if from > m.newest().number && from > m.events.through && from > m.sent.through {
		return
	}
	if m.deeper && m.recent[0].number >= from {
		m.reset()
		return
	}
	for len(m.recent) > 0 && m.newest().number >= from {
		m.recent = m.recent[:len(m.recent)-1]
	}
	for _, s := range m.series {
		s.drop(from)
	}
	for l := range m.ledgers {
		l.line.drop(from)
	}
	if m.block.Number >= from {
		m.block = ops.BlockRef{}
		clear(m.seen)
		clear(m.taken)
	}
	if m.judged.at.Number >= from {
		m.judged = seen{}
	}
	m.events.cut(from)
	m.sent.cut(from)
}

package leaving

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/history"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

// Memory is who got what. It belongs to one caller.
type Memory struct {
	of      *Detector
	known   map[common.Address]uint64 // the block in which it got something first
	fresh   map[common.Address]*recipient
	newest  ops.BlockRef
	top     uint64        // the newest block whose events were booked
	booked  map[mark]bool // which of them
	matured time.Time     // when it was last looked who is new no more

	history.History

	holes watch.Holes // the blocks whose inner calls are not known
	args  map[string]string
}

// mark tells one event of a block from another.
type mark struct {
	block common.Hash
	index uint
}

// NewMemory is a memory without a past.
func (d *Detector) NewMemory() *Memory {
	return &Memory{of: d, known: map[common.Address]uint64{}, fresh: map[common.Address]*recipient{}, booked: map[mark]bool{}}
}

// From is the block from which on events have to be booked before the first is judged.
func (m *Memory) From() uint64 {
	if m.of.Ether() {
		return ^uint64(0)
	}
	return m.of.From
}

// Next judges a block and remembers it.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	if at.Number <= m.newest.Number {
		m.Drop(at.Number)
	}
	m.Take(at.Number)
	gap := m.newest.Number > 0 && at.Number > m.newest.Number+1
	if m.of.Ether() {
		m.mature(at.Time.Add(-m.of.Over - reorg))
		m.ether(at, now, gap)
	} else {
		m.Book(at, logs)
	}
	m.newest = at
	who, most := m.largest()
	a := ops.Assessment{Verdict: ops.OK, Observed: most.String(), Relation: "<=", Threshold: m.of.Size.String()}
	m.args = nil
	switch why := m.unread(); {
	case why != "":
		return ops.Assessment{Verdict: ops.Unknown, Why: why}
	case most.Cmp(m.of.Size) > 0:
		a.Verdict, a.Why = ops.Breach, fmt.Sprintf("to %s, which got nothing before #%d", who.Hex(), m.fresh[who].first)
		m.args = map[string]string{"account": who.Hex()}
	}
	return a
}

// unread says why it is not known what left.
func (m *Memory) unread() string {
	if m.of.Ether() {
		return m.holes.After(m.start())
	}
	if blocks := m.Unread(m.of.From, m.newest.Number); blocks != "" {
		return "what left from " + blocks + " was not read"
	}
	return ""
}

func (m *Memory) start() time.Time { return m.newest.Time.Add(-m.of.Over) }

// ether takes in what the watched contracts paid inside the block's transactions.
func (m *Memory) ether(at ops.BlockRef, now ops.Readings, gap bool) {
	if gap {
		m.holes.Add(m.newest.Number+1, at, fmt.Sprintf("what left from #%d to #%d was not read", m.newest.Number+1, at.Number-1))
	}
	for _, w := range m.of.Watched {
		inner, err := calldata.Invoked(now, w.Inner())
		if hash := now[code(w)]; now[w.Inner()].Status == ops.ReadUnable && hash.Status == ops.ReadOK && codeless(hash.Data) {
			err = nil // it runs nothing: what it pays, it sends
		}
		sent, failed := calldata.Invoked(now, w.SentBy())
		if err = cmp.Or(err, failed); err != nil {
			m.holes.Add(at.Number, at, fmt.Sprintf("#%d: %s", at.Number, err))
		}
		for _, c := range slices.Concat(inner, sent) {
			if c.From == w.Address && c.Fate != ops.FateFailed {
				m.pay(at, c.To, c.Value)
			}
		}
	}
}

// codeless reports whether a code hash is that of no code (EIP-1052).
func codeless(hash []byte) bool {
	h := common.BytesToHash(hash)
	return h == common.Hash{} || h == types.EmptyCodeHash
}

// Book takes in the events of a block.
func (m *Memory) Book(at ops.BlockRef, logs []ops.Log) {
	if m.of.Ether() {
		return
	}
	if at.Number < m.top {
		return // read back twice: by who needs all of it, and by who needs a window
	}
	if at.Number > m.top {
		clear(m.booked)
		m.top = at.Number
	}
	if at.Time.After(m.matured.Add(m.of.Over)) {
		m.mature(at.Time.Add(-m.of.Over - reorg))
		m.matured = at.Time
	}
	for _, l := range logs {
		if l.Address != m.of.Token || len(l.Topics) != 3 || l.Topics[0] != m.of.Topic || len(l.Data) != common.HashLength {
			continue
		}
		from, to := common.BytesToAddress(l.Topics[1][:]), common.BytesToAddress(l.Topics[2][:])
		if id := (mark{at.Hash, l.Index}); m.of.Watched.Has(from) && !m.booked[id] {
			m.booked[id] = true
			m.pay(at, to, new(big.Int).SetBytes(l.Data))
		}
	}
}

// Gives is who got the most of what should not have left.
func (m *Memory) Gives() map[string]string { return m.args }

// Drop forgets the blocks from the number on: a reorg took them back.
func (m *Memory) Drop(from uint64) {
	for who, r := range m.fresh {
		n := len(r.payments)
		for n > 0 && r.payments[n-1].number >= from {
			n--
			r.total.Sub(&r.total, r.payments[n].amount)
		}
		if r.payments = r.payments[:n]; n == 0 || r.first >= from {
			delete(m.fresh, who)
		}
	}
	for who, first := range m.known {
		if first >= from {
			delete(m.known, who)
		}
	}
	clear(m.booked)
	if m.top >= from {
		m.top = max(from, 1) - 1
	}
	m.Cut(from)
	m.holes.Drop(from)
	if m.newest.Number >= from {
		m.newest = ops.BlockRef{Number: max(from, 1) - 1, Time: m.newest.Time}
	}
}

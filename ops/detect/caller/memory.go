package caller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// mostSightings bounds what is remembered. Who calls more often is seen by the newest.
const mostSightings = 10_000

// sighting is one call by a listed account.
type sighting struct {
	at      ops.BlockRef
	account common.Address
	of      string // the contract's name
	tx      common.Hash
	inside  bool
}

func (s sighting) String() string {
	how := "directly"
	if s.inside {
		how = "inside a transaction"
	}
	return fmt.Sprintf("%s called %s %s, %s at #%d", s.account.Hex(), s.of, how, s.tx.TerminalString(), s.at.Number)
}

// stretch is a row of blocks that were read without a hole.
type stretch struct {
	first  ops.BlockRef // what came before its time is not known
	next   uint64       // the block that would continue it; 0: there is none
	begun  bool
	broken bool // there was one before it
}

// take continues the stretch by a block, or begins another one there.
func (s *stretch) take(at ops.BlockRef) {
	if s.next == 0 || at.Number != s.next {
		s.first, s.broken = at, s.begun
	}
	s.next, s.begun = at.Number+1, true
}

// lose begins another stretch after a block that could not be read.
func (s *stretch) lose(at ops.BlockRef) { *s = stretch{at, at.Number + 1, true, true} }

func (s *stretch) drop(from uint64) {
	if s.next > from {
		s.next = from
	}
	if from <= s.first.Number {
		s.next = 0
	}
}

// Memory is who called within the window. It belongs to one caller.
type Memory struct {
	of     *Detector
	seen   []sighting // in the order of the blocks
	direct stretch    // of blocks whose transactions are known
	dark   string     // why those of the newest block are not
	inside stretch    // of blocks whose inner calls are known
	failed string     // why inner calls of a block in the window are not known
	lost   ops.BlockRef
	unable string // why inner calls are not seen at all, at the newest block
	newest ops.BlockRef
}

// NewMemory is a memory without a past.
func (d *Detector) NewMemory() *Memory { return &Memory{of: d} }

// Next judges a block and remembers it.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, _ []ops.Log) ops.Assessment {
	m.newest = at
	m.Recall(at, now)
	m.inner(at, now)
	m.forget(at.Time.Add(-m.of.Over))
	a := ops.Assessment{Verdict: ops.OK, Observed: "0", Relation: "=", Threshold: "0", Source: m.source()}
	called, why := m.within(), m.unread()
	switch {
	case len(called) > 0:
		a.Verdict, a.Observed = ops.Breach, fmt.Sprint(len(called))
		a.Why = called[len(called)-1].String()
		if n := len(called) - 1; n > 0 {
			a.Why += fmt.Sprintf(", and %d more", n)
		}
	case why != "":
		a = ops.Assessment{Verdict: ops.Unknown, Why: why, Source: a.Source}
	case m.failed != "" && m.lost.Time.After(m.start()):
		a = ops.Assessment{Verdict: ops.Unknown, Why: fmt.Sprintf("calls inside the transactions of #%d: %s", m.lost.Number, m.failed), Source: a.Source}
	}
	return a
}

func (m *Memory) start() time.Time { return m.newest.Time.Add(-m.of.Over) }

// source says what is watched and how much of it is seen, where that is not all.
func (m *Memory) source() string {
	switch {
	case m.unable != "":
		return m.of.Source() + "; direct ones only: " + m.unable
	case m.inside.first.Time.After(m.start()):
		return fmt.Sprintf("%s; those inside transactions since #%d", m.of.Source(), m.inside.first.Number)
	}
	return ""
}

// within are the calls of the window that ends at the newest block.
func (m *Memory) within() []sighting {
	i, _ := slices.BinarySearchFunc(m.seen, m.start(), func(s sighting, t time.Time) int {
		if s.at.Time.After(t) {
			return 1
		}
		return -1
	})
	return m.seen[i:]
}

// Gives is who called last, where it is a breach.
func (m *Memory) Gives() map[string]string {
	called := m.within()
	if len(called) == 0 {
		return nil
	}
	return map[string]string{"account": called[len(called)-1].account.Hex()}
}

// unread says why it is not known that nobody called directly in the window.
func (m *Memory) unread() string {
	if m.dark != "" {
		return m.dark
	}
	d := m.direct
	if (d.broken || !m.of.Partial) && d.first.Number > 0 && d.first.Time.After(m.start()) {
		return fmt.Sprintf("the transactions of blocks before #%d, in the window of %s, were not read", m.newest.Number, m.of.Over)
	}
	return ""
}

// Recall takes in the transactions of a block: of all contracts, or the block is not known.
func (m *Memory) Recall(at ops.BlockRef, now ops.Readings) {
	m.Drop(at.Number)
	n := len(m.seen)
	for _, w := range m.of.Watched {
		found, err := invocations(now, w.sent())
		if err != nil {
			m.seen, m.dark = m.seen[:min(n, len(m.seen))], fmt.Sprintf("#%d: %s", at.Number, err)
			m.direct.lose(at)
			return
		}
		m.note(at, w, found, false)
	}
	m.dark = ""
	m.direct.take(at)
}

// inner takes in the calls inside the block's transactions.
func (m *Memory) inner(at ops.BlockRef, now ops.Readings) {
	m.unable = ""
	for _, w := range m.of.Watched {
		r := now[w.inner()]
		if r.Status == ops.ReadUnable {
			m.unable, m.inside = r.Err, stretch{begun: true}
			return
		}
		found, err := invocations(now, w.inner())
		if err != nil {
			m.failed, m.lost = err.Error(), at
			m.inside.lose(at)
			return
		}
		m.note(at, w, found, true)
	}
	m.inside.take(at)
}

func (m *Memory) note(at ops.BlockRef, w Watched, found []ops.Invocation, inside bool) {
	for _, i := range found {
		if m.of.Accounts[i.From] && i.To == w.Address {
			m.seen = append(m.seen, sighting{at, i.From, w.Name, i.Tx, inside})
		}
	}
	if n := len(m.seen) - mostSightings; n > 0 {
		m.seen = slices.Delete(m.seen, 0, n)
	}
}

func invocations(now ops.Readings, r ops.Read) ([]ops.Invocation, error) {
	reading, ok := now[r]
	if !ok || reading.Status != ops.ReadOK {
		return nil, fmt.Errorf("%s are not known%s", r.Name, strings.TrimSuffix(": "+reading.Err, ": "))
	}
	out, err := calldata.Invocations(reading.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	return out, nil
}

// reorg is how long a sighting outlives its window: a reorg may take the chain back.
const reorg = time.Hour

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
	if m.lost.Number >= from {
		m.failed, m.lost = "", ops.BlockRef{}
	}
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

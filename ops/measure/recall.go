package measure

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// Recall takes in the transactions of a block that is not judged. A block of which
// they were not read is a gap, and so is one that nobody recalls.
func (m *Memory) Recall(at ops.BlockRef, now ops.Readings) {
	sent := m.measure.sent
	if len(sent) == 0 {
		return
	}
	b := m.begin(at)
	m.sent.reach(b, m.recent, m.horizon()-m.measure.longestOfCalls)
	for _, r := range sent {
		if m.taken[r] {
			continue
		}
		if err := m.invoked(b, now, r); err != nil {
			m.sent.gap(b.number, b.number, err.Error(), m.recent)
			continue
		}
		m.taken[r] = true
	}
	m.advance(b)
}

// invoked books the calls of a block that one read tells of: all of them, or it is an error.
func (m *Memory) invoked(at mark, now ops.Readings, r ops.Read) error {
	reading, err := answered(now, r)
	if err != nil {
		return err
	}
	for _, t := range m.ledgers {
		if t.of.source.sent != r {
			continue
		}
		calls, err := calldata.Select(reading.Data, func(_ common.Address, data []byte) bool { return bytes.HasPrefix(data, t.of.source.method.ID) })
		if err != nil { // for one as for all
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		for _, i := range calls {
			t.invoke(at, i)
		}
	}
	return nil
}

// invoke books a transaction that calls the function.
func (l *ledger) invoke(at mark, i ops.Invocation) {
	f, calls := l.of.source.arguments(i)
	if !calls || l.of.what == tallyFailed && i.Fate == ops.FateDone {
		return
	}
	counts, err := l.counts(&f)
	if err == nil && l.of.what == tallyFailed && i.Fate == ops.FateUnasked {
		err = errors.New("how it ended was not said")
	}
	switch {
	case err != nil:
		err = fmt.Errorf("transaction %d of block #%d could not be judged: %w", i.Index, at.number, err)
		l.line.push(noted{mark: at, why: err})
	case counts:
		l.line.push(noted{mark: at, key: i.Tx})
	}
}

// Failures are the transactions that failed in the windows of failed(…): how many, and the
// newest of them, at most so many. Whether the condition is in breach by them, who asks knows.
func (m *Memory) Failures(most int, _ bool) (all int, newest []common.Hash) {
	for _, t := range m.measure.tallies {
		if t.what != tallyFailed {
			continue
		}
		counted := m.tallies[t].line.counted()
		all += len(counted)
		for _, e := range counted[max(0, len(counted)-most):] {
			newest = append(newest, e.key)
		}
	}
	return all, newest[max(0, len(newest)-most):]
}

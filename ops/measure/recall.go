package measure

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// Recall takes in the transactions of a block that is not judged. A block of which
// they were not read is a gap, and so is one that nobody recalls.
func (m *Memory) Recall(at ops.BlockRef, now ops.Readings) {
	sent := m.measure.sent()
	if len(sent) == 0 {
		return
	}
	b := m.begin(at)
	m.sent.reach(b, m.recent, m.horizon()-int64(m.measure.LongestOfCalls().Seconds()))
	for _, r := range sent {
		if m.taken[r] {
			continue
		}
		invocations, err := invocationsOf(now, r)
		if err != nil {
			m.sent.gap(b.number, b.number, err.Error(), m.recent)
			continue
		}
		m.taken[r] = true
		for _, t := range m.tallies {
			if t.of.source.sent != r {
				continue
			}
			for _, i := range invocations {
				t.invoke(b, i)
			}
		}
	}
	m.advance(b)
}

// sent lists, once each, the reads of transactions.
func (m *Measure) sent() []ops.Read {
	var out []ops.Read
	for _, r := range m.reads {
		if r.Kind == ops.ReadSent {
			out = append(out, r)
		}
	}
	return out
}

func invocationsOf(now ops.Readings, r ops.Read) ([]ops.Invocation, error) {
	reading, err := answered(now, r)
	if err != nil {
		return nil, err
	}
	out, err := calldata.Invocations(reading.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	return out, nil
}

// invoke books a transaction that calls the function.
func (l *ledger) invoke(at mark, i ops.Invocation) {
	values, calls := l.of.source.arguments(i)
	if !calls || l.of.what == tallyFailed && i.Fate == ops.FateDone {
		return
	}
	counts, err := l.counts(values)
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

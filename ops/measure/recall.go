package measure

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

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
	for _, s := range m.streams {
		if s.of.source.sent != r {
			continue
		}
		calls, err := calldata.Select(reading.Data, func(_ common.Address, data []byte) bool { return bytes.HasPrefix(data, s.of.source.method.ID) })
		if err != nil { // for one as for all
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		for _, i := range calls {
			s.invoke(at, i)
		}
	}
	return nil
}

// Failures are the transactions that failed in the windows of failed(…): how many, and the
// newest of them, at most so many. Whether the condition is in breach by them, who asks knows.
func (m *Memory) Failures(most int, _ bool) (all int, newest []common.Hash) {
	var last []noted
	for l := range m.ledgers {
		if l.of.what == tallyFailed {
			counted := l.line.counted()
			all, last = all+len(counted), append(last, counted[max(0, len(counted)-most):]...)
		}
	}
	slices.SortStableFunc(last, func(a, b noted) int { return cmp.Compare(a.number, b.number) })
	for _, e := range last[max(0, len(last)-most):] {
		newest = append(newest, e.key)
	}
	return all, newest
}

package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// pasts is a chain of which Sent gives what a test says.
type pasts struct {
	rangeless
	sent func(from, to uint64) ([][]ops.Reading, error)
}

func (p pasts) Sent(_ context.Context, from, to uint64, _ []ops.Read) ([][]ops.Reading, error) {
	return p.sent(from, to)
}

func (p pasts) Logs(context.Context, uint64, uint64, chain.Filter) ([]ops.Log, error) {
	return []ops.Log{{Block: blockOf(150, 0)}, {Block: blockOf(150, 0), Index: 1}, {Block: blockOf(199, 0)}}, nil
}

// tellings is a memory that notes what it is told, in order.
type tellings struct {
	detect.Memory
	sentFrom uint64
	blocks   []uint64
	logs     int
}

func (m *tellings) SentFrom(at ops.BlockRef)               { m.sentFrom = at.Number }
func (m *tellings) CompleteFrom(ops.BlockRef)              {}
func (m *tellings) Through(uint64)                         {}
func (m *tellings) Recall(at ops.BlockRef, _ ops.Readings) { m.blocks = append(m.blocks, at.Number) }
func (m *tellings) Book(at ops.BlockRef, logs []ops.Log) {
	m.logs += len(logs)
	m.blocks = append(m.blocks, at.Number)
}
func (m *tellings) Next(ops.BlockRef, ops.Readings, []ops.Log) ops.Assessment {
	return ops.Assessment{Verdict: ops.OK}
}

// History is told block by block, events and transactions together; transactions that
// are not whole, or end in another block than the parent, are not told at all.
func TestHistoryIsToldInTheOrderOfTheBlocks(t *testing.T) {
	at := blockOf(200, 0)
	at.Time, at.Parent = time.Unix(1_000_000, 0), common.Hash{7}
	whole := func(from, to uint64) ([][]ops.Reading, error) {
		var out [][]ops.Reading
		for n := from; n <= to; n++ {
			b := ops.BlockRef{Number: n, Hash: common.Hash{1}}
			if n == to {
				b.Hash = at.Parent
			}
			out = append(out, []ops.Reading{{At: b}})
		}
		return out, nil
	}
	for name, c := range map[string]struct {
		sent   func(from, to uint64) ([][]ops.Reading, error)
		blocks int
	}{
		"whole":     {whole, 199 + 2},
		"refused":   {func(uint64, uint64) ([][]ops.Reading, error) { return nil, errors.New("more than 3600 blocks") }, 2},
		"too short": {func(from, to uint64) ([][]ops.Reading, error) { return whole(from, to-1) }, 2},
		"another fork": {func(from, to uint64) ([][]ops.Reading, error) {
			out, err := whole(from, to)
			out[len(out)-1][0].At.Hash = common.Hash{9}
			return out, err
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := &tellings{}
			e := engineOf(detect.Invariant{ID: "A1", For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory { return m }})
			e.Rules.longest, e.Rules.called, e.Chain = time.Hour, []time.Duration{time.Hour}, pasts{sent: c.sent}
			e.Rules.steady = []ops.Read{{Kind: ops.ReadSent}}
			e.fill(t.Context(), at)
			if len(m.blocks) != c.blocks || m.logs != 3 || (m.sentFrom == 1) != (c.blocks > 2) {
				t.Errorf("told of %d blocks and %d logs, transactions from #%d", len(m.blocks), m.logs, m.sentFrom)
			}
			for i := range len(m.blocks) - 1 {
				if m.blocks[i] > m.blocks[i+1] {
					t.Fatalf("#%d was told before #%d", m.blocks[i], m.blocks[i+1])
				}
			}
		})
	}
}

// everySecond is a chain of a block each second.
type everySecond struct {
	pasts
	from *uint64
}

func (d everySecond) Before(_ context.Context, t time.Time, until ops.BlockRef) (ops.BlockRef, error) {
	b := blockOf(until.Number-uint64(until.Time.Sub(t).Seconds()), 0)
	*d.from = b.Number
	return b, nil
}

// clouded knows no block of long ago.
type clouded struct{ everySecond }

func (c clouded) Before(ctx context.Context, t time.Time, until ops.BlockRef) (ops.BlockRef, error) {
	if until.Time.Sub(t) > 30*time.Minute {
		return ops.BlockRef{}, errors.New("its headers are pruned")
	}
	return c.everySecond.Before(ctx, t, until)
}

// Nor does one of which it cannot be said where it begins.
func TestAWindowWithoutABeginningSpoilsNoOther(t *testing.T) {
	at := blockOf(200_000, 0)
	at.Time, at.Parent = time.Unix(1_000_000, 0), common.Hash{7}
	m, from := &tellings{}, uint64(0)
	e := engineOf(detect.Invariant{ID: "A1", For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory { return m }})
	e.Rules.called, e.Rules.steady = []time.Duration{time.Hour, time.Minute}, []ops.Read{{Kind: ops.ReadCreated}}
	e.Chain = clouded{everySecond{pasts{sent: func(from, to uint64) ([][]ops.Reading, error) {
		out := make([][]ops.Reading, to-from+1)
		for i := range out {
			out[i] = []ops.Reading{{At: ops.BlockRef{Number: from + uint64(i), Hash: at.Parent}}}
		}
		return out, nil
	}}, &from}}
	e.fill(t.Context(), at)
	if m.sentFrom != 200_000-60 || len(m.blocks) != 60 {
		t.Errorf("transactions from #%d, %d blocks", m.sentFrom, len(m.blocks))
	}
}

// A window that is longer than what is read back does not leave the others without theirs.
func TestAWindowThatIsTooLongSpoilsNoOther(t *testing.T) {
	at := blockOf(200_000, 0)
	at.Time, at.Parent = time.Unix(1_000_000, 0), common.Hash{7}
	m, from := &tellings{}, uint64(0)
	e := engineOf(detect.Invariant{ID: "A1", For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory { return m }})
	e.Rules.called = []time.Duration{0, time.Minute, 24 * time.Hour, time.Hour, 24 * time.Hour}
	e.Rules.steady = []ops.Read{{Kind: ops.ReadCreated}}
	e.Chain = everySecond{pasts{sent: func(from, to uint64) ([][]ops.Reading, error) {
		out := make([][]ops.Reading, to-from+1)
		for i := range out {
			out[i] = []ops.Reading{{At: ops.BlockRef{Number: from + uint64(i), Hash: at.Parent}}}
		}
		return out, nil
	}}, &from}
	e.fill(t.Context(), at)
	if m.sentFrom != 200_000-3600 || len(m.blocks) != 3600 || from != m.sentFrom {
		t.Errorf("transactions from #%d, %d blocks", m.sentFrom, len(m.blocks))
	}
}

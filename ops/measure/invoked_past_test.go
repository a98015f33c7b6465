package measure_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// Blocks come late, twice, not at all, and are taken back; whatever happens, calls are
// those that a look at the whole chain counts.
func TestCallsAgreeWithTheWholeChainWhateverHappens(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 5))
	p := counting(t, "calls(teller.withdraw, 90s, assets > 3) >= 0")
	type block struct {
		at    ops.BlockRef
		sent  []ops.Invocation
		known bool
	}
	var chain []block
	known := 0
	for step := range 6_000 {
		reorg := len(chain) > 40 && random.IntN(12) == 0
		if reorg {
			chain = chain[:len(chain)-1-random.IntN(8)]
		}
		b := block{at: ops.BlockRef{Number: 1, Hash: common.Hash{0: 1, 31: 1}}}
		if n := len(chain); n > 0 {
			before := chain[n-1].at
			b.at.Number, b.at.Parent, b.at.Time = before.Number+1, before.Hash, before.Time.Add(time.Duration(1+random.IntN(25))*time.Second)
			b.at.Hash = common.BigToHash(big.NewInt(int64(step) + 2))
		}
		for range random.IntN(4) {
			b.sent = append(b.sent, by(1, 0, call(t, "withdraw", word(int64(random.IntN(9))), sender(1), word(0))))
		}
		way := random.IntN(20)
		if len(chain) == 0 {
			way = 9
		}
		b.known = way > 1
		chain = append(chain, b)
		if reorg && (way < 1 || random.IntN(2) == 0) {
			p.mem.Drop(b.at.Number)
		}
		switch way {
		case 0: // nobody speaks of it
		case 1: // its transactions could not be read
			p.mem.Next(b.at, ops.Readings{}, nil)
		case 2, 3: // history
			p.mem.Recall(b.at, p.sentTo(b.at, b.sent...))
		default:
			var a ops.Assessment
			for range 1 + random.IntN(2) {
				a = p.mem.Next(b.at, p.sentTo(b.at, b.sent...), nil)
			}
			want, start := 0, b.at.Time.Unix()-90
			whole := chain[0].at.Time.Unix() <= start
			for i, c := range chain {
				if c.at.Time.Unix() > start {
					for _, s := range c.sent {
						if s.Data[35] > 3 {
							want++
						}
					}
				}
				if i > 0 && !chain[i-1].known && c.at.Time.Unix() > start { // it lies before the time of this one
					whole = false
				}
			}
			switch {
			case whole && (a.Verdict == ops.Unknown || a.Observed != fmt.Sprint(want)):
				t.Fatalf("step %d, block %d: %s %s (%s), want %d", step, b.at.Number, a.Verdict, a.Observed, a.Why, want)
			case !whole && a.Verdict != ops.Unknown:
				t.Fatalf("step %d, block %d: %s, and a part of the window is missing", step, b.at.Number, a.Observed)
			case whole:
				known++
			}
		}
	}
	if known < 500 {
		t.Errorf("only %d blocks were known: the test tests nothing", known)
	}
}

// Whatever stands in a reading, or in calldata, nothing panics, and nothing is called
// zero that was not read.
func FuzzInvocations(f *testing.F) {
	f.Add([]byte{1}, []byte{2})
	f.Add(calldata.Record([]ops.Invocation{by(1, 2, call(f, "withdraw", word(5), sender(1), word(0)))}), call(f, "multicall", word(64), word(1), word(0)))
	m, err := measure.CompileCondition("calls(teller.withdraw, 60s, assets > 1) + calls(teller.multicall, 60s, deadline > 0) < 9", counter)
	if err != nil {
		f.Fatal(err)
	}
	p := &tape{f, m, nil}
	f.Fuzz(func(t *testing.T, record, data []byte) {
		mem := m.NewMemory()
		mem.SentFrom(blockAt(0, 0))
		now := p.sentTo(blockAt(1, 100), by(1, 1, data), by(1, 1, append(call(t, "multicall"), data...)), by(1, 1, append(call(t, "withdraw"), data...)))
		if a := mem.Next(blockAt(1, 100), now, nil); a.Verdict == ops.Unknown {
			t.Fatalf("hostile calldata spoils the rest: %s", a.Why)
		}
		for r := range now {
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: record}
		}
		read, err := calldata.Invocations(record)
		if err == nil && string(calldata.Record(read)) != string(record) {
			t.Fatal("what is written down again is something else")
		}
		if a := mem.Next(blockAt(2, 110), now, nil); (err != nil) != (a.Verdict == ops.Unknown) {
			t.Fatalf("%v, and it is %s: %s", err, a.Verdict, a.Why)
		}
	})
}

package measure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

func TestAMemoryOfTooManyBlocksSaysSo(t *testing.T) {
	for _, source := range []string{"max(vault.totalAssets(), 30d) >= 0", "change(vault.totalAssets(), 30d) >= 0"} {
		p := record(t, source)
		p.mem.Partial()
		answer := p.held(7)
		var last string
		for n := uint64(1); n <= 100_002; n++ {
			a := p.mem.Next(blockAt(n, int64(n)), answer, nil)
			if last = a.Why; n <= 100_000 && a.Verdict != ops.OK {
				t.Fatalf("%s at #%d: %+v", source, n, a)
			}
		}
		if last != "the window of 720h holds more than 100000 blocks" {
			t.Errorf("%s: %s", source, last)
		}
		p.want(blockAt(100_003, 100_002+30*24*3600), 7, map[bool]string{true: "7", false: "0"}[strings.HasPrefix(source, "max")])
	}
}

func TestAMemoryOfTooManyEventsSaysSo(t *testing.T) {
	p := record(t, "distinct(bank.Withdraw.owner, 1h) > 0")
	p.mem.Partial()
	at := blockAt(1, 0)
	logs := make([]ops.Log, 200_001)
	for i := range logs {
		logs[i] = withdraw(at, uint(i), 1, 5)
	}
	p.want(at, 1, "1", logs[:200_000]...)
	p.want(blockAt(2, 12), 1, "1")
	p.mem.Drop(1)
	p.want(at, 1, "? the window of 1h holds more than 200000 events", logs...)
	p.want(blockAt(2, 3_599), 1, "? the window of 1h holds more than 200000 events")
	p.want(blockAt(3, 3_600), 1, "0")
}

// A reorg of 256 blocks is taken back exactly; a deeper one begins anew.
func TestAReorgDeeperThanWhatIsRememberedBeginsAnew(t *testing.T) {
	for depth, want := range map[uint64]string{200: "2", 255: "2", 256: "? the window of 1m is full in 1m", 300: "? the window of 1m is full in 1m"} {
		p := record(t, counted)
		for n := uint64(1); n <= 400; n++ {
			at := blockAt(n, int64(n)*30)
			p.next(at, 1, withdraw(at, 0, 1, 5), withdraw(at, 1, 1, 5))
		}
		from := 400 - depth + 1
		other := ops.BlockRef{Number: from, Parent: blockHash(from - 1), Hash: common.Hash{9}, Time: time.Unix(int64(from)*30+29, 0)}
		p.want(other, 1, want) // two of the block before, which had left the window long ago
	}
}

func TestAReorgThatNobodyToldOfBeginsAnew(t *testing.T) {
	p := record(t, counted)
	for n := uint64(1); n <= 9; n++ {
		p.next(blockAt(n, int64(n)*30), 1)
	}
	other := blockAt(10, 300)
	other.Parent = common.Hash{9}
	p.want(other, 1, "? the window of 1m is full in 1m")
	backwards := blockAt(11, 299)
	backwards.Parent = other.Hash
	p.want(backwards, 1, "? the window of 1m is full in 1m")
	p.want(blockAt(12, 359), 1, "0")
}

// bench judges as many conditions as a large policy has, block by block.
func bench(b *testing.B, source string) {
	const invariants = 1_000
	m, err := measure.CompileCondition(source, past)
	if err != nil {
		b.Fatal(err)
	}
	p := &tape{b, m, nil}
	memories := make([]*measure.Memory, invariants)
	for i := range memories {
		memories[i] = m.NewMemory()
		memories[i].Partial()
	}
	answer, n := p.held(998), uint64(0)
	answer[m.Reads()[0]] = ops.Reading{Read: m.Reads()[0], Status: ops.ReadOK, Data: word(998)}
	block := func() {
		n++
		at := blockAt(n, int64(n)*12)
		logs := []ops.Log{withdraw(at, 0, byte(n), 5)}
		for _, mem := range memories {
			if a := mem.Next(at, answer, logs); a.Verdict != ops.OK {
				b.Fatalf("%+v", a)
			}
		}
	}
	for range 310 { // the windows of an hour are full
		block()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		block()
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*invariants), "ns/finding")
}

func BenchmarkAThousandPlain(b *testing.B) { bench(b, "vault.totalAssets() >= 0.999") }
func BenchmarkAThousandOverAnHour(b *testing.B) {
	for name, source := range map[string]string{
		"avg": "avg(vault.totalAssets(), 1h) >= 0.999", "max": "max(vault.totalAssets(), 1h) >= 0.999", "change": "change(vault.totalAssets(), 1h) + vault.totalAssets() > 0",
		"sum":       "sum(bank.Withdraw.assets, 1h) + vault.totalAssets() > 0",
		"top_share": "top_share(bank.Withdraw.assets, owner, 3, 1h) + vault.totalAssets() > 0",
	} {
		b.Run(name, func(b *testing.B) { bench(b, source) })
	}
}

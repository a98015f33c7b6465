package measure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

const counted = "count(bank.Withdraw, 60s) < 9"

func TestHistoryThatWasReadBackFillsTheWindow(t *testing.T) {
	p := record(t, counted)
	p.mem.CompleteFrom(blockAt(10, 1_000))
	p.mem.Through(19)
	p.mem.Book(blockAt(12, 1_030), []ops.Log{withdraw(blockAt(12, 1_030), 0, 1, 5), withdraw(blockAt(12, 1_030), 1, 1, 5)})
	p.mem.Book(blockAt(14, 1_050), []ops.Log{withdraw(blockAt(14, 1_050), 0, 1, 5)})
	p.want(blockAt(20, 1_060), 1, "3")
	p.want(blockAt(21, 1_090), 1, "1")

	p = record(t, counted) // the same, but nobody says that 15 to 19 held nothing
	p.mem.CompleteFrom(blockAt(10, 1_000))
	p.mem.Book(blockAt(12, 1_030), nil)
	p.want(blockAt(20, 1_060), 1, "? the events of blocks #10 to #11, in the window of 1m, were not read")
	p.want(blockAt(21, 1_095), 1, "? the events of blocks #13 to #19, in the window of 1m, were not read")
	p.want(blockAt(22, 1_119), 1, "? the events of blocks #13 to #19, in the window of 1m, were not read")
	p.want(blockAt(23, 1_120), 1, "0")

	p = record(t, counted)
	p.mem.CompleteFrom(blockAt(10, 1_001))
	p.mem.Through(19)
	p.want(blockAt(20, 1_060), 1, "? the window of 1m is full in 1s")
}

func TestWhatWasReadBackIsTakenBackByAReorg(t *testing.T) {
	p := record(t, counted)
	p.mem.CompleteFrom(blockAt(10, 1_000))
	p.mem.Through(19)
	p.mem.Drop(15)
	p.want(blockAt(20, 1_060), 1, "? the events of blocks #15 to #19, in the window of 1m, were not read")
	p = record(t, counted)
	p.mem.CompleteFrom(blockAt(10, 1_000))
	p.mem.Through(19)
	p.mem.Drop(5)
	p.want(blockAt(20, 1_060), 1, "? the window of 1m is full in 1m")
}

func TestAGapIsUnknownUntilItLeavesTheWindow(t *testing.T) {
	p := record(t, counted)
	p.next(blockAt(1, 0), 1)
	p.want(blockAt(2, 100), 1, "0")
	p.mem.Gap(2, 2) // its logs came with an error, say
	p.want(blockAt(3, 112), 1, "? the events of blocks #2 to #2, in the window of 1m, were not read")
	p.want(blockAt(4, 171), 1, "? the events of blocks #2 to #2, in the window of 1m, were not read")
	p.want(blockAt(5, 172), 1, "0")
	p.mem.Gap(6, 6) // before it is judged: some of its logs are missing
	p.want(blockAt(6, 180), 1, "? the events of blocks #6 to #6, in the window of 1m, were not read")
	p.want(blockAt(7, 239), 1, "? the events of blocks #6 to #6, in the window of 1m, were not read")
	p.mem.Drop(6)
	p.mem.Gap(9, 8) // nothing
	p.want(blockAt(6, 180), 1, "0")
	for n := uint64(1_000); n < 400_000; n += 100 {
		p.mem.Gap(n, n) // thousands of gaps are remembered as few, wider ones
	}
	if got := p.next(blockAt(400_000, 181), 1); !strings.HasPrefix(got, "? the events of blocks #2 to") {
		t.Error(got)
	}
	p.mem.Through(400_000)
	p.want(blockAt(400_001, 242), 1, "0")
}

func TestAPartialWindowStillKnowsItsGaps(t *testing.T) {
	p := record(t, counted)
	p.mem.Partial()
	p.want(blockAt(1, 0), 1, "1", withdraw(blockAt(1, 0), 0, 1, 5))
	p.want(blockAt(3, 10), 1, "? the events of blocks #2 to #2, in the window of 1m, were not read")
}

func TestAPartialWindowIsNotJudgedWhileTheRestIsOnItsWay(t *testing.T) {
	p := record(t, counted)
	p.mem.Partial()
	p.mem.Await()
	if got := p.next(blockAt(1, 0), 1, withdraw(blockAt(1, 0), 0, 1, 5)); !strings.HasPrefix(got, "? ") {
		t.Error(got)
	}
	p.want(blockAt(2, 61), 1, "0") // it has become full by itself
}

func TestALogCountsOnceAndOnlyInItsBlock(t *testing.T) {
	p := record(t, counted)
	p.mem.Partial()
	at := blockAt(2, 12)
	twin := withdraw(at, 0, 1, 5)
	twin.Tx = common.Hash{2} // another transaction's
	p.mem.Book(at, []ops.Log{withdraw(at, 0, 1, 5)})
	p.want(at, 1, "2", withdraw(at, 0, 1, 5), twin, withdraw(at, 0, 1, 5))
	p.want(at, 1, "2", twin)
	p.want(blockAt(3, 24), 1, "? log 0 of block #3 could not be read: it is of another block", withdraw(at, 0, 1, 5))
}

func TestALogThatDoesNotMatchTheABIIsNeverSkipped(t *testing.T) {
	at := blockAt(2, 60)
	good := withdraw(at, 4, 1, 5)
	for name, spoil := range map[string]func(*ops.Log){
		"a topic too few":       func(l *ops.Log) { l.Topics = l.Topics[:1] },
		"a topic too many":      func(l *ops.Log) { l.Topics = append(l.Topics, common.Hash{}) },
		"no data":               func(l *ops.Log) { l.Data = nil },
		"a byte too few":        func(l *ops.Log) { l.Data = l.Data[:95] },
		"a byte too many":       func(l *ops.Log) { l.Data = append(l.Data, 0) },
		"an owner out of range": func(l *ops.Log) { l.Topics[1] = common.Hash{0: 1} },
		"a bool of 2":           func(l *ops.Log) { l.Data = slices.Concat(word(5), word(2), word(9)) },
		"a uint64 of 65 bits":   func(l *ops.Log) { l.Data = slices.Concat(word(5), word(1), common.Hash{23: 1}.Bytes()) },
	} {
		bad := good
		bad.Topics = slices.Clone(good.Topics)
		spoil(&bad)
		bad.Index = 6
		p := record(t, counted)
		p.next(blockAt(1, 0), 1)
		if got := p.next(at, 1, good, bad); !strings.HasPrefix(got, "? log 6 of block #2 could not be read: ") {
			t.Errorf("%s: %s", name, got)
		}
		if got := p.next(blockAt(3, 119), 1); !strings.HasPrefix(got, "? log 6 of block #2") {
			t.Errorf("%s: %s", name, got)
		}
		p.want(blockAt(4, 120), 1, "0")
	}
	p := record(t, counted) // what is another's event is nobody's fault
	p.next(blockAt(1, 0), 1)
	p.want(at, 1, "0", ops.Log{Block: at, Address: bank}, ops.Log{Block: at, Address: vault, Topics: good.Topics, Index: 1}, ops.Log{Block: at, Address: bank, Topics: []common.Hash{{5}}, Index: 2})
}

func TestAFilterLooksAtTheFieldsOfEachEvent(t *testing.T) {
	in := past
	in.Names = map[string]measure.Value{"treasury": measure.AddressValue(common.Address{19: 1}), "limit": measure.NumberValue(ratOf(10))}
	for filter, want := range map[string]string{
		"owner == treasury":                           "16",
		"owner != treasury && assets >= limit":        "20",
		"owner == treasury || within(assets, 19, 21)": "36",
		"assets > cap":                                "30", // cap is 9
		"!forced":                                     "38",
		"max(assets, 7) == 7":                         "8",
		"owner == bank":                               "0",
		"1 / (assets - 6) > 0":                        "? log 1 of block #1 could not be read: division by zero",
	} {
		m, err := measure.CompileCondition("sum(bank.Withdraw.assets, 60s, "+filter+") < 100", in)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		mem := m.NewMemory()
		mem.Partial()
		at := blockAt(1, 0)
		a := mem.Next(at, nil, []ops.Log{withdraw(at, 0, 1, 10), withdraw(at, 1, 1, 6), withdraw(at, 2, 2, 20), withdraw(at, 3, 3, 2)})
		got := a.Observed
		if a.Verdict == ops.Unknown {
			got = "? " + a.Why
		}
		if got != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
}

func TestAMeasureTellsWhichEventsItNeedsAndHowFarBack(t *testing.T) {
	m, err := measure.Compile("count(bank.Withdraw, 10m) + sum(bank.Withdraw.assets, 2h) + count(bank.Moved, 1m) + avg(vault.totalAssets(), 7d)", past)
	if err != nil {
		t.Fatal(err)
	}
	if m.Longest() != 2*time.Hour || len(m.Events()) != 2 || m.Events()[0] != (measure.Event{Address: bank, Topic: past.Contracts["bank"].ABI.Events["Withdraw"].ID}) {
		t.Errorf("%v %v", m.Longest(), m.Events())
	}
	if len(m.Reads()) != 1 {
		t.Errorf("%v", m.Reads())
	}
}

func TestAnIndexedNumberMayBeNegative(t *testing.T) {
	m, err := measure.CompileCondition("sum(bank.Moved.delta, 60s) > 0", past)
	if err != nil {
		t.Fatal(err)
	}
	mem := m.NewMemory()
	mem.Partial()
	at, e := blockAt(1, 0), past.Contracts["bank"].ABI.Events["Moved"]
	moved := func(i uint, n int64) ops.Log {
		return ops.Log{Block: at, Address: bank, Topics: []common.Hash{e.ID, common.BytesToHash(word(n))}, Data: slices.Concat(word(32), word(0)), Index: i}
	}
	if a := mem.Next(at, nil, []ops.Log{moved(0, -9), moved(1, 4)}); a.Observed != "-5" {
		t.Errorf("%+v", a)
	}
}

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

func TestEveryMistakeInALookBackIsShownWhereItStands(t *testing.T) {
	in := past
	in.Names = map[string]measure.Value{"owner": measure.AddressValue(vault), "hour": measure.DurationValue(time.Hour), "assetsMax": measure.NumberValue(ratOf(5))}
	named, faults := measure.CompileMeasures(map[string]string{"mean": "avg(vault.totalAssets(), 1h)", "forced": "vault.totalAssets() > 1", "tvl": "vault.totalAssets()"}, in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in.Measures = named
	for _, c := range []struct {
		source string
		column int
		want   string
	}{
		{"change(vault.totalAssets())", 1, "change wants 2 arguments, not 1"},
		{"change(vault.totalAssets(), 5)", 29, "the length of a window is a duration"},
		{"change(vault.totalAssets(), tvl)", 29, "the length of a window is a duration"},
		{"change(vault.totalAssets(), 0s)", 29, "a window is from 1s to 30d long"},
		{"change(vault.totalAssets(), 31d)", 29, "a window is from 1s to 30d long"},
		{"avg(5, 1h)", 5, "the argument of avg never changes"},
		{"avg(vault.owner(), 1h)", 11, "avg looks back at numbers, not an address"},
		{"avg(vault.totalAssets() / vault.totalSupply(), 1h)", 25, "has no end of digits"},
		{"avg(bps(1, vault.totalSupply()), 1h)", 5, "has no end of digits"},
		{"avg(max(vault.totalAssets(), 1h), 2h)", 5, "max stands inside avg"},
		{"prev(avg(vault.totalAssets(), 2h))", 6, "avg stands inside prev"},
		{"prev(count(bank.Withdraw, 2h))", 6, "count stands inside prev"},
		{"max(count(bank.Withdraw, 2h), 1h)", 5, "count stands inside max"},
		{"prev(mean)", 6, "mean stands inside prev"},
		{"max(mean, 1h)", 5, "mean stands inside max"},
		{"count(bank.Withdraw)", 1, "count wants 2 or 3 arguments, not 1"},
		{"count(bank, 1h)", 7, "an event is wanted"},
		{"count(bnk.Withdraw, 1h)", 7, `no contract is called "bnk"`},
		{"count(bank.Withdrew, 1h)", 12, `bank has no event "Withdrew"`},
		{"count(bank.Twice, 1h)", 12, "bank has 2 events Twice"},
		{"count(bank.Hidden, 1h)", 12, "is anonymous"},
		{"count(bank.Withdraw.assets, 1h)", 21, "an event is wanted"},
		{"sum(bank.Withdraw, 1h)", 10, "a field of an event is wanted"},
		{"sum(bank.Withdraw.asset, 1h)", 19, `bank.Withdraw has no field "asset"`},
		{"sum(bank.Withdraw.owner, 1h)", 19, "sum takes numbers, not an address"},
		{"sum(bank.Moved.note, 1h)", 16, "note of bank.Moved is string"},
		{"top_share(bank.Moved.delta, delta, 3, 1h)", 22, "numbers that are never negative"},
		{"top_share(bank.Withdraw.assets, user, 3, 1h)", 33, `has no field "user"`},
		{"top_share(bank.Withdraw.assets, 5, 3, 1h)", 33, "is the name of a field"},
		{"top_share(bank.Withdraw.assets, owner, 0, 1h)", 40, "the share of the 0 largest is nothing"},
		{"top_share(bank.Withdraw.assets, owner, 1.5, 1h)", 40, "a whole number from 0 to 1000"},
		{"count(bank.Withdraw, 1h, owner == vault)", 26, `"owner" is a field of bank.Withdraw, and the policy calls something else so`},
		{"count(bank.Withdraw, 1h, forced)", 26, `"forced" is a field of bank.Withdraw, and the policy calls something else so`},
		{"count(bank.Withdraw, 1h, assets)", 26, "this is a number, and a filter is a condition"},
		{"count(bank.Withdraw, 1h, 1 < 2)", 28, "this filter never changes"},
		{"count(bank.Withdraw, 1h, assets > tvl)", 35, "a filter looks at the fields of bank.Withdraw alone"},
		{"count(bank.Withdraw, 1h, assets > vault.totalAssets())", 41, "a filter looks at the fields of bank.Withdraw alone"},
		{"count(bank.Withdraw, 1h, assets > block.number)", 41, "a filter looks at the fields"},
		{"count(bank.Withdraw, 1h, assets > prev(1))", 35, "a filter looks at the fields"},
		{"count(bank.Withdraw, 1h, assets > balance(vault))", 35, "a filter looks at the fields"},
		{"count(bank.Withdraw, 1h, assets > max(cap, 1h))", 35, "max stands inside a filter"},
		{"count(bank.Withdraw, 1h, asset > 1)", 26, `nothing is called "asset"`},
		{"count(bank.Moved, 1h, note == 1)", 23, "note of bank.Moved is string"},
	} {
		faultAt(t, in, c.source, c.column, c.want)
	}
	for _, source := range []string{
		"avg(vault.totalAssets() / 3 * 99.5%, hour)", "avg(floor(1e18 * vault.totalAssets() / vault.totalSupply()), 1h)", "max(mean, 5)", "max(vault.totalAssets() / vault.totalSupply(), 1h)",
		"count(bank.Withdraw, 30d, assets > assetsMax)", "count(bank.Withdraw, 1s)", "change(vault.totalAssets() - prev(vault.totalAssets()), 1h)", "min(1h, 2h)", "mean - avg(tvl, 1h)",
	} {
		if _, err := measure.Compile(source, in); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// A runbook knows no block but the one at hand.
func TestWhereNothingIsRememberedNothingLooksBack(t *testing.T) {
	named, _ := measure.CompileMeasures(map[string]string{"mean": "avg(vault.totalAssets(), 1h)"}, past)
	here := past
	here.History, here.Measures = false, named
	for source, column := range map[string]int{"avg(vault.totalAssets(), 1h) > 1": 1, "1 < max(vault.totalAssets(), 1h)": 5, "count(bank.Withdraw, 1h) > 1": 1, "1 < mean": 5} {
		faultAt(t, here, source, column, "looks back, and here only the block at hand is known")
	}
	m, err := measure.CompileCondition("avg(vault.totalAssets(), 1h) > 1", past)
	if err != nil {
		t.Fatal(err)
	}
	if a := m.Judge(nil, nil); a.Verdict != ops.Unknown || a.Why != "nothing is remembered of the blocks before" {
		t.Errorf("%+v", a)
	}
}

func TestAMeasureThatLooksBackIsRememberedOnce(t *testing.T) {
	named, _ := measure.CompileMeasures(map[string]string{"mean": "avg(vault.totalAssets(), 60s)", "twice": "mean + mean + count(bank.Withdraw, 60s)"}, past)
	in := past
	in.Measures = named
	m, err := measure.CompileCondition("twice + mean > 5", in)
	if err != nil {
		t.Fatal(err)
	}
	p := &tape{t, m, m.NewMemory()}
	p.next(blockAt(1, 0), 4)
	p.want(blockAt(2, 60), 6, "20", withdraw(blockAt(2, 60), 0, 1, 1), withdraw(blockAt(2, 60), 1, 1, 1))
}

// Whatever a log holds, it counts, or the window is unknown; it never vanishes.
func FuzzLog(f *testing.F) {
	f.Add([]byte{}, []byte{}, uint8(2))
	f.Add(slices.Concat(word(5), word(1), word(9)), []byte{19: 1}, uint8(2))
	f.Add(slices.Concat(word(32), word(1<<40), word(9)), word(-1), uint8(1))
	m, err := measure.CompileCondition("count(bank.Withdraw, 60s) + count(bank.Moved, 60s) == 0 && sum(bank.Withdraw.assets, 60s) + sum(bank.Moved.delta, 60s) + distinct(bank.Withdraw.owner, 60s) == 0", past)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data, topic []byte, topics uint8) {
		for _, e := range m.Events() {
			at := blockAt(1, 0)
			l := ops.Log{Block: at, Address: e.Address, Topics: []common.Hash{e.Topic}, Data: data}
			for range topics % 5 {
				l.Topics = append(l.Topics, common.BytesToHash(topic))
			}
			mem := m.NewMemory()
			mem.Partial()
			a := mem.Next(at, nil, []ops.Log{l})
			if a.Verdict == ops.OK || a.Verdict == ops.Unknown && !strings.Contains(a.Why, "log 0 of block #1 could not be read: ") {
				t.Fatalf("%x %x: %+v", l.Topics, data, a)
			}
			if a = mem.Next(blockAt(2, 60), nil, nil); a.Verdict != ops.OK {
				t.Fatalf("it stays: %+v", a)
			}
		}
	})
}

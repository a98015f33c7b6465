package measure_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

const tellerABI = `[
{"type":"function","name":"withdraw","inputs":[{"type":"uint256","name":"assets"},{"type":"address","name":"receiver"},{"type":"bool","name":"forced"}]},
{"type":"function","name":"multicall","inputs":[{"type":"bytes[]","name":"calls"},{"type":"uint256","name":"deadline"}]},
{"type":"function","name":"put","inputs":[{"type":"uint256","name":"n"}]},
{"type":"function","name":"put","inputs":[{"type":"address","name":"who"}]},
{"type":"function","name":"move","inputs":[{"type":"address","name":"from"},{"type":"uint256","name":"value"}]},
{"type":"function","name":"held","stateMutability":"view","inputs":[],"outputs":[{"type":"uint256"}]}]`

var teller = common.HexToAddress("0x00000000000000000000000000000000000000cC")

// counter is past with a contract that is called.
var counter = func() measure.Scope {
	of, err := abi.JSON(strings.NewReader(tellerABI))
	if err != nil {
		panic(err)
	}
	out := past
	out.Contracts = map[string]measure.Contract{"teller": {Address: teller, ABI: of}, "bank": past.Contracts["bank"], "vault": past.Contracts["vault"]}
	out.Names = map[string]measure.Value{"treasury": measure.AddressValue(common.Address{19: 7})}
	return out
}()

func counting(t testing.TB, source string) *tape {
	t.Helper()
	m, err := measure.CompileCondition(source, counter)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return &tape{t, m, m.NewMemory()}
}

// call is calldata of a method of the teller.
func call(t testing.TB, method string, words ...[]byte) []byte {
	t.Helper()
	m, ok := counter.Contracts["teller"].ABI.Methods[method]
	if !ok {
		t.Fatalf("no method %s", method)
	}
	return slices.Concat(append([][]byte{m.ID}, words...)...)
}

func sender(b byte) []byte { return common.LeftPadBytes([]byte{b}, 32) }

// sentTo answers the reads of transactions to the teller.
func (p *tape) sentTo(at ops.BlockRef, invocations ...ops.Invocation) ops.Readings {
	out := ops.Readings{}
	for _, r := range p.m.Reads() {
		if r.Kind == ops.ReadSent {
			out[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: calldata.Record(invocations), At: at}
		}
	}
	return out
}

func (p *tape) counts(at ops.BlockRef, want string, invocations ...ops.Invocation) {
	p.t.Helper()
	a := p.mem.Next(at, p.sentTo(at, invocations...), nil)
	got := a.Observed
	if a.Verdict == ops.Unknown {
		got = "? " + a.Why
	}
	if got != want {
		p.t.Errorf("%s at #%d: %s, want %s", p.m.Source(), at.Number, got, want)
	}
}

func by(who byte, wei int64, data []byte) ops.Invocation {
	return ops.Invocation{From: common.Address{19: who}, Value: big.NewInt(wei), Data: data}
}

func TestCallsAreCountedByTheirFunctionAndFilter(t *testing.T) {
	sent := []ops.Invocation{
		by(7, 0, call(t, "withdraw", word(5), sender(1), word(0))),
		by(7, 9, call(t, "withdraw", word(50), sender(2), word(1))),
		by(8, 9, call(t, "withdraw", word(60), sender(2), word(1))),
		by(8, 0, call(t, "put", word(3))),
		by(8, 0, call(t, "put0", sender(3))),
		by(8, 3, call(t, "move", sender(7), word(4))),
		by(8, 0, nil),
	}
	for source, want := range map[string]string{
		"calls(teller.withdraw, 1m) < 99":                                                            "3",
		"calls(teller.withdraw, 1m, assets > 10) < 99":                                               "2",
		"calls(teller.withdraw, 1m, assets > 10 && from == treasury) < 99":                           "1",
		"calls(teller.withdraw, 1m, forced && value == 9) < 99":                                      "2",
		"calls(teller.withdraw, 1m, tx.from == treasury) < 99":                                       "2",
		`calls(teller.withdraw, 1m, receiver == "0x0000000000000000000000000000000000000001") < 99`:  "1",
		"calls(teller.withdraw(uint, address, bool), 1m) < 99":                                       "3",
		"calls(teller.put(uint256), 1m) < 99":                                                        "1",
		"calls(teller.put(address), 1m, who == bank) < 99":                                           "0",
		"calls(teller.move, 1m, input.from == treasury && tx.value == 3 && input.value == 4) < 99":   "1",
		"calls(teller.move, 1m, tx.from == treasury) < 99":                                           "0",
		"calls(teller.withdraw, 1m) + calls(teller.put(uint), 1m) + calls(teller.withdraw, 1m) < 99": "7",
		"calls(teller.withdraw, 1m, 10 / (assets - 5) > 0) < 99":                                     "? transaction 0 of block #2 could not be judged: division by zero",
	} {
		p := counting(t, source)
		p.mem.SentFrom(blockAt(1, 0))
		p.mem.Recall(blockAt(1, 0), p.sentTo(blockAt(1, 0)))
		p.counts(blockAt(2, 100), want, sent...)
	}
}

// Calls that failed are counted by their receipts; where those are not had, what failed is
// not known, and what was called is.
func TestFailedCallsAreCountedByTheirReceipts(t *testing.T) {
	ended := func(i ops.Invocation, fate ops.Fate) ops.Invocation { i.Fate = fate; return i }
	one := by(7, 0, call(t, "withdraw", word(5), sender(1), word(0)))
	more := by(8, 0, call(t, "withdraw", word(50), sender(1), word(0)))
	other := by(8, 0, call(t, "put", word(3)))
	for _, c := range []struct {
		source, want string
		sent         []ops.Invocation
	}{
		{"failed(teller.withdraw, 1m) < 99", "1", []ops.Invocation{ended(one, ops.FateFailed), ended(one, ops.FateDone), ended(other, ops.FateFailed)}},
		{"failed(teller.withdraw, 1m, assets > 10) < 99", "1", []ops.Invocation{ended(one, ops.FateFailed), ended(more, ops.FateFailed), ended(more, ops.FateDone)}},
		{"failed(teller.withdraw, 1m) + 10 * calls(teller.withdraw, 1m) < 99", "21", []ops.Invocation{ended(one, ops.FateFailed), ended(one, ops.FateDone)}},
		{"failed(teller.withdraw, 1m) < 99", "? transaction 0 of block #2 could not be judged: how it ended was not said", []ops.Invocation{one}},
		{"calls(teller.withdraw, 1m) < 99", "1", []ops.Invocation{one}},
	} {
		p := counting(t, c.source)
		p.mem.SentFrom(blockAt(1, 0))
		p.mem.Recall(blockAt(1, 0), p.sentTo(blockAt(1, 0)))
		p.counts(blockAt(2, 100), c.want, c.sent...)
	}
	p := counting(t, "failed(teller.withdraw, 1m) == 0 && calls(teller.withdraw, 1m) < 9")
	fated := 0
	for _, r := range p.m.Reads() {
		if r.Data == ops.WithFates {
			fated++
		}
	}
	if len(p.m.Reads()) != 2 || fated != 1 {
		t.Errorf("it reads %+v", p.m.Reads())
	}
}

// Of several functions, the newest failures are told as they came.
func TestTheNewestFailuresAreTheNewestOfAllFunctions(t *testing.T) {
	p := counting(t, "failed(teller.put(uint256), 1h) + failed(teller.withdraw, 1h) < 99")
	p.mem.SentFrom(blockAt(1, 0))
	failure := func(n byte, data []byte) ops.Invocation {
		i := by(7, 0, data)
		i.Tx, i.Fate = common.Hash{31: n}, ops.FateFailed
		return i
	}
	put, withdraw := call(t, "put", word(3)), call(t, "withdraw", word(5), sender(1), word(0))
	for n, data := range [][]byte{withdraw, put, withdraw, put} {
		at := blockAt(uint64(n)+1, int64(n))
		p.mem.Next(at, p.sentTo(at, failure(byte(n), data)), nil)
	}
	if all, newest := p.mem.Failures(3, false); all != 4 || !slices.Equal(newest, []common.Hash{{31: 1}, {31: 2}, {31: 3}}) {
		t.Errorf("%d failed, the newest are %v", all, newest)
	}
}

func TestHostileCalldataIsNoCall(t *testing.T) {
	huge := slices.Repeat([]byte{0xff}, 32)
	bomb := [][]byte{word(64), word(1), word(500)}
	for range 500 {
		bomb = append(bomb, word(500*32))
	}
	p := counting(t, "calls(teller.withdraw, 1m) + 100 * calls(teller.multicall, 1m) < 99")
	p.mem.SentFrom(blockAt(1, 0))
	p.mem.Recall(blockAt(1, 0), p.sentTo(blockAt(1, 0)))
	whole := call(t, "withdraw", word(5), sender(1), word(0))
	p.counts(blockAt(2, 100), "101",
		by(1, 0, whole[:3]), by(1, 0, whole[:4]), by(1, 0, whole[:len(whole)-1]),
		by(1, 0, call(t, "withdraw", word(5), huge, word(0))),   // no address
		by(1, 0, call(t, "withdraw", word(5), sender(1), huge)), // no bool
		by(1, 0, call(t, "multicall", huge, word(1))),
		by(1, 0, call(t, "multicall", word(64), word(1), huge)),
		by(1, 0, call(t, "multicall", append(bomb, word(1<<20))...)),
		by(1, 0, append(slices.Clone(whole), "and more, which no contract looks at"...)), // counts
		by(1, 0, call(t, "multicall", word(64), word(1), word(0))),                       // counts
	)
}

func TestBlocksWhoseTransactionsAreNotKnownAreNeverZero(t *testing.T) {
	p := counting(t, "calls(teller.withdraw, 60s) < 9 && count(bank.Withdraw, 60s) < 9")
	reason := "? the transactions of blocks #2 to #2, in the window of 1m, were not read: the transactions to teller was not answered: the block has more than 20000 transactions"
	next := func(at ops.BlockRef, want string, now ops.Readings) {
		t.Helper()
		a := p.mem.Next(at, now, nil)
		got := a.Verdict.String()
		if a.Verdict == ops.Unknown {
			got = "? " + a.Why
		}
		if got != want {
			t.Errorf("#%d: %s, want %s", at.Number, got, want)
		}
	}
	p.mem.SentFrom(blockAt(0, 0))
	p.mem.CompleteFrom(blockAt(0, 0))
	next(blockAt(1, 100), "ok", p.sentTo(blockAt(1, 100)))
	lost := p.sentTo(blockAt(2, 112))
	for r := range lost {
		lost[r] = ops.Reading{Read: r, Err: "the block has more than 20000 transactions"}
	}
	next(blockAt(2, 112), reason, lost)
	next(blockAt(3, 124), reason, p.sentTo(blockAt(3, 124)))
	next(blockAt(4, 183), reason, p.sentTo(blockAt(4, 183)))
	next(blockAt(5, 184), "ok", p.sentTo(blockAt(5, 184)))
	next(blockAt(7, 200), "? the transactions of blocks #6 to #6, in the window of 1m, were not read", p.sentTo(blockAt(7, 200)))

	events := counting(t, "count(bank.Withdraw, 60s) < 9") // beside it, and not spoiled
	events.mem.CompleteFrom(blockAt(1, 0))
	events.mem.Through(1)
	events.counts(blockAt(2, 112), "0")
	torn := counting(t, "calls(teller.withdraw, 60s) < 9")
	torn.mem.SentFrom(blockAt(0, 0))
	for r := range torn.sentTo(blockAt(1, 1)) {
		a := torn.mem.Next(blockAt(1, 100), ops.Readings{r: {Read: r, Status: ops.ReadOK, Data: []byte{1, 2, 3}}}, nil)
		if a.Verdict != ops.Unknown || !strings.Contains(a.Why, "ends too early") {
			t.Errorf("torn transactions are %s: %s", a.Verdict, a.Why)
		}
	}
}

func TestEveryMistakeInCallsIsShownWhereItStands(t *testing.T) {
	for _, c := range []struct {
		source string
		column int
		want   string
	}{
		{"calls(teller.withdraw)", 1, "calls wants 2 or 3 arguments, not 1"},
		{"calls(teller, 1h)", 7, "a function is wanted: contract.function"},
		{"calls(tell.withdraw, 1h)", 7, `no contract is called "tell"`},
		{"calls(teller.withdrew, 1h)", 14, `teller has no function "withdrew"`},
		{"calls(bank.Withdraw, 1h)", 12, `bank has no function "Withdraw"`},
		{"calls(teller.put, 1h)", 14, "which put is meant cannot be told"},
		{"calls(teller.put(bool), 1h)", 14, "teller has no function put(bool)"},
		{"calls(teller.put(5), 1h)", 18, "this is no type"},
		{"calls(teller.held, 1h)", 14, "held() only reads"},
		{"calls(teller.withdraw, 5)", 24, "the length of a window is a duration"},
		{"calls(teller.withdraw, 1h, asset > 5)", 28, `nothing is called "asset"`},
		{"calls(teller.withdraw, 1h, assets)", 28, "a filter is a condition"},
		{"calls(teller.withdraw, 1h, teller.held() > 1)", 35, "a filter looks at the fields of teller.withdraw alone"},
		{"calls(teller.withdraw, 1h, tx.gas > 1)", 31, "a filter looks at the fields of teller.withdraw alone"},
		{"calls(teller.withdraw, 1h, failed)", 28, `nothing is called "failed"`},
		{"calls(teller.multicall, 1h, calls > 5)", 29, "calls of teller.multicall is bytes[]"},
		{"calls(teller.multicall, 1h, input.calls > 5)", 35, "calls of teller.multicall is bytes[]"},
		{"calls(teller.move, 1h, from == treasury)", 24, `"from" is an input of teller.move, and what the transaction has`},
		{"prev(calls(teller.withdraw, 1h))", 6, "calls stands inside prev"},
		{"failed(teller.withdraw)", 1, "failed wants 2 or 3 arguments, not 1"},
		{"failed(bank.Withdraw, 1h)", 13, `bank has no function "Withdraw"`},
		{"failed(teller.held, 1h)", 15, "held() only reads"},
		{"count(teller.withdraw, 1h)", 14, `teller has no event "withdraw"`},
	} {
		faultAt(t, counter, c.source, c.column, c.want)
	}
	faultAt(t, wide, "calls(vault.withdraw, 1h)", 1, "looks back, and here only the block at hand is known")
}

package engine

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

func TestReasonsAreToldByHowManyHaveThem(t *testing.T) {
	var r reasons
	var txs []common.Hash
	for n, why := range []string{"a", "b", "b", "", "c", "d", "b", "c"} {
		tx := common.Hash{31: byte(n)}
		txs = append(txs, tx)
		r.learn(tx, why)
	}
	for _, c := range []struct {
		all  int
		txs  []common.Hash
		want string
	}{
		{0, nil, ""},
		{2, txs[1:3], "2 failed: 2 b"},
		{1, []common.Hash{{9}}, "1 failed: 1 reason unknown"},
		{8, txs, "8 failed: 3 b, 2 c, 1 a, 2 otherwise"},
		{12, txs[:4], "12 failed: 2 b, 1 a, 9 reason unknown"},
	} {
		if got := r.tell(c.all, c.txs); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	for n := range 3 * mostReasons {
		r.learn(common.BigToHash(big.NewInt(int64(n+1000))), "x")
		r.learn(common.BigToHash(big.NewInt(int64(n+1000))), "y")
	}
	if len(r.of) != mostReasons || len(r.order) != mostReasons {
		t.Errorf("%d reasons and %d in order are kept", len(r.of), len(r.order))
	}
}

// attempts is a memory of which everything that it counts failed, and is in breach.
type attempts struct {
	tellings
	txs []common.Hash
}

func (m *attempts) Failures(int, bool) (int, []common.Hash) { return len(m.txs), m.txs }
func (m *attempts) Next(ops.BlockRef, ops.Readings, []ops.Log) ops.Assessment {
	return ops.Assessment{Verdict: ops.Breach, Observed: "9", Threshold: "3"}
}

// repeats is a chain that says why calls failed.
type repeats struct {
	rangeless
	answer func(at ops.BlockRef, messages []ops.Message) ([]ops.Outcome, error)
}

func (r repeats) Repeat(_ context.Context, at ops.BlockRef, m []ops.Message) ([]ops.Outcome, error) {
	return r.answer(at, m)
}

// At most three of a block are tried again, on top of the block before, each once and only
// those that are counted; whoever does not tell leaves them unknown, and they count.
func TestFailedAttemptsAreTriedAgainAfterTheyWereJudged(t *testing.T) {
	read := ops.Read{Kind: ops.ReadSent, To: common.Address{7}, Data: ops.WithFates}
	m := &attempts{}
	var sent []ops.Invocation
	for n := range 5 {
		i := ops.Invocation{Tx: common.Hash{31: byte(n)}, Index: uint64(n), To: read.To, Gas: 9, Value: big.NewInt(int64(n)), Fate: ops.FateFailed}
		sent = append(sent, i)
		if n > 0 {
			m.txs = append(m.txs, i.Tx)
		}
	}
	sent = append(sent, ops.Invocation{Tx: common.Hash{31: 99}, Value: new(big.Int), Fate: ops.FateDone})
	now := ops.Readings{read: {Read: read, Status: ops.ReadOK, Data: calldata.Record(sent)}}
	e := engineOf(detect.Invariant{ID: "Z1", For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory { return m }})
	e.Rules.steady = []ops.Read{read}
	at := blockOf(200, 0)
	at.Parent = common.Hash{5}
	e.assess(at, now, nil, nil)
	told := func(want string) {
		t.Helper()
		if f := e.state.findings[0]; f.Verdict != ops.Breach || f.Why != want {
			t.Errorf("%s: %q, want %q", f.Verdict, f.Why, want)
		}
	}
	told("4 failed: 4 reason unknown")
	var asked [][]ops.Message
	answer := func(outcomes ...ops.Outcome) {
		e.Chain = repeats{answer: func(on ops.BlockRef, messages []ops.Message) ([]ops.Outcome, error) {
			if on.Number != 199 || on.Hash != at.Parent {
				t.Errorf("tried at %+v", on)
			}
			if asked = append(asked, messages); len(outcomes) == 0 {
				return nil, errors.New("it is too late")
			}
			return outcomes[:len(messages)], nil
		}}
		e.explain(t.Context(), at, now)
	}
	answer()
	told("4 failed: 4 reason unknown")
	answer(ops.Outcome{Reason: "EnforcedPause"}, ops.Outcome{OK: true}, ops.Outcome{Reason: "EnforcedPause"})
	told("4 failed: 2 EnforcedPause, 2 reason unknown")
	if len(asked[1]) != 3 || asked[1][0].Value.Int64() != 1 || asked[1][0].To != read.To || asked[1][0].Gas != 9 {
		t.Errorf("asked for %+v", asked[1])
	}
	answer(ops.Outcome{Reason: "no funds"})
	told("4 failed: 2 EnforcedPause, 1 no funds, 1 reason unknown")
	answer(ops.Outcome{Reason: "never asked"})
	if len(asked) != 3 {
		t.Errorf("asked %d times", len(asked))
	}
	e.assess(blockOf(201, 0), ops.Readings{}, nil, nil)
	if f := e.state.findings[0]; !strings.Contains(f.Why, "2 EnforcedPause") {
		t.Errorf("at the next block: %q", f.Why)
	}
}

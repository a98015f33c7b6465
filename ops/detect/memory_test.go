package detect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// A real condition over ten minutes of events, judged through an outage and a
// reorg, as the engine would.
func TestAnInvariantOverEventsLivesThroughAnOutageAndAReorg(t *testing.T) {
	parsed, err := abi.JSON(strings.NewReader(`[{"type":"event","name":"Paid","inputs":[{"type":"uint256","name":"n"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	bank := common.Address{19: 7}
	m, err := measure.CompileCondition("sum(bank.Paid.n, 10m) <= 5", measure.Scope{History: true, Contracts: map[string]measure.Contract{"bank": {Address: bank, ABI: parsed}}})
	if err != nil {
		t.Fatal(err)
	}
	i := detect.Invariant{ID: "W1", For: 1, Condition: m, Remember: func() detect.Memory { return m.NewMemory() }}
	minute := func(n uint64) ops.BlockRef {
		b := at(n)
		b.Time = time.Unix(int64(n)*60, 0).UTC()
		return b
	}
	paid := func(b ops.BlockRef, n byte) []ops.Log {
		return []ops.Log{{Block: b, Address: bank, Topics: []common.Hash{parsed.Events["Paid"].ID}, Data: common.Hash{31: n}.Bytes()}}
	}
	s := i.Start()
	s.Memory.CompleteFrom(minute(1))
	s.Memory.Book(minute(1), paid(minute(1), 3))
	s.Memory.Through(10)
	want := func(b ops.BlockRef, logs []ops.Log, verdict ops.Verdict, observed string) {
		t.Helper()
		s = i.Next(s, b, nil, nil, logs)
		if f := s.Finding; f.Verdict != verdict || f.Observed.Exact != observed {
			t.Errorf("#%d: %s %q, want %s %q (%s)", b.Number, f.Verdict, f.Observed.Exact, verdict, observed, f.Why)
		}
	}
	want(minute(11), nil, ops.OK, "0")
	want(minute(12), paid(minute(12), 6), ops.Breach, "6")
	fork := minute(12)
	fork.Hash = common.Hash{9}
	want(fork, paid(fork, 2), ops.OK, "2")
	after := minute(14)
	want(after, nil, ops.Unknown, "") // nobody read 13
	s.Memory.Drop(13)
	s.Memory.Through(13)
	want(after, paid(after, 3), ops.OK, "5")
	want(minute(15), paid(minute(15), 1), ops.Breach, "6")
}

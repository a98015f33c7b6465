package timelock_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

func TestTheContractIsAskedForWhatWaits(t *testing.T) {
	l := timelock.Timelock{ID: "T1", Address: address}.Start()
	block := at(1, 0)
	for n := range 4 {
		c := call(n)
		l.Take([]ops.Log{scheduled(block, timelock.HashOperation(c, common.Hash{}, common.Hash{}), 0, c, big.NewInt(delay))})
	}
	ids := []common.Hash{}
	for n := range 4 {
		ids = append(ids, timelock.HashOperation(call(n), common.Hash{}, common.Hash{}))
	}
	l.Take([]ops.Log{executed(at(2, 1), ids[0]), cancelled(at(2, 1), ids[1])})
	asked := map[string]bool{}
	for _, r := range l.Asks() {
		if r.To != address {
			t.Errorf("%s is asked", r.To)
		}
		asked[r.Data] = true
	}
	for i, id := range ids {
		if asked["\xd4\x5c\x44\x35"+string(id[:])] != (i >= 2) {
			t.Errorf("operation %d: asked %v", i, i < 2)
		}
	}
	if !asked["\xf2\x7a\x0c\x92"] || len(asked) != 5 { // and CANCELLER_ROLE() and whether anyone may execute
		t.Errorf("getMinDelay: %v of %d", asked["\xf2\x7a\x0c\x92"], len(asked))
	}
}

func TestWhatTheContractSaysIsHeldAgainstTheLogs(t *testing.T) {
	eta := start.Unix() + delay
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	logs := map[ops.OperationState][]ops.Log{
		ops.OperationWaiting: nil, ops.OperationReady: nil, ops.OperationDone: {executed(at(2, delay), id)}, ops.OperationCancelled: {cancelled(at(2, 1), id)},
	}
	for _, c2 := range []struct {
		name   string
		state  ops.OperationState
		stamp  int64
		status ops.ReadStatus
		want   ops.Verdict
	}{
		{"waiting until then", ops.OperationWaiting, eta, ops.ReadOK, ops.OK},
		{"ready since then", ops.OperationReady, eta, ops.ReadOK, ops.OK},
		{"a second later", ops.OperationWaiting, eta + 1, ops.ReadOK, ops.Breach},
		{"a second sooner", ops.OperationWaiting, eta - 1, ops.ReadOK, ops.Breach},
		{"executed behind our back", ops.OperationWaiting, 1, ops.ReadOK, ops.Breach},
		{"cancelled behind our back", ops.OperationReady, 0, ops.ReadOK, ops.Breach},
		{"done", ops.OperationDone, 1, ops.ReadOK, ops.OK},
		{"not done at all", ops.OperationDone, eta, ops.ReadOK, ops.Breach},
		{"cancelled", ops.OperationCancelled, 0, ops.ReadOK, ops.OK},
		{"not cancelled at all", ops.OperationCancelled, eta, ops.ReadOK, ops.Breach},
		{"no answer", ops.OperationWaiting, eta, ops.ReadReverted, ops.Unknown},
	} {
		t.Run(c2.name, func(t *testing.T) {
			l := timelock.Timelock{ID: "T1", Address: address}.Start()
			l.Take([]ops.Log{scheduled(at(1, 0), id, 0, c, big.NewInt(delay))})
			asks := l.Asks()
			l.Take(logs[c2.state])
			now := at(3, 1)
			if c2.state == ops.OperationReady {
				now = at(3, delay)
			}
			answers := ops.Readings{}
			for _, r := range asks {
				answers[r] = ops.Reading{Read: r, Status: c2.status, Data: common.BigToHash(big.NewInt(c2.stamp)).Bytes()}
			}
			o := l.Queue(now, answers)[0]
			if o.State != c2.state {
				t.Fatalf("it is %s", o.State)
			}
			if check := o.Checks[1]; check.Verdict != c2.want || (check.Why == "") != (c2.want == ops.OK) {
				t.Errorf("%+v", check)
			}
			if again := l.Queue(now, nil)[0]; len(again.Checks) != 1 {
				t.Errorf("what was not read was held against it: %+v", again.Checks)
			}
		})
	}
}

// An operation about which nobody asked its contract says so, in every kind; one that is
// over needs no answer.
func TestWhatWasNotAskedIsSaid(t *testing.T) {
	all := map[string]ops.Log{"oz": scheduled(at(1, 0), timelock.HashOperation(call(1), common.Hash{}, common.Hash{}), 0, call(1), big.NewInt(delay))}
	for _, k := range kinds {
		all[k.name] = k.added(at(1, 0), 1, 0)
	}
	for kind, log := range all {
		l := timelock.Timelock{ID: "T1", Kind: kind, Address: address}.Start()
		before := l.Asks()
		l.Take([]ops.Log{log})
		o := l.Queue(at(1, 0), said(before, nil))[0]
		if c := o.Checks[len(o.Checks)-1]; c.Name != "contract agrees" || c.Verdict != ops.Unknown || c.Why != "the contract was not asked yet: it is asked in the next block" {
			t.Errorf("%s: %+v", kind, o.Checks)
		}
		l.Drop(0)
		l.Take([]ops.Log{log, cancelled(at(2, 1), log.Topics[1])})
		if o := l.Queue(at(2, 1), said(before, nil))[0]; kind == "oz" && len(o.Checks) != 1 {
			t.Errorf("it is over: %+v", o.Checks)
		}
	}
}

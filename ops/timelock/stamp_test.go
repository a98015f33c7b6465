package timelock_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

func TestTheContractIsAskedForWhatWaits(t *testing.T) {
	lock := timelock.Timelock{ID: "T1", Address: address}
	queue := []ops.Operation{
		{Timelock: "T1", ID: common.Hash{1}, State: ops.OperationWaiting}, {Timelock: "T1", ID: common.Hash{2}, State: ops.OperationReady},
		{Timelock: "T1", ID: common.Hash{3}, State: ops.OperationDone}, {Timelock: "T2", ID: common.Hash{4}, State: ops.OperationReady},
	}
	reads := lock.Stamps(queue)
	if len(reads) != 2 || reads[0].To != address || reads[0].Data != "\xd4\x5c\x44\x35"+string(common.Hash{1}.Bytes()) {
		t.Errorf("%q", reads)
	}
}

func TestWhatTheContractSaysIsHeldAgainstTheLogs(t *testing.T) {
	lock := timelock.Timelock{ID: "T1", Address: address}
	eta := start.Unix() + delay
	for _, c := range []struct {
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
		t.Run(c.name, func(t *testing.T) {
			o := ops.Operation{Timelock: "T1", ID: common.Hash{1}, State: c.state, ETA: at(1, delay).Time}
			now := ops.Readings{lock.Stamp(o.ID): {Status: c.status, Data: common.BigToHash(big.NewInt(c.stamp)).Bytes()}}
			out := lock.Confirm([]ops.Operation{o}, now)
			if check := out[0].Checks[0]; check.Verdict != c.want || (check.Why == "") != (c.want == ops.OK) {
				t.Errorf("%+v", check)
			}
			if len(o.Checks) != 0 {
				t.Error("the operation given was changed")
			}
		})
	}
}

func TestWhatWasNotAskedIsLeftAsItIs(t *testing.T) {
	lock := timelock.Timelock{ID: "T1", Address: address}
	o := ops.Operation{Timelock: "T1", ID: common.Hash{1}, State: ops.OperationWaiting}
	if out := lock.Confirm([]ops.Operation{o}, nil); len(out[0].Checks) != 0 {
		t.Errorf("%+v", out)
	}
	endless := lock.Confirm([]ops.Operation{o}, ops.Readings{lock.Stamp(o.ID): {Status: ops.ReadOK, Data: common.MaxHash[:]}})
	if check := endless[0].Checks[0]; check.Verdict != ops.Unknown || !strings.Contains(check.Why, "beyond any calendar") {
		t.Errorf("%+v", check)
	}
	short := lock.Confirm([]ops.Operation{o}, ops.Readings{lock.Stamp(o.ID): {Status: ops.ReadOK, Data: []byte{1}}})
	if short[0].Checks[0].Verdict != ops.Unknown {
		t.Errorf("%+v", short)
	}
}

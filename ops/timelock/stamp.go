package timelock

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

var getTimestamp = crypto.Keccak256([]byte("getTimestamp(bytes32)"))[:4]

// doneTimestamp is what the contract stores for an executed operation
// (_DONE_TIMESTAMP in TimelockController.sol).
var doneTimestamp = big.NewInt(1)

// Stamp is the read that tells what the contract itself says of an operation.
func (t Timelock) Stamp(id common.Hash) ops.Read {
	return ops.Read{Kind: ops.ReadCall, To: t.Address, Data: string(getTimestamp) + string(id[:]), Name: t.ID + ".getTimestamp(" + id.Hex() + ")"}
}

// Stamps lists the reads for all that waits.
func (t Timelock) Stamps(queue []ops.Operation) []ops.Read {
	var out []ops.Read
	for _, o := range queue {
		if o.Timelock == t.ID && (o.State == ops.OperationWaiting || o.State == ops.OperationReady) {
			out = append(out, t.Stamp(o.ID))
		}
	}
	return out
}

// Confirm compares the queue, folded from logs, with what the contract says: a
// log can be missed, a contract's storage cannot. An operation that was not read
// yet is left as it is.
func (t Timelock) Confirm(queue []ops.Operation, now ops.Readings) []ops.Operation {
	out := make([]ops.Operation, len(queue))
	for i, o := range queue {
		if reading, ok := now[t.Stamp(o.ID)]; ok && o.Timelock == t.ID {
			o.Checks = append(o.Checks[:len(o.Checks):len(o.Checks)], agrees(o, reading))
		}
		out[i] = o
	}
	return out
}

func agrees(o ops.Operation, r ops.Reading) ops.Check {
	c := ops.Check{Name: "contract agrees", Verdict: ops.Unknown}
	if r.Status != ops.ReadOK || len(r.Data) != 32 {
		c.Why = "the contract did not say when"
		if r.Err != "" {
			c.Why += ": " + r.Err
		}
		return c
	}
	if o.ETA.IsZero() && (o.State == ops.OperationWaiting || o.State == ops.OperationReady) {
		c.Why = "its time is beyond any calendar"
		return c
	}
	stamp := new(big.Int).SetBytes(r.Data)
	want := big.NewInt(o.ETA.Unix())
	switch o.State {
	case ops.OperationDone:
		want = doneTimestamp
	case ops.OperationCancelled:
		want = new(big.Int)
	}
	c.Verdict = ops.OK
	if stamp.Cmp(want) != 0 {
		c.Verdict, c.Why = ops.Breach, fmt.Sprintf("the contract says %s, the logs say %s", stamp, want)
	}
	return c
}

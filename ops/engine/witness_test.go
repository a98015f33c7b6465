package engine

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What became of an operation that left its queue, as the logs tell it.
func TestWhatLeftItsQueueWasCancelledOrExecuted(t *testing.T) {
	block := func(n uint64) ops.BlockRef { return ops.BlockRef{Number: n, Hash: common.Hash{byte(n)}} }
	const executed = "EXECUTED at #4"
	for name, c := range map[string]struct {
		o     ops.Operation
		ours  bool
		known bool
		why   string
	}{
		"cancelled":                        {ops.Operation{State: ops.OperationCancelled, Ended: block(5)}, true, true, ""},
		"executed":                         {ops.Operation{State: ops.OperationDone, Ended: block(4)}, true, true, executed},
		"expired":                          {ops.Operation{State: ops.OperationExpired}, true, true, ""},
		"skipped by our own call":          {ops.Operation{State: ops.OperationOver, Ended: block(5)}, true, true, ""},
		"over, and our call reverted":      {ops.Operation{State: ops.OperationOver, Ended: block(4)}, false, true, "executed or skipped its contract does not say"},
		"still in the logs":                {ops.Operation{State: ops.OperationReady, Scheduled: block(3)}, true, false, ""},
		"queued again after it":            {ops.Operation{State: ops.OperationWaiting, Scheduled: block(6), Again: block(5)}, true, true, ""},
		"executed, and queued again":       {ops.Operation{State: ops.OperationWaiting, Scheduled: block(6), Spent: block(4)}, true, true, executed},
		"cancelled long after an earlier":  {ops.Operation{State: ops.OperationWaiting, Scheduled: block(6), Spent: block(2), Again: block(5)}, true, true, ""},
		"another nonce":                    {ops.Operation{State: ops.OperationDone, Ended: block(4), Nonce: "7"}, true, true, ""},
		"another timelock's, and executed": {ops.Operation{Timelock: "T3", State: ops.OperationDone, Ended: block(4)}, true, true, ""},
	} {
		c.o.ID = common.Hash{1}
		if c.o.Timelock == "" {
			c.o.Timelock = "T2"
		}
		e := &Engine{}
		w := e.witness(afterwards{lock: "T2", id: common.Hash{1}})
		if why, known := w.Says(block(5), c.ours); known || why != "" {
			t.Errorf("%s: known before a block was judged", name)
		}
		e.shared = shared{head: block(4), queue: []ops.Operation{c.o}}
		if _, known := w.Says(block(5), c.ours); known {
			t.Errorf("%s: known before its block was judged", name)
		}
		e.shared.head = block(7)
		if why, known := w.Says(block(5), c.ours); known != c.known || !strings.Contains(why, c.why) || c.why == "" && why != "" {
			t.Errorf("%s: %q, %t", name, why, known)
		}
	}
}

// Of several with one id the nonce tells which is meant; without it none is.
func TestOneOperationIsMeantOrNone(t *testing.T) {
	id := common.Hash{1}
	queue := []ops.Operation{
		{Timelock: "T2", ID: id, Nonce: "0", State: ops.OperationOver}, {Timelock: "T2", ID: id, Nonce: "1", State: ops.OperationReady},
		{Timelock: "T2", ID: id, Nonce: "2", State: ops.OperationWaiting}, {Timelock: "T3", ID: id, State: ops.OperationWaiting},
	}
	for _, c := range []struct{ lock, nonce, want string }{{"T2", "2", "2"}, {"T2", "1", "1"}, {"T2", "0", ""}, {"T2", "", ""}, {"T3", "", "T3"}, {"T1", "", ""}} {
		o, err := waiting(queue, c.lock, id.Hex(), c.nonce)
		if (err == nil) != (c.want != "") || err == nil && (o.Timelock != c.lock || o.Nonce != c.nonce) {
			t.Errorf("%+v: %+v, %v", c, o, err)
		}
	}
}

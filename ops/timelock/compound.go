package timelock

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// compound is a Compound Timelock. Facts: compound-protocol a3214f6,
// contracts/Timelock.sol. An operation is one call; its ETA is absolute and part of its
// id, and when the grace period after it is over it is stale. Only the admin queues,
// executes and cancels. An id that was cancelled or executed can be queued again.
type compound struct{ Timelock }

var (
	queueTransaction   = topic("QueueTransaction(bytes32,address,uint256,string,bytes,uint256)")
	executeTransaction = topic("ExecuteTransaction(bytes32,address,uint256,string,bytes,uint256)")
	cancelTransaction  = topic("CancelTransaction(bytes32,address,uint256,string,bytes,uint256)")
	newDelay           = topic("NewDelay(uint256)")
	newAdmin           = topic("NewAdmin(address)")
	newPendingAdmin    = topic("NewPendingAdmin(address)")
)

// queuedData is what the three events carry beside the indexed id and target.
var queuedData = types("uint256", "string", "bytes", "uint256")

var transactionForm = types("address", "uint256", "string", "bytes", "uint256")

// HashTransaction is the id that a Compound Timelock gives to a call:
// keccak256(abi.encode(target, value, signature, data, eta)). eta is in seconds since
// 1970. data lacks the selector where there is a signature.
func HashTransaction(target common.Address, value *big.Int, signature string, data []byte, eta *big.Int) common.Hash {
	return hash(transactionForm, target, value, signature, data, eta)
}

// signed is the calldata that a function's signature and its arguments make; an empty
// signature leaves the calldata to the arguments.
func signed(signature string, data []byte) []byte {
	if signature == "" {
		return data
	}
	return append([]byte(selector(signature)), data...)
}

func (compound) Topics() []common.Hash {
	return []common.Hash{queueTransaction, executeTransaction, cancelTransaction, newDelay, newAdmin, newPendingAdmin}
}

func (compound) Key(l ops.Log) (common.Hash, bool) {
	switch l.Topics[0] {
	case queueTransaction, executeTransaction, cancelTransaction:
		if len(l.Topics) > 1 {
			return l.Topics[1], true
		}
	}
	return common.Hash{}, false
}

func (c compound) Fold(id common.Hash, logs []ops.Log) (o ops.Operation, bad string) {
	for _, l := range logs {
		switch l.Topics[0] {
		case queueTransaction:
			if waits(o) { // queueTransaction does not refuse what is queued: the same, once
				continue
			}
			again, spent := o.Again, o.Spent
			switch o.State {
			case ops.OperationCancelled:
				again = o.Ended
			case ops.OperationDone:
				spent = o.Ended
			}
			o = ops.Operation{ID: id, State: ops.OperationWaiting, Scheduled: l.Block, Place: l.Index, Tx: l.Tx, Again: again, Spent: spent}
			bad = c.queued(&o, l)
		case executeTransaction:
			if o.ID != (common.Hash{}) {
				o.State, o.Ended = ops.OperationDone, l.Block
			}
		case cancelTransaction: // which does not ask whether it was queued
			if waits(o) {
				o.State, o.Ended = ops.OperationCancelled, l.Block
			}
		}
	}
	return o, bad
}

// queued reads the one call of an operation, and recomputes the id of all that its event
// carries.
func (c compound) queued(o *ops.Operation, l ops.Log) (bad string) {
	if len(l.Topics) < 3 {
		return "an event lacks its target"
	}
	values, err := calldata.Unpack(queuedData, l.Data)
	if err != nil {
		return "an event cannot be read: " + err.Error()
	}
	value, _ := values[0].(*big.Int)
	signature, _ := values[1].(string)
	data, _ := values[2].([]byte)
	eta, _ := values[3].(*big.Int)
	target := common.BytesToAddress(l.Topics[2][:])
	o.Calls = []ops.Call{{To: target, Value: value.String(), Data: signed(signature, data)}}
	if o.ETA = moment(eta); !o.ETA.IsZero() {
		o.Delay = o.ETA.Sub(o.Scheduled.Time)
	}
	if HashTransaction(target, value, signature, data, eta) == o.ID {
		o.Cancel = c.cancels(target, value, signature, data, eta)
	} else {
		return "the id does not come out of its target, value, signature, data and eta"
	}
	return ""
}

// Identify has nothing to add: Fold recomputed the id of what no Operation carries.
func (compound) Identify(*ops.Operation) ops.Check {
	return ops.Check{Name: "id recomputed", Verdict: ops.OK}
}

var (
	compoundDelay      = selector("delay()")
	compoundGrace      = selector("GRACE_PERIOD()")
	compoundAdmin      = selector("admin()")
	queuedTransactions = selector("queuedTransactions(bytes32)")
)

func (c compound) queuedRead(id common.Hash) ops.Read {
	return c.view(queuedTransactions+string(id[:]), "queuedTransactions("+id.Hex()+")")
}

func (c compound) adminRead() ops.Read { return c.view(compoundAdmin, "admin()") }

func (c compound) Asks(o ops.Operation) []ops.Read { return []ops.Read{c.queuedRead(o.ID)} }

func (c compound) Settings([]ops.Log) []ops.Read {
	return []ops.Read{c.view(compoundDelay, "delay()"), c.view(compoundGrace, "GRACE_PERIOD()"), c.adminRead()}
}

func (c compound) Terms(_ []ops.Log, now ops.Readings) Terms {
	reads := c.Settings(nil)
	least := number(now[reads[0]])
	t := Terms{MinDelay: seconds(least), Known: least != nil, Grace: number(now[reads[1]])}
	if admin, ok := account(now[reads[2]]); ok {
		t.Executors = []string{c.called(admin)}
		t.Cancellers = t.Executors
	}
	return t
}

func (c compound) Settle(o *ops.Operation, at ops.BlockRef, terms Terms, now ops.Readings) {
	o.MinDelay, o.Executors, o.Cancellers = terms.MinDelay, terms.Executors, terms.Cancellers
	if terms.Grace != nil && !o.ETA.IsZero() { // at its last second it can still be executed
		o.Expires = eta(o.ETA, new(big.Int).Add(terms.Grace, big.NewInt(1)))
	}
	mature(o, at)
	reading, ok := now[c.queuedRead(o.ID)]
	if !ok {
		unasked(o, now)
		return
	}
	check := ops.Check{Name: "contract agrees", Verdict: ops.Unknown}
	queued := number(reading)
	held := waits(*o) || o.State == ops.OperationExpired
	switch {
	case queued == nil:
		check.Why = unanswered(reading)
	case (queued.Sign() != 0) != held:
		check.Verdict, check.Why = ops.Breach, fmt.Sprintf("the contract says queued: %t, the logs say %s", queued.Sign() != 0, o.State)
	case o.ETA.IsZero() && held:
		check.Why = neverComes
	default:
		check.Verdict = ops.OK
	}
	o.Checks = append(o.Checks, check)
}

package timelock

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// openZeppelin is a TimelockController, 4.x or 5.x. Facts:
// contracts/governance/TimelockController.sol, tags v4.8.3 to v5.7.0. Operations do
// not expire; an id that was cancelled can be scheduled again, one that was executed
// cannot. Only functions that all versions have are asked.
type openZeppelin struct{ Timelock }

// Topics of the events that make the queue.
var (
	callScheduled  = topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)")
	callExecuted   = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)")
	callSalt       = topic("CallSalt(bytes32,bytes32)") // since 4.9, and only when the salt is not zero
	cancelled      = topic("Cancelled(bytes32)")
	minDelayChange = topic("MinDelayChange(uint256,uint256)")
)

// scheduledData is what CallScheduled carries beside its indexed id and index.
var scheduledData = types("address", "uint256", "bytes", "bytes32", "uint256")

func topic(signature string) common.Hash { return crypto.Keccak256Hash([]byte(signature)) }

func selector(signature string) string { return string(crypto.Keccak256([]byte(signature))[:4]) }

func (openZeppelin) Topics() []common.Hash {
	return []common.Hash{callScheduled, callExecuted, callSalt, cancelled, minDelayChange, roleGranted, roleRevoked}
}

func (openZeppelin) Key(l ops.Log) (common.Hash, bool) {
	switch l.Topics[0] {
	case callScheduled, callExecuted, callSalt, cancelled:
		if len(l.Topics) > 1 {
			return l.Topics[1], true
		}
	}
	return common.Hash{}, false
}

func (z openZeppelin) Fold(id common.Hash, logs []ops.Log) (o ops.Operation, bad string) {
	var calls map[uint64]ops.Call
	for _, l := range logs {
		switch l.Topics[0] {
		case callScheduled:
			if o.ID == (common.Hash{}) || o.State == ops.OperationCancelled {
				was := o.Ended
				o = ops.Operation{ID: id, State: ops.OperationWaiting, Scheduled: l.Block, Place: l.Index, Tx: l.Tx, Again: was, Cancel: z.cancels([32]byte(id))}
				calls, bad = map[uint64]ops.Call{}, ""
			}
			if why := z.scheduled(&o, calls, l); why != "" {
				bad = why
			}
		case callSalt:
			if o.ID != (common.Hash{}) && len(l.Data) == 32 {
				o.Salt = common.BytesToHash(l.Data)
			}
		case callExecuted:
			if o.ID != (common.Hash{}) {
				o.State, o.Ended = ops.OperationDone, l.Block
			}
		case cancelled:
			if o.ID != (common.Hash{}) {
				o.State, o.Ended = ops.OperationCancelled, l.Block
			}
		}
	}
	for i := range uint64(len(calls)) {
		call, ok := calls[i]
		if !ok {
			return o, fmt.Sprintf("call %d of %d is missing from its logs", i+1, len(calls))
		}
		o.Calls = append(o.Calls, call)
	}
	return o, bad
}

// scheduled adds one call of an operation: a batch has one event for each.
func (openZeppelin) scheduled(o *ops.Operation, calls map[uint64]ops.Call, l ops.Log) (bad string) {
	if len(l.Topics) < 3 {
		return "an event lacks its index"
	}
	values, err := calldata.Unpack(scheduledData, l.Data)
	if err != nil {
		return "an event cannot be read: " + err.Error()
	}
	index := l.Topics[2].Big()
	if !index.IsUint64() || index.Uint64() > 1<<16 {
		return "an event's index is out of bounds"
	}
	data, _ := values[2].([]byte)
	predecessor, _ := values[3].([32]byte)
	to, _ := values[0].(common.Address)
	value, _ := values[1].(*big.Int)
	calls[index.Uint64()] = ops.Call{To: to, Value: value.String(), Data: data}
	o.Predecessor = predecessor
	delay, _ := values[4].(*big.Int)
	o.ETA = eta(o.Scheduled.Time, delay)
	o.Delay = seconds(delay)
	return ""
}

// Identify recomputes the id, in both forms: a batch of one is no single call.
func (openZeppelin) Identify(o *ops.Operation) ops.Check {
	check := ops.Check{Name: "id recomputed", Verdict: ops.OK}
	switch {
	case len(o.Calls) == 0:
		check.Verdict, check.Why = ops.Unknown, "none of its calls could be read"
	case len(o.Calls) == 1 && HashOperation(o.Calls[0], o.Predecessor, o.Salt) == o.ID:
	case HashOperationBatch(o.Calls, o.Predecessor, o.Salt) == o.ID:
		o.Batch = true
	default:
		check.Verdict, check.Why = ops.Unknown, "the id does not come out of its calls and salt: the salt may be unknown"
	}
	return check
}

var (
	getTimestamp = selector("getTimestamp(bytes32)")
	getMinDelay  = selector("getMinDelay()")
)

// doneTimestamp is what the contract stores for an executed operation
// (_DONE_TIMESTAMP in TimelockController.sol).
var doneTimestamp = big.NewInt(1)

// stamp is the read that tells what the contract itself says of an operation.
func (z openZeppelin) stamp(id common.Hash) ops.Read {
	return z.view(getTimestamp+string(id[:]), "getTimestamp("+id.Hex()+")")
}

func (z openZeppelin) minDelay() ops.Read { return z.view(getMinDelay, "getMinDelay()") }

// Asks also asks after the predecessor: until it is done, the operation is blocked.
func (z openZeppelin) Asks(o ops.Operation) []ops.Read {
	if o.Predecessor == (common.Hash{}) {
		return []ops.Read{z.stamp(o.ID)}
	}
	return []ops.Read{z.stamp(o.ID), z.stamp(o.Predecessor)}
}

func (z openZeppelin) Settings(about []ops.Log) []ops.Read {
	return append([]ops.Read{z.minDelay()}, z.roles(about)...)
}

func (z openZeppelin) Terms(about []ops.Log, now ops.Readings) Terms {
	least := number(now[z.minDelay()])
	t := Terms{MinDelay: seconds(least), Known: least != nil}
	t.Executors, t.Cancellers = z.holders(about, now)
	return t
}

func (z openZeppelin) Settle(o *ops.Operation, at ops.BlockRef, terms Terms, now ops.Readings) {
	o.MinDelay, o.Executors, o.Cancellers = terms.MinDelay, terms.Executors, terms.Cancellers
	mature(o, at)
	if reading, ok := now[z.stamp(o.ID)]; ok {
		o.Checks = append(o.Checks, agrees(*o, reading))
	} else {
		unasked(o, now)
	}
	if reading, ok := now[z.stamp(o.Predecessor)]; ok && waits(*o) && o.Predecessor != (common.Hash{}) {
		switch stamp := number(reading); {
		case stamp == nil:
			o.Blocked = "whether its predecessor is done: " + unanswered(reading)
		case stamp.Cmp(doneTimestamp) != 0:
			o.Blocked = "its predecessor " + shortHash(o.Predecessor) + " is not done"
		}
	}
}

// agrees compares what was folded from logs with what the contract says: a log can be
// missed, a contract's storage cannot.
func agrees(o ops.Operation, r ops.Reading) ops.Check {
	c := ops.Check{Name: "contract agrees", Verdict: ops.Unknown}
	stamp := number(r)
	if stamp == nil {
		c.Why = unanswered(r)
		return c
	}
	if o.ETA.IsZero() && waits(o) {
		c.Why = neverComes
		return c
	}
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

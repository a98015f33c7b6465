// Package timelock folds the logs of an OpenZeppelin TimelockController (v5) into
// its queue: what waits, until when, what it will do in plain words, and whether
// it is what was approved.
//
// It is pure, and must never take an operation's word for what it is: ids are
// recomputed from the calls, and an id that does not come out is UNKNOWN, never
// approved. Facts: contracts/governance/TimelockController.sol, tag v5.7.0.
package timelock

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// Timelock is one contract and what is needed to read its queue.
type Timelock struct {
	ID        string
	Address   common.Address
	Approved  map[common.Hash]string      // operation id to its name in a release: vault-v2 O2
	Contracts map[common.Address]*abi.ABI // for decoding calls
	Names     map[common.Address]string   // what the policy calls them
}

// entry is an operation while its logs are folded.
type entry struct {
	op    ops.Operation
	delay *big.Int
	calls map[uint64]ops.Call
	bad   string // why its logs could not be read
}

// Fold reads the queue out of the timelock's logs, in the order of the chain, as
// it stands at the block. Newest last.
func (t Timelock) Fold(logs []ops.Log, at ops.BlockRef) []ops.Operation {
	entries := map[common.Hash]*entry{}
	var order []common.Hash
	for _, l := range logs {
		if l.Address != t.Address || len(l.Topics) < 2 {
			continue
		}
		id := l.Topics[1]
		e, known := entries[id]
		switch l.Topics[0] {
		case callScheduled:
			if !known || e.op.State == ops.OperationCancelled { // a cancelled id can be scheduled again
				e = &entry{op: ops.Operation{Timelock: t.ID, ID: id, Scheduled: l.Block, State: ops.OperationWaiting}, calls: map[uint64]ops.Call{}}
				entries[id] = e
				order = append(slices.DeleteFunc(order, func(o common.Hash) bool { return o == id }), id)
			}
			e.scheduled(l)
		case callSalt:
			if known && len(l.Data) == 32 {
				e.op.Salt = common.BytesToHash(l.Data)
			}
		case callExecuted:
			if known {
				e.op.State, e.op.Ended = ops.OperationDone, l.Block
			}
		case cancelled:
			if known {
				e.op.State, e.op.Ended = ops.OperationCancelled, l.Block
			}
		}
	}
	out := make([]ops.Operation, len(order))
	for i, id := range order {
		out[i] = t.finish(entries[id], at)
	}
	shorten(out)
	return out
}

// finish decodes, dates and checks one operation.
func (t Timelock) finish(e *entry, at ops.BlockRef) ops.Operation {
	o := e.op
	for i := range uint64(len(e.calls)) {
		call, ok := e.calls[i]
		if !ok {
			e.bad = fmt.Sprintf("call %d of %d is missing from its logs", i+1, len(e.calls))
			break
		}
		call.Name = t.Names[call.To]
		call.Function = calldata.Describe(t.Contracts[call.To], call.Data, t.Names)
		o.Calls = append(o.Calls, call)
	}
	o.ETA = eta(o.Scheduled.Time, e.delay)
	if o.State == ops.OperationWaiting && !o.ETA.IsZero() && !at.Time.Before(o.ETA) {
		o.State = ops.OperationReady
	}
	t.approve(&o, e.bad)
	return o
}

// lastSecond is 9999-12-31T23:59:59Z: beyond it no journal can write a time down.
const lastSecond = 253402300799

// eta is when the operation can be executed; zero when that is beyond any
// calendar, and so never.
func eta(scheduled time.Time, delay *big.Int) time.Time {
	if delay == nil || !delay.IsInt64() || delay.Int64() > lastSecond-scheduled.Unix() {
		return time.Time{}
	}
	return time.Unix(scheduled.Unix()+delay.Int64(), 0).UTC()
}

// approve recomputes the id, in both forms, and looks it up.
func (t Timelock) approve(o *ops.Operation, bad string) {
	check := ops.Check{Name: "id recomputed", Verdict: ops.OK}
	switch {
	case bad != "":
		check.Verdict, check.Why = ops.Unknown, bad
	case len(o.Calls) == 0:
		check.Verdict, check.Why = ops.Unknown, "none of its calls could be read"
	case len(o.Calls) == 1 && HashOperation(o.Calls[0], o.Predecessor, o.Salt) == o.ID:
	case HashOperationBatch(o.Calls, o.Predecessor, o.Salt) == o.ID:
		o.Batch = true
	default:
		check.Verdict, check.Why = ops.Unknown, "the id does not come out of its calls and salt: the salt may be unknown"
	}
	o.Checks = append(o.Checks, check)
	if check.Verdict != ops.OK {
		o.Approved = ops.Unknown
		return
	}
	o.Approved = ops.Breach
	if as, ok := t.Approved[o.ID]; ok {
		o.Approved, o.ApprovedAs = ops.OK, as
	}
}

// shorten gives each operation a spoken id: T1·4a, longer where two would clash.
func shorten(queue []ops.Operation) {
	ids := make([]string, len(queue))
	for i, o := range queue {
		ids[i] = hex.EncodeToString(o.ID[:])
	}
	sorted := slices.Sorted(slices.Values(ids)) // only neighbours can share the most digits
	for i, id := range ids {
		at, _ := slices.BinarySearch(sorted, id)
		digits := 2
		for _, other := range []int{at - 1, at + 1} {
			if other >= 0 && other < len(sorted) {
				digits = max(digits, shared(id, sorted[other])+1)
			}
		}
		queue[i].Short = queue[i].Timelock + "·" + id[:min(digits, len(id))]
	}
}

// shared is how many digits two ids begin with in common.
func shared(a, b string) int {
	n := 0
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// Sorted puts what waits first, by ETA, and what is over last, newest first.
func Sorted(queue []ops.Operation) []ops.Operation {
	out := slices.Clone(queue)
	rank := func(o ops.Operation) int {
		switch o.State {
		case ops.OperationReady:
			return 0
		case ops.OperationWaiting:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(out, func(a, b ops.Operation) int {
		if r := cmp.Compare(rank(a), rank(b)); r != 0 {
			return r
		}
		if rank(a) == 2 {
			return cmp.Or(b.Scheduled.Time.Compare(a.Scheduled.Time), cmp.Compare(b.Scheduled.Number, a.Scheduled.Number)) // by time: it may be of several chains
		}
		switch { // never is later than any time
		case a.ETA.IsZero() && !b.ETA.IsZero():
			return 1
		case b.ETA.IsZero() && !a.ETA.IsZero():
			return -1
		}
		return a.ETA.Compare(b.ETA)
	})
	return out
}

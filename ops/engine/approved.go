package engine

import (
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// approved maps the ids of the release's operations to their names, after recomputing
// each from what it says, as its kind of timelock does: a release must not approve what
// it does not say.
func (a *arranger) approved(kind string) []timelock.Planned {
	var out []timelock.Planned
	for _, o := range a.release.Operations {
		if len(o.Calls) == 0 {
			continue
		}
		id := idOf(kind, o)
		if id != o.Operation && a.faults.Err() == nil { // other faults may be the cause
			a.fault(policy.ReleaseFile, o.At, "from what it says comes "+id.Hex(), "operation %s: its id is not that of its calls", o.ID)
		}
		calls := slices.Clone(o.Calls)
		if kind == "delay" && o.Form == "delegatecall" {
			calls[0].Delegate = true
		}
		out = append(out, timelock.Planned{
			ID: id, Name: a.release.Name + " " + o.ID, Calls: calls, Predecessor: o.Predecessor, Delay: o.Delay, From: o.From, Rollback: o.Purpose == "rollback",
		})
	}
	return out
}

// idOf is the id that a timelock of the kind will give to a committed operation, which
// has calls.
func idOf(kind string, o policy.Operation) common.Hash {
	first := o.Calls[0]
	switch kind {
	case "access-manager":
		return timelock.HashManaged(o.Caller, first.To, first.Data)
	case "compound":
		return compoundID(first, o)
	case "delay":
		first.Delegate = o.Form == "delegatecall"
		return timelock.HashAdded(first)
	}
	if o.Form == "batch" {
		return timelock.HashOperationBatch(o.Calls, o.Predecessor, o.Salt)
	}
	return timelock.HashOperation(first, o.Predecessor, o.Salt)
}

// compoundID has the function's signature in full, or in the calldata as its selector.
func compoundID(c ops.Call, o policy.Operation) common.Hash {
	value, ok := new(big.Int).SetString(c.Value, 10)
	switch {
	case !ok || o.ETA == nil:
		return common.Hash{}
	case o.Form == "signature":
		return timelock.HashTransaction(c.To, value, c.Function, c.Data[min(4, len(c.Data)):], o.ETA)
	}
	return timelock.HashTransaction(c.To, value, "", c.Data, o.ETA)
}

package engine

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// To execute what a timelock holds is the one thing so far that loosens. What it is stands
// in release.yaml, to the byte; it is executed only while it waits as that, ready and
// without any doubt.

// planned is an operation of the release, by its id there.
func (a *arranger) planned(d disposal) (policy.Operation, bool) {
	i := slices.IndexFunc(a.release.Operations, func(o policy.Operation) bool { return o.ID == d.operation && len(o.Calls) > 0 })
	if i < 0 || a.release.Timelock != d.timelock {
		return policy.Operation{}, false
	}
	return a.release.Operations[i], true
}

// executes checks a step that executes.
func (a *arranger) executes(doc runbooks.Runbook, s runbooks.Step, d disposal) {
	if _, ok := a.planned(d); !ok {
		var known []string
		for _, o := range a.release.Operations {
			known = append(known, fmt.Sprintf("execute(%s, %s)", a.release.Timelock, o.ID))
		}
		a.fault(doc.File, s.Call, "what is approved: "+strings.Join(known, ", "), "step %s: release.yaml has no operation %s in %s, and nothing else is executed", s.ID, d.operation, d.timelock)
	}
	if s.Effect.Value != "loosens" && s.Effect.Line > 0 {
		a.fault(doc.File, s.Effect, "loosens", "step %s: to execute is to loosen, whatever is executed", s.ID)
	}
}

// execution is the call that executes an operation of the release.
func (b book) execution(lock timelock.Timelock, d disposal) (ops.Call, error) {
	o, ok := b.rules.planned(d)
	if !ok {
		return ops.Call{}, fmt.Errorf("%w: release.yaml has no operation %s in %s", ErrNoRunbook, d.operation, d.timelock)
	}
	function, data := executionOf(lock, o)
	if data == nil {
		return ops.Call{}, fmt.Errorf("%w: operation %s cannot be executed as it stands in release.yaml", ErrNoRunbook, d.operation)
	}
	name := lock.Names[lock.Address]
	return ops.Call{To: lock.Address, Name: name, Function: fmt.Sprintf("%s.%s(%s %s)", name, function, b.rules.release.Name, o.ID), Value: "0", Data: data}, nil
}

// executionOf is the function that executes a committed operation, and its calldata; nil
// where it cannot be made.
func executionOf(lock timelock.Timelock, o policy.Operation) (function string, data []byte) {
	first := o.Calls[0]
	value, ok := new(big.Int).SetString(first.Value, 10)
	if !ok {
		return "", nil
	}
	switch {
	case lock.Kind == "access-manager":
		return lock.Execution(first.To, first.Data)
	case lock.Kind == "compound" && o.ETA == nil:
		return "", nil
	case lock.Kind == "compound" && o.Form == "signature":
		return lock.Execution(first.To, value, first.Function, first.Data[min(4, len(first.Data)):], o.ETA)
	case lock.Kind == "compound":
		return lock.Execution(first.To, value, "", first.Data, o.ETA)
	case lock.Kind == "delay":
		var operation uint8
		if o.Form == "delegatecall" {
			operation = 1
		}
		return lock.Execution(first.To, value, first.Data, operation)
	case o.Form == "batch":
		targets, values, payloads := []common.Address{}, []*big.Int{}, [][]byte{}
		for _, c := range o.Calls {
			n, ok := new(big.Int).SetString(c.Value, 10)
			if !ok {
				return "", nil
			}
			targets, values, payloads = append(targets, c.To), append(values, n), append(payloads, c.Data)
		}
		return lock.Execution(targets, values, payloads, o.Predecessor, o.Salt)
	}
	return lock.Execution(first.To, value, first.Data, o.Predecessor, o.Salt)
}

// judged says of an operation that is to be executed what it is, and each doubt that
// there is about it.
func (b book) judged(d disposal, queue []ops.Operation, locks []ops.Timelock, out map[string]string) {
	p, _ := b.rules.planned(d)
	out[d.arg(argID)], out[d.arg(argNonce)] = p.Operation.Hex(), ""
	var found []ops.Operation
	for _, o := range queue {
		if o.Timelock == d.timelock && o.ID == p.Operation && (o.State == ops.OperationWaiting || o.State == ops.OperationReady) {
			found = append(found, o)
		}
	}
	var doubts []string
	doubt := func(format string, args ...any) { doubts = append(doubts, fmt.Sprintf(format, args...)) }
	for _, o := range found {
		if o.Approved == ops.OK || len(found) == 1 { // of several with one id one is approved, and no more
			out[d.arg(argNonce)] = o.Nonce
			doubtful(o, doubt)
		}
	}
	if len(found) == 0 {
		doubt("%s %s does not wait in %s: nothing can be executed", b.rules.release.Name, d.operation, d.timelock)
	}
	for _, l := range locks {
		for _, h := range l.Hazards {
			if l.ID == d.timelock && h.Verdict != ops.OK {
				doubt("%s: %s", l.ID, h.Text)
			}
		}
	}
	out[d.arg(argDoubts)] = strings.Join(doubts, "; ")
}

// doubtful says what speaks against executing an operation now.
func doubtful(o ops.Operation, doubt func(format string, args ...any)) {
	if o.Approved != ops.OK {
		doubt("%s is approved by nobody", o.Short)
	}
	if o.State != ops.OperationReady {
		doubt("%s is not ready before %s", o.Short, o.ETA.UTC().Format("2006-01-02 15:04:05Z"))
	}
	if o.Blocked != "" {
		doubt("%s: %s", o.Short, o.Blocked)
	}
	for _, c := range o.Checks {
		if c.Verdict != ops.OK {
			doubt("%s: %s: %s", o.Short, c.Name, c.Why)
		}
	}
	for _, h := range o.Hazards {
		if h.Verdict != ops.OK {
			doubt("%s: %s", o.Short, h.Text)
		}
	}
}

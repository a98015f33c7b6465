package engine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// A step may name a timelock and an operation in the place of a call: cancel(T2,
// operation). The timelock's kind fixes the function; the finding gives the id; the
// arguments are the operation's own, as the ledger has them when the plan is made. What
// it brings about is cancelled(T2, operation) == true.

var (
	cancelShape    = regexp.MustCompile(`^cancel\((\w+), *(\w+)\)$`)
	cancelledShape = regexp.MustCompile(`^cancelled\((\w+), *(\w+)\) == true$`)
)

// cancellation is a step that cancels: in which timelock, and the parameter that names
// the operation.
type cancellation struct{ timelock, param string }

func cancellationOf(call string) (c cancellation, ok bool) {
	if m := cancelShape.FindStringSubmatch(call); m != nil {
		return cancellation{m[1], m[2]}, true
	}
	return c, false
}

// effect is how its effect is written.
func (c cancellation) effect() string {
	return "cancelled(" + c.timelock + ", " + c.param + ") == true"
}

// The arguments that a bound runbook has beside its own parameters. None of them can be
// the name of a parameter.
func (c cancellation) calldata() string { return "cancel(" + c.timelock + ", " + c.param + ")" }
func (c cancellation) nonce() string    { return "nonce(" + c.timelock + ", " + c.param + ")" }
func (c cancellation) may() string      { return "may(" + c.timelock + ", " + c.param + ")" }
func (c cancellation) voids() string    { return "voids(" + c.timelock + ", " + c.param + ")" }

// contractOf is the contract that a step calls, by its name in the policy.
func contractOf(p *policy.Policy, s runbooks.Step) (name string, ok bool) {
	if c, cancels := cancellationOf(s.Call.Value); cancels {
		for _, t := range p.Timelocks {
			if t.ID == c.timelock {
				return t.Contract.Value, true
			}
		}
		return "", false
	}
	name, _, called := strings.Cut(s.Call.Value, ".")
	_, known := p.Contracts[name]
	return name, called && known
}

// lock is a timelock of the policy, as far as cancelling in it goes.
func (a *arranger) lock(id string) (timelock.Timelock, bool) {
	i := slices.IndexFunc(a.policy.Timelocks, func(t policy.Timelock) bool { return t.ID == id })
	if i < 0 {
		return timelock.Timelock{}, false
	}
	t := a.policy.Timelocks[i]
	names := map[common.Address]string{}
	for name, c := range a.policy.Contracts {
		names[c.Address] = name
	}
	return timelock.Timelock{ID: t.ID, Kind: t.Kind, Address: a.policy.Contracts[t.Contract.Value].Address, Names: names}, true
}

// cancels checks a step that cancels.
func (a *arranger) cancels(doc runbooks.Runbook, s runbooks.Step, c cancellation) {
	if _, ok := a.lock(c.timelock); !ok {
		known := map[string]bool{}
		for _, t := range a.policy.Timelocks {
			known[t.ID] = true
		}
		a.fault(doc.File, s.Call, "timelocks: "+listed(known), "step %s: no timelock has the id %q", s.ID, c.timelock)
	}
	if p, ok := doc.Params[c.param]; !ok || p.Type.Value != "bytes32" {
		a.fault(doc.File, s.Call, "params: {"+c.param+": {type: bytes32, from: finding}}", "step %s: %s is no parameter of 32 bytes, and what is cancelled comes from a finding", s.ID, c.param)
	}
	if s.Effect.Value == "loosens" {
		a.fault(doc.File, s.Effect, "restricts", "step %s: to cancel is to restrict", s.ID)
	}
	if s.Expect.Value != c.effect() && s.Expect.Line > 0 {
		a.fault(doc.File, s.Expect, "write "+c.effect(), "step %s: each kind of timelock proves in its own way that an operation is gone", s.ID)
	}
}

// gone is the condition of a text that says that an operation is cancelled. ok is false
// for any other text.
func (a *arranger) gone(text string, args map[string]string) (g contain.Condition, ok bool) {
	m := cancelledShape.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	c := cancellation{m[1], m[2]}
	lock, known := a.lock(c.timelock)
	return lock.Gone(common.HexToHash(args[c.param]), args[c.nonce()], text), known
}

// cancelled checks contained_when, where it says that an operation is cancelled: some
// step has to cancel that one, or nobody knows its nonce.
func (a *arranger) cancelled(doc runbooks.Runbook) bool {
	if !cancelledShape.MatchString(doc.Until.Holds.Value) {
		return false
	}
	if !slices.ContainsFunc(doc.Steps, func(s runbooks.Step) bool {
		c, ok := cancellationOf(s.Call.Value)
		return ok && c.effect() == doc.Until.Holds.Value
	}) {
		a.fault(doc.File, doc.Until.Holds, "name what a step cancels, as its expect does", "%s: contained_when waits for what no step cancels", doc.Name)
	}
	return true
}

// cancel binds a step that cancels to the operation that the arguments name.
func (b book) cancel(c cancellation, args map[string]string, find signers, out *contain.Step) error {
	lock, _ := b.rules.lock(c.timelock)
	id := common.HexToHash(args[c.param])
	data, err := hexutil.Decode(args[c.calldata()])
	if err != nil {
		return fmt.Errorf("%w: which operation of %s is to be cancelled is not known", ErrNoRunbook, c.timelock)
	}
	if out.Call, err = lock.Cancelling(id, args[c.nonce()], data); err != nil {
		return err
	}
	if voided := args[c.voids()]; voided != "" {
		out.Doubts = append(out.Doubts, "TO CANCEL IT VOIDS WHAT WAITS BEFORE IT: "+voided)
	}
	if find.witness != nil {
		out.Witness = find.witness(c.timelock, id, args[c.nonce()])
	}
	if may := args[c.may()]; may != "" {
		out.May = "in " + c.timelock + " it may be cancelled by " + may
	}
	return nil
}

// chosen adds to the arguments of a runbook what its steps that cancel have to know of
// the operation: what cancels it, as the ledger says at the block of the queue. The
// journal keeps it with the intent, so that the same is bound again after a crash.
func (b book) chosen(args map[string]string, queue []ops.Operation, locks []ops.Timelock) (map[string]string, error) {
	out := args
	for _, s := range b.doc.Steps {
		c, ok := cancellationOf(s.Call.Value)
		if !ok || args == nil {
			continue
		}
		if len(out) == len(args) {
			out = map[string]string{}
			maps.Copy(out, args)
		}
		o, err := waiting(queue, c.timelock, args[c.param], args[detect.NonceArg])
		if err != nil {
			return nil, err
		}
		if o.Cancel == nil {
			return nil, fmt.Errorf("%w: %s cannot be cancelled: what cancels it does not come out of its logs", ErrNoRunbook, o.Short)
		}
		out[c.calldata()], out[c.nonce()], out[c.may()] = hexutil.Encode(o.Cancel), o.Nonce, strings.Join(o.Cancellers, ", ")
		for _, l := range locks {
			if l.ID == c.timelock {
				out[c.voids()] = strings.Join(timelock.Voided(l, queue, o), ", ")
			}
		}
	}
	return out, nil
}

// waiting is the one operation of a timelock with an id that waits.
func waiting(queue []ops.Operation, lock, id, nonce string) (ops.Operation, error) {
	var found []ops.Operation
	for _, o := range queue {
		if o.Timelock == lock && o.ID.Hex() == id && (nonce == "" || o.Nonce == nonce) && (o.State == ops.OperationWaiting || o.State == ops.OperationReady) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return ops.Operation{}, fmt.Errorf("%w: no operation %s waits in %s: it was executed, cancelled, or is another timelock's", ErrNoRunbook, id, lock)
	}
	return ops.Operation{}, fmt.Errorf("%w: %d operations %s wait in %s, and nothing says which is meant", ErrNoRunbook, len(found), id, lock)
}

// meant reports whether an operation may be what bound arguments cancel, where they do:
// of several with one id its timelock and its nonce tell.
func meant(args map[string]string, o ops.Operation) bool {
	for name, nonce := range args {
		if lock, ok := strings.CutPrefix(name, "nonce("); ok && (!strings.HasPrefix(lock, o.Timelock+", ") || nonce != o.Nonce) {
			return false
		}
	}
	return true
}

// lockedCancel is what the lock says of a step that cancels: target, kind and function
// are fixed, and a placeholder says what comes of the operation.
func (b book) lockedCancel(s runbooks.Step, c cancellation) (pack.Step, error) {
	lock, ok := b.rules.lock(c.timelock)
	if !ok {
		return pack.Step{}, fmt.Errorf("%s: no timelock has the id %s", s.ID, c.timelock)
	}
	function, selector, takes := lock.CancelFunction()
	contract, _ := contractOf(b.rules.policy, s)
	kind := lock.Kind
	if kind == "" {
		kind = "oz"
	}
	return pack.Step{
		ID: s.ID, Contract: contract, Target: lock.Address.Hex(), Function: function, Selector: hexutil.Encode(selector),
		Calldata:   fmt.Sprintf("%s{of %s in %s, %s: %s}", hexutil.Encode(selector), c.param, c.timelock, kind, takes),
		Parameters: map[string]string{c.param: "bytes32"},
	}, nil
}

// afterwards is the witness of a step that cancels: what the logs say became of it.
type afterwards struct {
	engine      *Engine
	lock, nonce string
	id          common.Hash
}

func (e *Engine) witness(lock string, id common.Hash, nonce string) contain.Witness {
	return afterwards{e, lock, nonce, id}
}

// Says reads the ledger as the loop left it. Before the loop came to the block it knows
// nothing.
func (w afterwards) Says(at ops.BlockRef, ours bool) (why string, known bool) {
	w.engine.mu.Lock()
	head, queue := w.engine.shared.head, w.engine.shared.queue
	w.engine.mu.Unlock()
	if head.Zero() || head.Number < at.Number {
		return "", false
	}
	for _, o := range queue {
		if o.Timelock != w.lock || o.ID != w.id || o.Nonce != w.nonce {
			continue
		}
		return ended(o, at, ours)
	}
	return "", true // a reorg took its scheduling back
}

// ended says what became of an operation that its contract does not hold any more.
func ended(o ops.Operation, at ops.BlockRef, ours bool) (why string, known bool) {
	switch o.State {
	case ops.OperationDone:
		return fmt.Sprintf("%s was EXECUTED at #%d", o.Short, o.Ended.Number), true
	case ops.OperationOver:
		if ours { // a Delay refuses to be moved past what it is past already
			return "", true
		}
		return fmt.Sprintf("%s is over since #%d, and whether it was executed or skipped its contract does not say", o.Short, o.Ended.Number), true
	case ops.OperationWaiting, ops.OperationReady:
		if o.Scheduled.Number <= at.Number {
			return "", false
		}
		if o.Spent.Number > o.Again.Number {
			return fmt.Sprintf("%s was EXECUTED at #%d, and scheduled again", o.Short, o.Spent.Number), true
		}
	}
	return "", true
}

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
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// disposal is a step that names a timelock and an operation in the place of a call:
// cancel(T2, operation), where a finding gives the operation's id, or execute(T2, O1),
// where release.yaml says what it is. The timelock's kind fixes the function. What it
// brings about is cancelled(T2, operation) == true, or executed(T2, O1) == true.
type disposal struct{ verb, timelock, operation string }

var (
	disposalShape = regexp.MustCompile(`^(cancel|execute)\((\w+), *(\w+)\)$`)
	disposedShape = regexp.MustCompile(`^(cancel|execute)(?:led|d)\((\w+), *(\w+)\) == true$`)
	effects       = map[string]string{"cancel": "cancelled", "execute": "executed"}
)

func disposalOf(call string) (d disposal, ok bool) {
	if m := disposalShape.FindStringSubmatch(call); m != nil {
		return disposal{m[1], m[2], m[3]}, true
	}
	return d, false
}

// disposedIn is the step of which a condition says that it is done.
func disposedIn(condition string) (d disposal, ok bool) {
	m := disposedShape.FindStringSubmatch(condition)
	if m == nil {
		return d, false
	}
	d = disposal{m[1], m[2], m[3]}
	return d, strings.HasPrefix(condition, effects[d.verb]+"(")
}

func (d disposal) executes() bool { return d.verb == "execute" }

// effect is how what it brings about is written.
func (d disposal) effect() string { return d.arg(effects[d.verb]) + " == true" }

// arg names what a bound runbook knows of the operation beside its own parameters: no
// parameter can have such a name.
func (d disposal) arg(what string) string {
	return what + "(" + d.timelock + ", " + d.operation + ")"
}

// What is known of the operation when the plan is made. The journal keeps it with the
// intent, so that the same is bound again after a crash.
const (
	argCalldata = "calldata" // that cancels it
	argID       = "id"       // of what is executed
	argNonce    = "nonce"
	argVoids    = "voids"  // what goes with it
	argMay      = "may"    // who may cancel it
	argDoubts   = "doubts" // why it should not be executed
)

var disposalArgs = []string{argCalldata, argID, argNonce, argVoids, argMay, argDoubts}

// contractOf is the contract that a step calls, by its name in the policy.
func contractOf(p *policy.Policy, s runbooks.Step) (name string, ok bool) {
	if d, disposes := disposalOf(s.Call.Value); disposes {
		for _, t := range p.Timelocks {
			if t.ID == d.timelock {
				return t.Contract.Value, true
			}
		}
		return "", false
	}
	name, _, called := strings.Cut(s.Call.Value, ".")
	_, known := p.Contracts[name]
	return name, called && known
}

// lock is a timelock of the policy, as far as disposing of operations goes.
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

// disposes checks a step that names an operation.
func (a *arranger) disposes(doc runbooks.Runbook, s runbooks.Step, d disposal) {
	if _, ok := a.lock(d.timelock); !ok {
		known := map[string]bool{}
		for _, t := range a.policy.Timelocks {
			known[t.ID] = true
		}
		a.fault(doc.File, s.Call, "timelocks: "+listed(known), "step %s: no timelock has the id %q", s.ID, d.timelock)
	}
	if s.Expect.Value != d.effect() && s.Expect.Line > 0 {
		a.fault(doc.File, s.Expect, "write "+d.effect(), "step %s: each kind of timelock proves in its own way what became of an operation", s.ID)
	}
	if d.executes() {
		a.executes(doc, s, d)
		return
	}
	if p, ok := doc.Params[d.operation]; !ok || p.Type.Value != "bytes32" {
		a.fault(doc.File, s.Call, "params: {"+d.operation+": {type: bytes32, from: finding}}", "step %s: %s is no parameter of 32 bytes, and what is cancelled comes from a finding", s.ID, d.operation)
	}
	if s.Effect.Value == "loosens" {
		a.fault(doc.File, s.Effect, "restricts", "step %s: to cancel is to restrict", s.ID)
	}
}

// disposed checks contained_when, where it says that an operation is disposed of: some
// step has to do that, or nobody knows which operation it is.
func (a *arranger) disposed(doc runbooks.Runbook) bool {
	if _, ok := disposedIn(doc.Until.Holds.Value); !ok {
		return false
	}
	if !slices.ContainsFunc(doc.Steps, func(s runbooks.Step) bool {
		d, ok := disposalOf(s.Call.Value)
		return ok && d.effect() == doc.Until.Holds.Value
	}) {
		a.fault(doc.File, doc.Until.Holds, "name what a step disposes of, as its expect does", "%s: contained_when waits for what no step brings about", doc.Name)
	}
	return true
}

// condition compiles what a runbook waits for.
func (b book) condition(text string, scope measure.Scope, args map[string]string) (contain.Condition, error) {
	d, ok := disposedIn(text)
	if !ok {
		return measure.CompileCondition(text, scope)
	}
	lock, _ := b.rules.lock(d.timelock)
	if d.executes() {
		return lock.Executed(common.HexToHash(args[d.arg(argID)]), args[d.arg(argNonce)], text), nil
	}
	return lock.Gone(common.HexToHash(args[d.operation]), args[d.arg(argNonce)], text), nil
}

// dispose binds a step to the operation that the arguments name.
func (b book) dispose(d disposal, args map[string]string, find signers, out *contain.Step) error {
	lock, _ := b.rules.lock(d.timelock)
	id := common.HexToHash(args[d.operation])
	var err error
	if d.executes() {
		id = common.HexToHash(args[d.arg(argID)])
		out.Call, err = b.execution(lock, d)
		if doubts := args[d.arg(argDoubts)]; doubts != "" {
			out.Doubts = append(out.Doubts, doubts)
		}
	} else {
		out.Call, err = b.cancel(lock, d, id, args, out)
	}
	if find.witness != nil {
		out.Witness = find.witness(afterwards{lock: d.timelock, id: id, nonce: args[d.arg(argNonce)], executed: d.executes()})
	}
	return err
}

// cancel is the call that cancels, and what has to be said of it.
func (b book) cancel(lock timelock.Timelock, d disposal, id common.Hash, args map[string]string, out *contain.Step) (ops.Call, error) {
	data, err := hexutil.Decode(args[d.arg(argCalldata)])
	if err != nil {
		return ops.Call{}, fmt.Errorf("%w: which operation of %s is to be cancelled is not known", ErrNoRunbook, d.timelock)
	}
	if voided := args[d.arg(argVoids)]; voided != "" {
		out.Doubts = append(out.Doubts, "TO CANCEL IT VOIDS WHAT WAITS BEFORE IT: "+voided)
	}
	if may := args[d.arg(argMay)]; may != "" {
		out.May = "in " + d.timelock + " it may be cancelled by " + may
	}
	return lock.Cancelling(id, args[d.arg(argNonce)], data)
}

// chosen adds to the arguments of a runbook what its steps have to know of operations, as
// the ledger says it at the block of the queue.
func (b book) chosen(args map[string]string, queue []ops.Operation, locks []ops.Timelock) (map[string]string, error) {
	out := maps.Clone(args)
	for _, s := range b.doc.Steps {
		d, ok := disposalOf(s.Call.Value)
		switch {
		case !ok || args == nil && !d.executes():
			continue
		case out == nil:
			out = map[string]string{}
		}
		if d.executes() {
			b.judged(d, queue, locks, out)
			continue
		}
		o, err := waiting(queue, d.timelock, args[d.operation], args[detect.NonceArg])
		if err != nil {
			return nil, err
		}
		if o.Cancel == nil {
			return nil, fmt.Errorf("%w: %s cannot be cancelled: what cancels it does not come out of its logs", ErrNoRunbook, o.Short)
		}
		out[d.arg(argCalldata)], out[d.arg(argNonce)], out[d.arg(argMay)] = hexutil.Encode(o.Cancel), o.Nonce, strings.Join(o.Cancellers, ", ")
		out[d.arg(argVoids)] = strings.Join(o.Voids, ", ")
	}
	return out, nil
}

// taken are the arguments that the runbook takes: its parameters, and what is known of
// the operations that its steps dispose of.
func (b book) taken(args map[string]string) map[string]string {
	out := map[string]string{}
	for name := range b.doc.Params {
		out[name] = args[name]
	}
	for _, s := range b.doc.Steps {
		d, ok := disposalOf(s.Call.Value)
		for _, what := range disposalArgs {
			if v, given := args[d.arg(what)]; ok && given {
				out[d.arg(what)] = v
			}
		}
	}
	return out
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

// about says in plain words what the operations stand for that bound arguments name.
func about(args map[string]string, queue []ops.Operation) string {
	var said []string
	for _, o := range queue {
		if meant(args, o) {
			calls := make([]string, len(o.Calls))
			for i, c := range o.Calls {
				to := c.Name
				if to == "" {
					to = c.To.Hex()
				}
				calls[i] = to + "." + c.Function
			}
			said = append(said, o.Short+": "+strings.Join(calls, "; "))
		}
	}
	return strings.Join(said, "; ")
}

var argShape = regexp.MustCompile(`^nonce\((\w+), *(\w+)\)$`)

// meant reports whether an operation is one that bound arguments name. Of several with
// one id its timelock and its nonce tell, where a step disposes of it.
func meant(args map[string]string, o ops.Operation) bool {
	disposes := false
	for name, nonce := range args {
		m := argShape.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		disposes = true
		id := args[m[2]]
		if id == "" {
			id = args["id("+m[1]+", "+m[2]+")"]
		}
		if m[1] == o.Timelock && id == o.ID.Hex() && nonce == o.Nonce {
			return true
		}
	}
	return !disposes && o.ID.Hex() == args[detect.OperationArg]
}

// fixed is what the lock says of a step that disposes of an operation: target, kind and
// function are fixed, and so is all of the calldata, or a placeholder says what comes of
// the operation that a finding names.
func (b book) fixed(s runbooks.Step, d disposal) (pack.Step, error) {
	lock, ok := b.rules.lock(d.timelock)
	if !ok {
		return pack.Step{}, fmt.Errorf("%s: no timelock has the id %s", s.ID, d.timelock)
	}
	contract, _ := contractOf(b.rules.policy, s)
	out := pack.Step{ID: s.ID, Contract: contract, Target: lock.Address.Hex(), Safes: b.safes(s)}
	if d.executes() {
		call, err := b.execution(lock, d)
		if err != nil {
			return out, err
		}
		out.Function, out.Selector, out.Calldata = lock.ExecuteFunction(call.Data), hexutil.Encode(call.Data[:4]), hexutil.Encode(call.Data)
		return out, nil
	}
	function, selector, takes := lock.CancelFunction()
	kind := lock.Kind
	if kind == "" {
		kind = "oz"
	}
	out.Function, out.Selector = function, hexutil.Encode(selector)
	out.Calldata = fmt.Sprintf("%s{of %s in %s, %s: %s}", out.Selector, d.operation, d.timelock, kind, takes)
	out.Parameters = map[string]string{d.operation: "bytes32"}
	return out, nil
}

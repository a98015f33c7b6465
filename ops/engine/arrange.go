package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/canary"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

func (a *arranger) fault(file string, at document.Text, hint, format string, args ...any) {
	a.faults = append(a.faults, at.Fault(file, fmt.Sprintf(format, args...), hint))
}

// expression places a fault of an expression where it stands in its document,
// with a caret under it.
func (a *arranger) expression(file string, at document.Text, who string, err error) {
	if errors.Is(err, measure.ErrElsewhere) {
		return // the measure's own fault was said
	}
	var e *measure.Error
	if !errors.As(err, &e) {
		a.fault(file, at, "", "%s: %s", who, err)
		return
	}
	hint := e.Snippet
	if e.Hint != "" {
		hint += "\n" + e.Hint
	}
	f := ops.Fault{File: file, Line: at.Line + e.Line - 1, Column: e.Column, Message: who + ": " + e.Message, Hint: hint}
	if e.Line == 1 {
		f.Column += at.Column - 1
	}
	a.faults = append(a.faults, f)
}

func (a *arranger) constant(name string, text document.Text) {
	a.scope.Names[name] = measure.AddressValue(common.Address{}) // so that one bad constant is one fault
	if text.Line == 0 {
		return // it could not be read, and that was said
	}
	m, err := measure.Compile(text.Value, measure.Scope{})
	if err != nil {
		a.expression(policy.File, text, "constant "+name, err)
		return
	}
	v, err := m.Evaluate(measure.Frame{})
	if err != nil {
		a.fault(policy.File, text, "", "constant %s: %s", name, err)
		return
	}
	a.scope.Names[name] = v
}

// measures compiles what the policy gives a name.
func (a *arranger) measures() {
	sources := map[string]string{}
	for name, text := range a.policy.Measures {
		sources[name] = text.Value
	}
	compiled, faults := measure.CompileMeasures(sources, a.lookingBack())
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		if text := a.policy.Measures[name]; text.Line > 0 { // else its absence was said
			a.expression(policy.File, text, "measure "+name, faults[name])
		}
	}
	a.scope.Measures = compiled
}

// lookingBack is the scope of what is judged block by block, with a memory.
func (a *arranger) lookingBack() measure.Scope {
	s := a.scope
	s.History = true
	return s
}

// remember makes the memory of a condition that looks back.
func remember(m *measure.Measure, partial bool) func() detect.Memory {
	if !m.LooksBack() {
		return nil
	}
	return memory(m, partial)
}

// memory makes the memory of a condition.
func memory(m *measure.Measure, partial bool) func() detect.Memory {
	return func() detect.Memory {
		mem := m.NewMemory()
		if partial {
			mem.Partial()
		}
		return mem
	}
}

// looksAt takes in what a condition sums up, and how far back.
func (r *Rules) looksAt(m *measure.Measure) {
	r.events, r.longest = append(r.events, m.Events()...), max(r.longest, m.Longest())
	r.called = append(r.called, m.LongestOfCalls())
	r.remembers = max(r.remembers, m.Remembers())
}

func (a *arranger) invariant(r *Rules, i policy.Invariant, action ops.RunbookID) {
	m, err := measure.CompileCondition(i.Holds.Value, a.lookingBack())
	if err != nil {
		if i.Holds.Line > 0 { // else its absence was said
			a.expression(policy.File, i.Holds, string(i.ID), err)
		}
		return
	}
	if i.Warmup.Line > 0 && !m.LooksBack() {
		a.fault(policy.File, i.Warmup, "leave it out", "%s: it looks back at nothing, and needs no warmup", i.ID)
	}
	r.looksAt(m)
	r.invariants = append(r.invariants, detect.Invariant{
		Remember: remember(m, i.Warmup.Value == policy.WarmupKnown),
		ID:       i.ID, Title: i.Title, Owner: i.Owner, Class: i.Class, Severity: i.Severity, Condition: m, For: i.For, Clear: i.Clear, Confirmed: i.Confirmations, Action: action,
		Unit: detect.Unit{Decimals: i.Show.Decimals, Symbol: i.Show.Symbol}, Gives: a.gives(r, string(i.ID), i.Gives, i.Action, action),
	})
}

func (a *arranger) canary(r *Rules, c policy.Canary, action ops.RunbookID) {
	if a.release.Name != c.Release.Value {
		a.fault(policy.File, c.Release, "release.yaml is called "+a.release.Name, "canary %s watches the release %q, which there is not", c.ID, c.Release.Value)
	}
	k := canary.Canary{
		ID: c.ID, Release: c.Release.Value, Interval: c.Budget.Interval, Observe: c.Clock.Observe, MinBlocks: c.Clock.MinBlocks, Expires: c.Clock.Expires,
		Action: action, Spends: a.field("canary "+c.ID, c.Budget.Spends), User: a.field("canary "+c.ID, c.Segment.Field),
	}
	unit := detect.Unit{Decimals: c.Budget.Show.Decimals, Symbol: c.Budget.Show.Symbol}
	k.Show = unit.Quantity
	for _, o := range a.release.Operations {
		if o.Purpose == "upgrade" {
			k.Operation = o.Operation
		}
	}
	for _, text := range c.Segment.Allow {
		if address, err := document.ParseAddress(text.Value); err == nil { // else said by the policy
			k.Allowed = append(k.Allowed, address)
		}
	}
	for _, on := range c.Freeze.On {
		k.FreezeOn = append(k.FreezeOn, on.Value)
	}
	limit, err := measure.Compile(c.Budget.Limit.Value, a.scope)
	if err != nil {
		a.expression(policy.File, c.Budget.Limit, c.ID, err)
		return
	}
	v, err := limit.Evaluate(measure.Frame{})
	if err != nil || v.Rat() == nil || v.Rat().Sign() <= 0 {
		a.fault(policy.File, c.Budget.Limit, "as in ether(500)", "canary %s: the limit is not a number above zero", c.ID)
		return
	}
	k.Limit = v.Rat()
	r.canaries = append(r.canaries, k)
}

// field finds contract.Event.field.
func (a *arranger) field(who string, text document.Text) canary.EventField {
	parts := strings.Split(text.Value, ".")
	if len(parts) != 3 {
		a.fault(policy.File, text, "as in vault.Withdraw.assets", "%s: %q names no field of an event", who, text.Value)
		return canary.EventField{}
	}
	contract, ok := a.policy.Contracts[parts[0]]
	if !ok {
		a.fault(policy.File, text, "contracts: "+listed(a.policy.Contracts), "%s: no contract is called %q", who, parts[0])
		return canary.EventField{}
	}
	event, ok := contract.ABI.Events[parts[1]]
	if !ok {
		a.fault(policy.File, text, "it has: "+listed(contract.ABI.Events), "%s: %s has no event %q", who, parts[0], parts[1])
		return canary.EventField{}
	}
	if event.Anonymous {
		a.fault(policy.File, text, "name an event that has a topic of its own", "%s: %s is anonymous: it cannot be told from others", who, event.Sig)
	}
	fields := map[string]bool{}
	for _, in := range event.Inputs {
		fields[in.Name] = true
	}
	if !fields[parts[2]] {
		a.fault(policy.File, text, "it has: "+listed(fields), "%s: %s has no field %q", who, event.Sig, parts[2])
	}
	return canary.EventField{Contract: contract.Address, Event: event, Field: parts[2]}
}

func listed[V any](m map[string]V) string {
	if len(m) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

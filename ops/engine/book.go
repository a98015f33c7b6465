package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/safe"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// book is a runbook with everything about it that does not depend on a finding.
type book struct {
	doc    runbooks.Runbook
	rules  *arranger
	steady []ops.Read // what contained_when reads, where no argument is open
}

var freezeShape = regexp.MustCompile(`^freeze-promotion\((\w+)\)$`)

// book checks that every expression of the runbook compiles; open parameters
// stand for zero while it is checked.
func (a *arranger) book(doc runbooks.Runbook) book {
	b := book{doc: doc, rules: a}
	scope := a.scope
	if len(doc.Params) > 0 {
		zero := map[string]string{}
		for name, p := range doc.Params {
			zero[name] = common.Hash{}.Hex()
			if p.Type.Value == "address" {
				zero[name] = common.Address{}.Hex()
			}
		}
		scope, _ = b.scope(zero)
	}
	for name, p := range doc.Params {
		_, contract := a.scope.Contracts[name]
		_, named := a.scope.Measures[name]
		if _, constant := a.scope.Names[name]; contract || constant || named {
			a.fault(doc.File, p.Type, "give the parameter another name", "%s: %q is also a contract, a constant or a measure of the policy", doc.Name, name)
		}
	}
	condition := func(at document.Text, who string) *measure.Measure {
		m, err := measure.CompileCondition(at.Value, scope)
		if err != nil && at.Line > 0 {
			a.expression(doc.File, at, who, err)
			return nil
		}
		return m
	}
	if !a.disposed(doc) {
		if until := condition(doc.Until.Holds, doc.Name+": contained_when"); until != nil && len(doc.Params) == 0 {
			b.steady = until.Reads()
		}
	}
	for _, s := range doc.Steps {
		if s.When.Value != "" {
			condition(s.When, "step "+s.ID+": when")
		}
		if s.Takes.Value != "" {
			condition(s.Takes, "step "+s.ID+": takes")
		}
		if s.Control.Value != "" {
			a.control(doc, s)
			continue
		}
		if s.Ask != "" {
			continue
		}
		for _, name := range s.Lanes {
			lane := doc.Lanes[name.Value]
			a.maxFee(doc, lane, scope)
			if lane.Executor.Value != "" {
				a.maxFee(doc, doc.Lanes[lane.Executor.Value], scope)
			}
		}
		if d, ok := disposalOf(s.Call.Value); ok {
			a.disposes(doc, s, d)
		} else {
			a.called(doc, s, scope)
		}
		if _, disposes := disposedIn(s.Expect.Value); disposes {
			// each kind of timelock proves it in its own way
		} else if expect := condition(s.Expect, "step "+s.ID+": expect"); expect != nil && slices.ContainsFunc(expect.Reads(), func(r ops.Read) bool { return r.Links != "" }) {
			a.fault(doc.File, s.Expect, "write the argument out, or give it a name under constants in policy.yaml",
				"step %s: expect reads what another read answers, and cannot be simulated", s.ID)
		}
		a.authority(doc, s, scope)
		for name, hash := range s.WrittenFor {
			if _, ok := a.policy.Contracts[name]; !ok {
				a.fault(doc.File, hash, "contracts: "+listed(a.policy.Contracts), "step %s is written for %q, and no contract is called that", s.ID, name)
			}
			if _, err := document.ParseHash(hash.Value); err != nil {
				a.fault(doc.File, hash, "the hash of the code that runs there", "step %s: %s", s.ID, err)
			}
		}
	}
	return b
}

// called checks the call of a contract's function.
func (a *arranger) called(doc runbooks.Runbook, s runbooks.Step, scope measure.Scope) {
	_, err := measure.CompileCall(s.Call.Value, scope)
	switch {
	case err != nil && s.Call.Line > 0:
		a.expression(doc.File, s.Call, "step "+s.ID, err)
	case err == nil && s.Effect.Value == "loosens":
		a.fault(doc.File, s.Effect, "restricts, or call: execute(T1, O1)", "step %s: all that can be loosened so far is to execute an operation of release.yaml", s.ID)
	}
}

// control checks a step inside the console: it freezes promotion, or records roles.
func (a *arranger) control(doc runbooks.Runbook, s runbooks.Step) {
	if m := recordShape.FindStringSubmatch(s.Control.Value); m != nil {
		a.record(doc, s, m[1])
		return
	}
	m := freezeShape.FindStringSubmatch(s.Control.Value)
	if m == nil {
		a.fault(doc.File, s.Control, "freeze-promotion(C1), or record-roles(vault)", "step %s: the control %q is not known", s.ID, s.Control.Value)
		return
	}
	if !slices.ContainsFunc(a.policy.Canaries, func(c policy.Canary) bool { return c.ID == m[1] }) {
		a.fault(doc.File, s.Control, "name a canary of policy.yaml", "step %s: no canary has the id %q", s.ID, m[1])
	}
	if want := "frozen(" + m[1] + ") == true"; s.Expect.Value != want {
		a.fault(doc.File, s.Expect, "write "+want, "step %s: a freeze is proven by that it is frozen", s.ID)
	}
}

// scope adds the finding's arguments, typed by the runbook, to the policy's names.
func (b book) scope(args map[string]string) (measure.Scope, error) {
	scope := measure.Scope{Contracts: b.rules.scope.Contracts, Names: map[string]measure.Value{}, Measures: b.rules.scope.Measures}
	for name, v := range b.rules.scope.Names {
		scope.Names[name] = v
	}
	for name, p := range b.doc.Params {
		text, ok := args[name]
		if !ok {
			return scope, fmt.Errorf("%w: %s needs %q, which only a finding can give: nothing is found that needs it", ErrNoRunbook, b.doc.Name, name)
		}
		v, err := measure.ParseHex(text)
		want := measure.Bytes32
		if p.Type.Value == "address" {
			want = measure.Address
		}
		if err != nil || v.Kind() != want {
			return scope, fmt.Errorf("%w: %s needs %q as %s, and the finding gives %q", ErrNoRunbook, b.doc.Name, name, want, text)
		}
		scope.Names[name] = v
	}
	return scope, nil
}

// signers find the key of a lane by its kind, its account and what it is to sign, what
// is known of a Safe, and who can tell what became of an operation; nil where nobody has
// to.
type signers struct {
	key     func(kind string, from common.Address, call ops.Call) contain.Signer
	safe    func(address common.Address, known safe.Known) *contain.Safe
	witness func(afterwards) contain.Witness
}

// nobody signs: for what is only looked at.
var nobody = signers{
	key:  func(string, common.Address, ops.Call) contain.Signer { return nil },
	safe: func(a common.Address, known safe.Known) *contain.Safe { return (&council{}).of(a, known) },
}

// bind makes the runbook an action: every argument is bound, every expression
// compiled. find gives the signer of a lane, or nil.
func (b book) bind(args map[string]string, find signers) (contain.Action, error) {
	scope, err := b.scope(args)
	if err != nil {
		return contain.Action{}, err
	}
	a := contain.Action{
		Runbook: b.doc.ID, Name: b.doc.Name, Hash: b.doc.Hash, Phrase: b.doc.Phrase, Args: b.taken(args),
		People: b.doc.People, Cooldown: b.doc.Cooldown, Shots: b.doc.Shots, Blocks: b.doc.Until.Blocks, Needs: b.doc.Until.Steps,
	}
	if a.Until, err = b.condition(b.doc.Until.Holds.Value, scope, args); err != nil {
		return contain.Action{}, fmt.Errorf("%s: %w", b.doc.File, err)
	}
	for _, s := range b.doc.Steps {
		step, err := b.step(s, scope, args, find)
		if err != nil {
			return contain.Action{}, fmt.Errorf("%s: step %s: %w", b.doc.File, s.ID, err)
		}
		a.Steps = append(a.Steps, step)
	}
	return a, nil
}

var onFailure = map[string]contain.OnFailure{"stop": contain.Stop, "continue": contain.Continue, "next-lane": contain.NextLane}

func (b book) step(s runbooks.Step, scope measure.Scope, args map[string]string, find signers) (contain.Step, error) {
	out := contain.Step{
		ID: s.ID, Title: s.Title, Parallel: s.Parallel, Restrict: s.Effect.Value == "restricts", Stops: s.Blast.Stops, OnFailure: onFailure[s.OnFailure.Value],
		Otherwise: s.Otherwise.Value, Instead: b.doc.Instead(s.ID), Control: s.Control.Value, Within: s.Within,
	}
	var faults []error
	condition := func(text string) contain.Condition {
		if text == "" {
			return nil
		}
		m, err := b.condition(text, scope, args)
		faults = append(faults, err)
		return m
	}
	out.When, out.Takes = condition(s.When.Value), condition(s.Takes.Value)
	switch {
	case s.Ask != "":
		out.Ask = &contain.Question{Challenge: s.Ask, Expected: s.Expect.Value}
		return out, errors.Join(faults...)
	case s.Control.Value != "":
		return out, errors.Join(faults...)
	}
	out.Expect = condition(s.Expect.Value)
	if s.Authority != nil {
		m, err := measure.Compile(s.Authority.Until.Value, scope)
		faults = append(faults, err)
		out.Authority, out.Warn = authority{m}, cmp.Or(s.Authority.Warn, defaultWarn)
	}
	var err error
	if d, ok := disposalOf(s.Call.Value); ok {
		err = b.dispose(d, args, find, &out)
	} else {
		out.Call, err = measure.CompileCall(s.Call.Value, scope)
	}
	faults = append(faults, err)
	for _, name := range s.Lanes {
		lane, err := b.lane(name.Value, scope, out.Call, find)
		faults = append(faults, err)
		out.Lanes = append(out.Lanes, lane)
	}
	for _, name := range slices.Sorted(maps.Keys(s.WrittenFor)) {
		contract := b.rules.policy.Contracts[name]
		want, err := document.ParseHash(s.WrittenFor[name].Value)
		faults = append(faults, err)
		out.Written = append(out.Written, contain.Written{Name: name, Address: contract.Address, Proxy: contract.Proxy == "erc1967", Want: want})
	}
	return out, errors.Join(faults...)
}

// line is the runbook's place on the board before it was measured.
func (b book) line(answers []ops.DetectorID) ops.Readiness {
	r := ops.Readiness{Runbook: b.doc.ID, Name: b.doc.Name, Key: b.doc.Key, Class: b.doc.Class, Answers: answers, Restrict: true}
	var effects []string
	for _, s := range b.doc.Steps {
		effects = append(effects, strings.ToLower(s.Title[:1])+s.Title[1:])
		r.Restrict = r.Restrict && s.Effect.Value == "restricts"
		if s.Call.Value != "" && len(s.Lanes) > 0 && r.Signer == "" {
			r.Signer, r.Stops = s.Lanes[0].Value, s.Blast.Stops
			if from, err := document.ParseAddress(b.doc.Lanes[r.Signer].From.Value); err == nil {
				r.From = from
			}
		}
	}
	r.Effect = strings.Join(effects, ", ")
	return r
}

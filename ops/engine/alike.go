package engine

import (
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// trait is something of a contract of this chain that others must have too.
type trait struct {
	contract, what string
	value          *measure.Measure
}

// alikes compiles the groups of the whole policy for one chain: what is read on it,
// the groups that lie on it alone, and those that span others too.
func (a *arranger) alikes(r *Rules, whole *policy.Policy) {
	for _, group := range whole.Alike {
		d := detect.Alike{ID: group.ID, Title: group.Title, Owner: group.Owner, Severity: group.Severity, Chains: group.Chains(whole)}
		for _, what := range group.Same {
			d.Same = append(d.Same, what.Value)
		}
		for _, name := range group.Contracts {
			d.Contracts = append(d.Contracts, name.Value)
			if _, here := a.policy.Contracts[name.Value]; !here {
				continue
			}
			for _, what := range group.Same {
				a.trait(r, string(group.ID), name.Value, what)
			}
		}
		if len(d.Chains) > 1 {
			r.across = append(r.across, d)
		} else if slices.Contains(d.Chains, r.Chain) {
			r.alike = append(r.alike, d)
		}
	}
}

// trait compiles what one contract has.
func (a *arranger) trait(r *Rules, who, contract string, what document.Text) {
	if slices.ContainsFunc(r.traits, func(t trait) bool { return t.contract == contract && t.what == what.Value }) {
		return
	}
	before := contract + "."
	source := before + what.Value
	switch what.Value {
	case policy.TraitCode, policy.TraitImplementation:
		before = ""
		source = what.Value + "(" + contract + ")"
	}
	// constants alone beside the contract: an argument is the same on every chain
	scope := measure.Scope{Contracts: map[string]measure.Contract{contract: a.scope.Contracts[contract]}, Names: a.scope.Names}
	m, err := measure.Compile(source, scope)
	if err != nil {
		what.Column = max(what.Column-len(before), 1)
		a.expression(policy.File, what, who+", "+contract, err)
		return
	}
	r.traits = append(r.traits, trait{contract, what.Value, m})
}

// traitsAt is what the contracts of the chain have at a block.
func (r *Rules) traitsAt(at ops.BlockRef, now ops.Readings) []ops.Trait {
	out := make([]ops.Trait, len(r.traits))
	for i, t := range r.traits {
		out[i] = ops.Trait{Contract: t.contract, What: t.what, At: at}
		v, err := t.value.Evaluate(measure.Frame{At: at, Now: now})
		switch {
		case err != nil:
			out[i].Why = err.Error()
		case t.what == policy.TraitCode && codeless(common.FromHex(v.String())):
			out[i].Why = "there is no contract"
		default:
			out[i].Value = v.String()
		}
	}
	return out
}

// untold are the traits of a chain that cannot be seen.
func (r *Rules) untold(why string) []ops.Trait {
	out := make([]ops.Trait, len(r.traits))
	for i, t := range r.traits {
		out[i] = ops.Trait{Contract: t.contract, What: t.what, Why: why}
	}
	return out
}

// unseenTraits are traits of which nothing is known any more.
func unseenTraits(traits []ops.Trait, why string) []ops.Trait {
	out := slices.Clone(traits)
	for i := range out {
		out[i].Value, out[i].Why = "", why
	}
	return out
}

// compare judges the groups that lie on this chain alone. They are configuration: they
// are said and written down, and open no incident.
func (e *Engine) compare() {
	s := &e.state
	past := s.alike
	s.alike = judgedAlike(e.Rules.alike, past, s.traits)
	if e.Journal != nil { // a check has none
		e.transitions(past, s.alike)
	}
}

func judgedAlike(groups []detect.Alike, past []ops.Finding, traits []ops.Trait) []ops.Finding {
	out := make([]ops.Finding, len(groups))
	for i, g := range groups {
		var before ops.Finding
		if i < len(past) {
			before = past[i]
		}
		out[i] = g.Judge(before, traits)
	}
	return out
}

// Across judges the groups whose contracts lie on several chains, by the pictures of
// each. It is not safe for concurrent use.
type Across struct {
	groups   []detect.Alike
	traits   map[string][]ops.Trait // by chain
	sides    map[string][]ops.Side  // by chain
	findings []ops.Finding
}

// NewAcross is what several chains have to have in common. Until a chain was seen its
// part is not known.
func NewAcross(rules ...*Rules) *Across {
	a := &Across{traits: map[string][]ops.Trait{}, sides: map[string][]ops.Side{}}
	for _, r := range rules {
		a.groups = r.across // the same in all of them
		why := "no block of " + r.Chain + " was judged yet"
		a.traits[r.Chain], a.sides[r.Chain] = r.untold(why), r.unheard(why)
	}
	a.judge()
	return a
}

// See takes in the newest picture of one chain and gives the findings, with those whose
// verdict it changed.
func (a *Across) See(s ops.Snapshot) (findings []ops.Finding, changed []ops.Finding) {
	a.traits[s.Chain], a.sides[s.Chain] = s.Traits, s.Sides
	past := a.findings
	a.judge()
	for i, f := range a.findings {
		if past[i].Verdict != f.Verdict {
			changed = append(changed, f)
		}
	}
	return a.findings, changed
}

// Lose says that nothing of a chain is known any more, and why.
func (a *Across) Lose(chain, why string) (findings []ops.Finding, changed []ops.Finding) {
	return a.See(ops.Snapshot{Chain: chain, Traits: unseenTraits(a.traits[chain], why), Sides: unseenSides(a.sides[chain], why)})
}

// Elsewhere is what the chains beside one know of the lanes between them: what its engine
// has to hear.
func (a *Across) Elsewhere(chain string) []ops.Side {
	var out []ops.Side
	for other, sides := range a.sides {
		if other != chain {
			out = append(out, sides...)
		}
	}
	return out
}

// Findings are those of the groups, as they stand.
func (a *Across) Findings() []ops.Finding { return a.findings }

func (a *Across) judge() {
	var all []ops.Trait
	for _, traits := range a.traits {
		all = append(all, traits...)
	}
	a.findings = judgedAlike(a.groups, a.findings, all)
	for i := range a.findings {
		a.findings[i].Chain = strings.Join(a.groups[i].Chains, "+")
	}
}

// Note writes a finding that spans chains to this chain's journal: its verdict
// changed.
func (e *Engine) Note(f ops.Finding) {
	e.record("finding", verdictRecord{
		ID: f.Detector, Verdict: f.Verdict, Severity: f.Severity, Block: f.At, Observed: f.Observed.Exact, Threshold: f.Threshold.Exact, Why: f.Why, Source: f.Source,
	}, ops.Entry{Block: f.At.Number, Alarm: true, Verdict: f.Verdict, Text: sentence(f)})
}

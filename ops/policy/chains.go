package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// nameInExpression finds what may name a contract or a measure.
var nameInExpression = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// place finds the chain of every invariant and detector: that of the contracts that it
// names, or the one that it says. A queue is on its timelock's.
func (c *checker) place(p *Policy) {
	for i := range p.Invariants {
		inv := &p.Invariants[i]
		inv.On = c.on(p, "invariant "+string(inv.ID), inv.Holds.Value, inv.Chain, inv.Holds, inv.At)
	}
	for i := range p.Detectors {
		d := &p.Detectors[i]
		if d.Kind.Value == Lane {
			c.lane(d, p)
			continue
		}
		if d.Kind.Value != Queue {
			d.On = c.on(p, "detector "+string(d.ID), d.named(), d.Chain, d.Kind, d.At)
			continue
		}
		for _, t := range p.Timelocks {
			if t.ID == d.Timelock.Value {
				d.On = p.Contracts[t.Contract.Value].Chain
			}
		}
	}
}

// on is the chain that something is about; empty where that cannot be told.
func (c *checker) on(p *Policy, who, names string, said, about, at document.Text) string {
	if len(p.Chains) < 2 {
		for name := range p.Chains {
			return name
		}
		return ""
	}
	named := p.chainsOf(names, map[string]bool{})
	if said.Value != "" {
		if _, ok := p.Chains[said.Value]; !ok {
			c.fault(said, "chains: "+strings.Join(slices.Sorted(maps.Keys(p.Chains)), ", "), "%s is on chain %q, which is not named under chains", who, said.Value)
		}
		named = slices.Compact(slices.Sorted(slices.Values(append(named, said.Value))))
	}
	switch len(named) {
	case 1:
		return named[0]
	case 0:
		c.fault(at, "add chain: its name", "%s names no contract: nothing says on which chain it holds", who)
	default:
		c.fault(about, "one for each chain", "%s is about the chains %s at once", who, strings.Join(named, " and "))
	}
	return ""
}

// chainsOf lists the chains of the contracts that an expression names, also by the
// measures in it.
func (p *Policy) chainsOf(expression string, seen map[string]bool) []string {
	found := map[string]bool{}
	for _, name := range nameInExpression.FindAllString(expression, -1) {
		if contract, ok := p.Contracts[name]; ok {
			found[contract.Chain] = true
		}
		if m, ok := p.Measures[name]; ok && !seen[name] {
			seen[name] = true
			for _, chain := range p.chainsOf(m.Value, seen) {
				found[chain] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// On is what the policy says of one chain. Its hash stays that of the whole
// document.
func (p *Policy) On(chain string) *Policy {
	if len(p.Chains) < 2 {
		return p
	}
	on := *p
	on.Chains = map[string]ops.ChainID{chain: p.Chains[chain]}
	on.Contracts, on.Measures = map[string]Contract{}, map[string]document.Text{}
	for name, contract := range p.Contracts {
		if contract.Chain == chain {
			on.Contracts[name] = contract
		}
	}
	for name, m := range p.Measures {
		if others := slices.DeleteFunc(p.chainsOf(m.Value, map[string]bool{}), func(c string) bool { return c == chain }); len(others) == 0 {
			on.Measures[name] = m
		}
	}
	here := func(contract string) bool { return p.Contracts[contract].Chain == chain }
	on.Timelocks = kept(p.Timelocks, func(t Timelock) bool { return here(t.Contract.Value) })
	on.Invariants = kept(p.Invariants, func(i Invariant) bool { return i.On == chain })
	on.Exposures = kept(p.Exposures, func(e Exposure) bool { return e.On(p) == chain })
	on.Detectors = kept(p.Detectors, func(d Detector) bool { return d.On == chain })
	on.Canaries = kept(p.Canaries, func(c Canary) bool {
		contract, _, _ := strings.Cut(c.Budget.Spends.Value, ".")
		return here(contract)
	})
	return &on
}

func kept[T any](all []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !keep(x) })
}

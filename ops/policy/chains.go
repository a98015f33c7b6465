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

// place finds the chain of every invariant: that of the contracts that it names,
// or the one that it says.
func (c *checker) place(p *Policy) {
	if len(p.Chains) < 2 {
		for i := range p.Invariants {
			for name := range p.Chains {
				p.Invariants[i].On = name
			}
		}
		return
	}
	for i := range p.Invariants {
		inv := &p.Invariants[i]
		named := p.chainsOf(inv.Holds.Value, map[string]bool{})
		if said := inv.Chain; said.Value != "" {
			if _, ok := p.Chains[said.Value]; !ok {
				c.fault(said, "chains: "+strings.Join(slices.Sorted(maps.Keys(p.Chains)), ", "), "invariant %s is on chain %q, which is not named under chains", inv.ID, said.Value)
			}
			named = slices.Compact(slices.Sorted(slices.Values(append(named, said.Value))))
		}
		switch len(named) {
		case 1:
			inv.On = named[0]
		case 0:
			c.fault(inv.At, "add chain: its name", "invariant %s names no contract: nothing says on which chain it holds", inv.ID)
		default:
			c.fault(inv.Holds, "one invariant for each chain", "invariant %s is about the chains %s at once", inv.ID, strings.Join(named, " and "))
		}
	}
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
	on.Detectors = kept(p.Detectors, func(d Detector) bool {
		return slices.ContainsFunc(on.Timelocks, func(t Timelock) bool { return t.ID == d.Timelock.Value })
	})
	on.Canaries = kept(p.Canaries, func(c Canary) bool {
		contract, _, _ := strings.Cut(c.Budget.Spends.Value, ".")
		return here(contract)
	})
	return &on
}

func kept[T any](all []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !keep(x) })
}

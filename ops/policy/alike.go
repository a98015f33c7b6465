package policy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// What a group may compare besides view functions.
const (
	TraitCode           = "codehash"
	TraitImplementation = "implementation"
)

// Alike is contracts that must be configured alike, on one chain or on several. Same
// lists what they have in common: codehash, implementation, or view functions with
// literal arguments. It has no action: it compares configuration, and what answers is
// a change of it.
type Alike struct {
	ID        ops.DetectorID  `yaml:"id" need:"id: K1, short enough to be spoken"`
	Title     string          `yaml:"title" need:"title: what it means, in a few words"`
	Severity  ops.Severity    `yaml:"severity" need:"severity: critical, high or warning"`
	Owner     string          `yaml:"owner" need:"owner: who answers for it"`
	Contracts []document.Text `yaml:"contracts" need:"contracts: [vault, vaultBase]"`
	Same      []document.Text `yaml:"same" need:"same: [codehash, implementation, \"owner()\"]"`
	Action    document.Text   `yaml:"action"`
	At        document.Text
	Keys      document.Places
}

var comparedShape = regexp.MustCompile(`^[A-Za-z]\w*\(.*\)$`)

func (c *checker) alike(a Alike, p *Policy) {
	c.spoken(string(a.ID), a.Keys["id"])
	c.judged(string(a.ID), "", a.Severity, a.Keys)
	if a.Action.Line > 0 {
		c.fault(a.Action, "leave it out: what answers is a change of the configuration", "%s has an action: a group compares configuration, and no runbook answers it", a.ID)
	}
	if len(a.Contracts) == 1 {
		c.fault(a.Contracts[0], "name two or more", "%s compares %s with nothing", a.ID, a.Contracts[0].Value)
	}
	c.once(a.Contracts, string(a.ID))
	for _, name := range a.Contracts {
		if _, ok := p.Contracts[name.Value]; !ok {
			c.fault(name, "name it under contracts", "%s: no contract is called %q", a.ID, name.Value)
		}
	}
	c.once(a.Same, string(a.ID))
	for _, what := range a.Same {
		if what.Value != TraitCode && what.Value != TraitImplementation && !comparedShape.MatchString(what.Value) {
			c.fault(what, "codehash, implementation, or a view function, as in \"owner()\"", "%s: %q cannot be compared", a.ID, what.Value)
		}
	}
}

// once refuses what stands twice in a list.
func (c *checker) once(list []document.Text, who string) {
	for i, text := range list {
		if slices.ContainsFunc(list[:i], func(t document.Text) bool { return strings.TrimSpace(t.Value) == strings.TrimSpace(text.Value) }) {
			c.fault(text, "name it once", "%s: %s stands twice", who, text.Value)
		}
	}
}

// Chains are the chains of the group's contracts, each once, sorted.
func (a Alike) Chains(p *Policy) []string {
	var out []string
	for _, name := range a.Contracts {
		out = append(out, p.Contracts[name.Value].Chain)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

package policy

import (
	"strings"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Exposure is value that functions can move, and the runbooks that stop them. With
// none it says what nobody can stop: that is written down too.
type Exposure struct {
	ID        string          `yaml:"id" need:"id: V1, short enough to be spoken"`
	Title     string          `yaml:"title" need:"title: what lies there, in a few words"`
	Value     document.Text   `yaml:"value" need:"value: how much it is, as in vault.totalAssets()"`
	Functions []document.Text `yaml:"functions" need:"functions: [vault.withdraw], those that move it"`
	StoppedBy []document.Text `yaml:"stopped_by"`
	Show      Show            `yaml:"show"`
	At        document.Text
	Keys      document.Places
}

func (c *checker) exposure(e Exposure, p *Policy) {
	c.spoken(e.ID, e.Keys["id"])
	c.once(e.Functions, e.ID)
	c.once(e.StoppedBy, e.ID)
	for _, f := range e.Functions {
		name, function, _ := strings.Cut(f.Value, ".")
		contract, ok := p.Contracts[name]
		switch {
		case !ok:
			c.fault(f, "name it under contracts", "%s: no contract is called %q", e.ID, name)
		case len(contract.ABI.Methods) > 0 && !moves(contract, function):
			c.fault(f, "a function of its ABI that writes", "%s: %s has no function %q that moves anything", e.ID, name, function)
		}
	}
}

// moves reports whether the contract has a function of the name, or the signature,
// that is not a view.
func moves(c Contract, function string) bool {
	for _, m := range c.ABI.Methods {
		if (m.RawName == function || m.Sig == function) && !m.IsConstant() {
			return true
		}
	}
	return false
}

// On is the chain of the functions; the first one's where they differ.
func (e Exposure) On(p *Policy) string {
	for _, f := range e.Functions {
		name, _, _ := strings.Cut(f.Value, ".")
		return p.Contracts[name].Chain
	}
	return ""
}

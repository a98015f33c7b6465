package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Held is a right on a contract and who holds it, as somebody reviewed and signed it. What
// rights there are, whoever reads them knows.
type Held struct {
	Contract string
	Right    string
	Holder   string // an address with its checksum, perhaps with words after it, or a number
}

// baselineFile is who may do what: by contract and right, the holders.
type baselineFile struct {
	Version document.Text                         `yaml:"version" need:"version: 1"`
	Holds   map[string]map[string][]document.Text `yaml:"holds" need:"holds: {vault: {owner: [\"0x…\"]}}"`
}

// baseline reads the document that a detector is held against. Its faults are placed in it.
func (c *checker) baseline(d *Detector, p *Policy) {
	source, err := document.ReadDocument(c.pack, d.Baseline.Value)
	if err != nil {
		c.fault(d.Baseline, "begin with one that says: version: 1, holds: {a contract: {}}; then bulkhead roles prints what to review and sign", "detector %s: its baseline cannot be read: %v", d.ID, err)
		return
	}
	var f baselineFile
	b := &checker{file: d.Baseline.Value, faults: document.Decode(d.Baseline.Value, source, &f)}
	b.version(f.Version)
	for _, name := range slices.Sorted(maps.Keys(f.Holds)) {
		for _, right := range slices.Sorted(maps.Keys(f.Holds[name])) {
			for _, holder := range f.Holds[name][right] {
				if _, ok := p.Contracts[name]; !ok {
					b.fault(holder, "name it in policy.yaml under contracts", "no contract is called %q", name)
				}
				b.once(f.Holds[name][right], name+" "+right)
				d.Held = append(d.Held, b.held(name, right, holder))
			}
		}
	}
	c.faults = append(c.faults, b.inOrder()...)
}

// held is one holder, with the checksum of an address checked.
func (c *checker) held(contract, right string, holder document.Text) Held {
	first, _, _ := strings.Cut(holder.Value, " ")
	if strings.HasPrefix(first, "0x") && len(first) == 42 {
		if _, err := document.ParseAddress(first); err != nil {
			c.fault(holder, "compare it with its source, digit by digit", "%s of %s: %s", right, contract, err)
		}
	}
	return Held{contract, right, holder.Value}
}

// impact is what an operation changes: the contract, the right, and who will hold it.
func (c *checker) impact(id string, text document.Text, p *Policy) (Held, bool) {
	words := strings.Fields(text.Value)
	if len(words) < 3 {
		c.fault(text, `as in "vault PAUSER_ROLE 0x…"`, "operation %s: a role impact names a contract, a right and who will hold it", id)
		return Held{}, false
	}
	if _, ok := p.Contracts[words[0]]; !ok {
		c.fault(text, "name it in policy.yaml under contracts", "operation %s: no contract is called %q", id, words[0])
		return Held{}, false
	}
	n := holderAt(words)
	return c.held(words[0], strings.Join(words[1:n], " "), document.Text{Value: strings.Join(words[n:], " "), Line: text.Line, Column: text.Column}), true
}

// holderAt is where the words begin that say who holds a right: most holders are one word.
func holderAt(words []string) int {
	n := len(words) - 1
	switch {
	case n > 2 && words[n] == "times": // initialized 2 times
		return n - 1
	case n > 3 && words[n-1] == "after": // role 7 0x… after 3600s
		return n - 2
	case n > 3 && words[n-1] == "role" && words[1] == "call": // call of 0x8456cb59 on 0x… role 7
		return n - 1
	}
	return n
}

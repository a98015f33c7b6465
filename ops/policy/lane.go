package policy

import "strings"

// lane finds the two chains of a detector of lanes: by the contracts whose events it names.
func (c *checker) lane(d *Detector, p *Policy) {
	chain := func(part string) string {
		text := d.Of[part]
		name, _, _ := strings.Cut(text.Value, ".")
		contract, ok := p.Contracts[name]
		if text.Line > 0 && !ok && part == "sent" { // of the other, whoever compiles it says so
			c.fault(text, "name it under contracts", "detector %s: no contract is called %q", d.ID, name)
		}
		return contract.Chain
	}
	d.From, d.On = chain("sent"), chain("executed")
	if d.From != "" && d.From == d.On {
		c.fault(d.Kind, "of one chain alone an invariant says it", "detector %s: what is sent and what is executed are both on %s", d.ID, d.On)
	}
	if at, ok := d.Keys["chain"]; ok {
		c.fault(at, "leave it out: it stands where messages are executed", "detector %s: a detector of kind %s takes no %q", d.ID, Lane, "chain")
	}
	if d.On != "" {
		return
	}
	for name := range p.Chains { // so that what else is wrong with it is said too
		if d.On == "" || name < d.On {
			d.On = name
		}
	}
}

package measure

import (
	"math/big"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

func (c *compiler) identifier(n *ast.IdentifierNode) (node, error) {
	if n.Value[0] == '_' {
		return c.literal(n)
	}
	if x, ok, err := c.fieldNamed(n); ok || err != nil {
		return x, err
	}
	if v, ok := c.scope.Names[n.Value]; ok {
		return constant(v), nil
	}
	if x, ok, err := c.measured(n); ok || err != nil {
		return x, err
	}
	if _, ok := c.scope.Contracts[n.Value]; ok {
		return node{}, c.fail(n, "call one of its functions: "+n.Value+".….()", "%s is a contract, not a value", n.Value)
	}
	return node{}, c.fail(n, "known: "+c.scope.known(), "nothing is called %q", n.Value)
}

// literal reads a number, percentage, duration, address or bytes32 back from the source.
func (c *compiler) literal(n *ast.IdentifierNode) (node, error) {
	loc := n.Location()
	text := c.source[loc.From:loc.To]
	if strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X") {
		v, err := ParseHex(text)
		if err != nil {
			return node{}, c.fail(n, "", "%s", err)
		}
		return constant(v), nil
	}
	if number, ok := strings.CutSuffix(text, "%"); ok {
		r, err := ParseNumber(number)
		if err != nil {
			return node{}, c.fail(n, "a percentage is written 99.5%", "%s", err)
		}
		return constant(NumberValue(r.Quo(r, big.NewRat(100, 1)))), nil
	}
	if document.DurationUnit(text[len(text)-1]) {
		d, err := document.ParseDuration(text)
		if err != nil {
			return node{}, c.fail(n, "", "%s", err)
		}
		return constant(DurationValue(d)), nil
	}
	r, err := ParseNumber(text)
	if err != nil {
		return node{}, c.fail(n, "numbers are written 12, 0.999, 1e18 or 1_000_000", "%s", err)
	}
	return constant(NumberValue(r)), nil
}

// known lists what a name could have meant.
func (s Scope) known() string {
	names := map[string]bool{}
	for name := range s.Measures {
		names[name] = true
	}
	if s.naming != nil {
		for name := range s.naming.sources {
			names[name] = true
		}
	}
	for name := range s.Names {
		names[name] = true
	}
	return known(names, s.Contracts)
}

// known lists up to eight names that could have been meant.
func known[A, B any](a map[string]A, b map[string]B) string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "nothing yet"
	}
	if len(names) > 8 {
		names = append(names[:8], "…")
	}
	return strings.Join(names, ", ")
}

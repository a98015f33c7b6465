package measure

import (
	"slices"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"
)

// filter compiles the condition that an event or a call must meet to count: over its
// fields, by their names, and constants. It looks at nothing else, so that a log of
// the past is judged by itself.
func (c *compiler) filter(n ast.Node, of source) (*node, error) {
	inner := newCompiler(c.source, c.scope)
	inner.fields = &of
	x, err := inner.compile(n)
	c.parts += inner.parts
	switch {
	case err != nil:
		return nil, err
	case x.kind != Bool:
		return nil, c.fail(n, "as in owner == treasury", "this is %s, and a filter is a condition", x.kind)
	case x.constant:
		return nil, c.fail(n, "name a field of "+of.name, "this filter never changes")
	}
	return &x, nil
}

// written is an expression as it was written: equal ones mean the same in one scope.
func (c *compiler) written(n ast.Node) string {
	w := &numbers{source: c.source, text: n.String()}
	ast.Walk(&n, w)
	return w.text
}

// numbers adds what was written as numbers, of which the tree knows the places alone.
type numbers struct{ source, text string }

// Visit implements ast.Visitor.
func (w *numbers) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok && id.Value[0] == '_' {
		at := id.Location()
		w.text += " " + w.source[at.From:at.To]
	}
}

// filtered refuses inside a filter what looks beyond the event.
func (c *compiler) filtered(n ast.Node) error {
	if c.fields == nil {
		return nil
	}
	switch n := n.(type) {
	case *ast.CallNode:
		id, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			break
		}
		if _, numeric := numericFunctions[id.Value]; numeric || id.Value == "within" {
			return nil
		}
	case *ast.MemberNode:
		if c.fields.qualified(n) >= 0 {
			return nil
		}
	default:
		return nil
	}
	return c.fail(n, "name its fields and constants", "a filter looks at the fields of %s alone", c.fields.name)
}

// fieldNamed is the field of the event that a filter names. A name that means
// something else too is refused.
func (c *compiler) fieldNamed(n *ast.IdentifierNode) (node, bool, error) {
	if c.fields == nil || n.Value[0] == '_' {
		return node{}, false, nil
	}
	contract, isContract := c.scope.Contracts[n.Value]
	if !slices.ContainsFunc(c.fields.inputs, func(in abi.Argument) bool { return in.Name == n.Value }) {
		if isContract { // beside a field, a contract's name stands for its address
			return constant(AddressValue(contract.Address)), true, nil
		}
		return node{}, false, nil
	}
	_, isConstant := c.scope.Names[n.Value]
	if m, err := c.scope.named(n.Value); isContract || isConstant || m != nil || err != nil {
		return node{}, false, c.fail(n, "give what the policy calls so another name", "%q is a field of %s, and the policy calls something else so", n.Value, c.fields.name)
	}
	i, err := c.field(n, *c.fields, n.Value)
	if err != nil {
		return node{}, false, err
	}
	x, err := c.fieldAt(n, i)
	return x, true, err
}

// fieldAt is a field by its place.
func (c *compiler) fieldAt(n ast.Node, i int) (node, error) {
	in := c.fields.inputs[i]
	kind, ok := kindOf(in.Type)
	if !ok {
		return node{}, c.fail(n, "numbers, booleans, addresses and bytes32 can be measured", "%s of %s is %s", in.Name, c.fields.name, in.Type)
	}
	return node{kind: kind, eval: func(f *Frame) (Value, error) { return f.fields.value(i) }}, nil
}

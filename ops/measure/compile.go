package measure

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// node is one typed part of an expression. A comparison shows its two sides in a
// judgement; a plain answer can be the argument of another read.
type node struct {
	kind     Kind
	eval     func(*Frame) (Value, error)
	constant bool
	endless  bool // a quotient of what changes: its fractions have no common bound
	sides    func(*Frame) (sides, error)
	answer   *answer
}

type compiler struct {
	source string
	scope  Scope
	reads  []ops.Read
	seen   map[ops.Read]bool
	past   bool    // inside prev
	held   bool    // there is a prev
	dated  bool    // the block itself is named
	inside string  // what looks back around it
	fields *source // inside a filter: the event or the function
	parts  int

	series  []*series
	tallies []*tally
}

func newCompiler(source string, scope Scope) *compiler {
	return &compiler{source: source, scope: scope, seen: map[ops.Read]bool{}}
}

func (c *compiler) fail(n ast.Node, hint, format string, args ...any) error {
	return newError(c.source, n.Location().From, fmt.Sprintf(format, args...), hint)
}

func constant(v Value) node {
	return node{kind: v.kind, constant: true, eval: func(*Frame) (Value, error) { return v, nil }}
}

func (c *compiler) compile(n ast.Node) (node, error) {
	c.parts++
	if err := c.filtered(n); err != nil {
		return node{}, err
	}
	switch n := n.(type) {
	case *ast.BoolNode:
		return constant(BoolValue(n.Value)), nil
	case *ast.StringNode:
		v, err := ParseHex(n.Value)
		if err != nil {
			return node{}, c.fail(n, "quotation marks hold an address or bytes32", "%s", err)
		}
		return constant(v), nil
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.MemberNode:
		return c.member(n)
	default:
		return node{}, c.fail(n, "an invariant uses contract.function(…), numbers, + - * /, comparisons, && || !", "this cannot stand in an invariant")
	}
}

// member is block.number and its like, or one of several outputs of a function.
func (c *compiler) member(n *ast.MemberNode) (node, error) {
	property, named := n.Property.(*ast.StringNode)
	if c.fields != nil { // and was let through
		return c.fieldAt(n, c.fields.qualified(n))
	}
	if id, ok := n.Node.(*ast.IdentifierNode); ok && named && id.Value == "block" {
		return c.block(property)
	}
	if call, ok := n.Node.(*ast.CallNode); ok && named {
		if callee, ok := call.Callee.(*ast.MemberNode); ok {
			return c.view(call, callee, byName(property.Value, property))
		}
	}
	return node{}, c.fail(n, "call it: "+n.String()+"()", "%s is not called", n.String())
}

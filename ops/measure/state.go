package measure

import (
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// balance reads the wei that an address holds.
func (c *compiler) balance(n *ast.CallNode) (node, error) {
	return c.state(n, ops.ReadBalance, "balance", uint256Type)
}

// codeHash reads the hash of an address's code.
func (c *compiler) codeHash(n *ast.CallNode) (node, error) {
	return c.state(n, ops.ReadCode, "codehash", bytes32Type)
}

// state reads one word that an address has.
func (c *compiler) state(n *ast.CallNode, kind ops.ReadKind, name string, t abi.Type) (node, error) {
	if len(n.Arguments) != 1 {
		return node{}, c.fail(n, "as in "+name+"(vault)", "%s wants 1 argument, not %d", name, len(n.Arguments))
	}
	to, links, who, err := c.target(n.Arguments[0], name+"(address)")
	if err != nil {
		return node{}, err
	}
	return c.stateWord(ops.Read{Kind: kind, To: to, Links: links, Name: name + "(" + who.String() + ")"}, t, who), nil
}

// stateWord reads a word whose answer can be an argument of another read.
func (c *compiler) stateWord(r ops.Read, t abi.Type, who operand) node {
	kind, _ := kindOf(t)
	x := c.read(r, kind, func(r ops.Reading) (Value, error) { return decode(t, r.Data) })
	x.answer = &answer{read: r, typ: t, depth: 1}
	if who.from != nil {
		x.answer.depth += who.from.depth
	}
	return x
}

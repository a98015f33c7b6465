package measure

import (
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

func (c *compiler) call(n *ast.CallNode) (node, error) {
	switch callee := n.Callee.(type) {
	case *ast.MemberNode:
		return c.view(n, callee, onlyOutput)
	case *ast.IdentifierNode:
		return c.builtin(n, callee)
	default:
		return node{}, c.fail(n, "", "this cannot be called")
	}
}

// bound is a call of a contract's function with its arguments packed.
type bound struct {
	contract Contract
	method   abi.Method
	data     []byte
	links    []ops.Link // the arguments that are answers of other reads
	depth    int        // how deep reads stand in reads, this one counted
	name     string     // contract.function(arguments), the arguments by their values
}

// view binds contract.function(arguments) to a function that only reads, and
// picks one of its outputs.
func (c *compiler) view(n *ast.CallNode, m *ast.MemberNode, pick picker) (node, error) {
	b, err := c.bind(n, m)
	if err != nil {
		return node{}, err
	}
	if !b.method.IsConstant() {
		return node{}, c.fail(m.Property, "only view and pure functions can be measured", "%s writes (%s)", b.name, b.method.StateMutability)
	}
	out, err := pick(c, m.Property, b.method)
	if err != nil {
		return node{}, err
	}
	read := ops.Read{Kind: ops.ReadCall, To: b.contract.Address, Data: string(b.data), Links: ops.LinkedTo(b.links...), Name: b.name}
	x := c.read(read, out.kind, func(r ops.Reading) (Value, error) { return out.decode(r.Data) })
	x.answer = &answer{read: read, word: out.word, typ: out.typ, depth: b.depth}
	return x, nil
}

// bind matches contract.function(arguments) against the contract's ABI.
func (c *compiler) bind(n *ast.CallNode, m *ast.MemberNode) (bound, error) {
	id, ok := m.Node.(*ast.IdentifierNode)
	property, named := m.Property.(*ast.StringNode)
	if !ok || !named {
		return bound{}, c.fail(m, "", "write contract.function(…)")
	}
	contract, ok := c.scope.Contracts[id.Value]
	if !ok {
		return bound{}, c.fail(id, "contracts: "+known(c.scope.Contracts, map[string]int{}), "no contract is called %q", id.Value)
	}
	method, args, err := c.overload(n, id.Value, contract.ABI, property)
	if err != nil {
		return bound{}, err
	}
	b := bound{contract: contract, method: method, depth: 1, name: id.Value + "." + property.Value + "(" + joined(args) + ")"}
	values := make([]Value, len(args))
	for i, a := range args {
		values[i] = a.value
		if a.from == nil {
			continue
		}
		if b.depth = max(b.depth, a.from.depth+1); b.depth > maxDepth {
			return bound{}, c.fail(n.Arguments[i], "", "reads stand in reads more than %d deep", maxDepth)
		}
		b.links = append(b.links, a.from.link(uint16(4+32*i))) // every argument is one word, after the selector
	}
	if b.data, err = Pack(method, values); err != nil {
		return bound{}, c.fail(n, "", "%s", err)
	}
	return b, nil
}

// CompileCall turns contract.function(arguments) into the call that a runbook
// sends. The function must write: one that only reads changes nothing.
func CompileCall(source string, scope Scope) (ops.Call, error) {
	tree, err := parse(source)
	if err != nil {
		return ops.Call{}, err
	}
	c := newCompiler(source, scope)
	n, ok := tree.(*ast.CallNode)
	if !ok {
		return ops.Call{}, c.fail(tree, "as in vault.pause()", "a call is wanted")
	}
	m, ok := n.Callee.(*ast.MemberNode)
	if !ok {
		return ops.Call{}, c.fail(tree, "as in vault.pause()", "a call of a contract's function is wanted")
	}
	b, err := c.bind(n, m)
	if err != nil {
		return ops.Call{}, err
	}
	if b.method.IsConstant() {
		return ops.Call{}, c.fail(m.Property, "name a function that writes", "%s only reads", b.name)
	}
	if len(b.links) > 0 {
		return ops.Call{}, c.fail(n, "name constants: what is sent must be known before", "%s takes what is read from the chain", b.name)
	}
	contract, _, _ := strings.Cut(b.name, ".")
	return ops.Call{To: b.contract.Address, Name: contract, Function: b.name, Value: "0", Data: b.data}, nil
}

package measure

import (
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

func (c *compiler) call(n *ast.CallNode) (node, error) {
	switch callee := n.Callee.(type) {
	case *ast.MemberNode:
		return c.view(n, callee)
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
	name     string // contract.function(arguments), the arguments by their values
}

// view binds contract.function(arguments) to a function that only reads.
func (c *compiler) view(n *ast.CallNode, m *ast.MemberNode) (node, error) {
	b, err := c.bind(n, m)
	if err != nil {
		return node{}, err
	}
	if !b.method.IsConstant() {
		return node{}, c.fail(m.Property, "only view and pure functions can be measured", "%s writes (%s)", b.name, b.method.StateMutability)
	}
	if len(b.method.Outputs) != 1 {
		return node{}, c.fail(m.Property, "", "%s returns %d values, and one is wanted", b.method.Sig, len(b.method.Outputs))
	}
	output := b.method.Outputs[0].Type
	kind, ok := kindOf(output)
	if !ok {
		return node{}, c.fail(m.Property, "numbers, booleans, addresses and bytes32 can be measured", "%s returns %s", b.method.Sig, output)
	}
	read := ops.Read{Kind: ops.ReadCall, To: b.contract.Address, Data: string(b.data), Name: b.name}
	return c.read(read, kind, func(r ops.Reading) (Value, error) { return decode(output, r.Data) }), nil
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
	method, ok := contract.ABI.Methods[property.Value]
	if !ok {
		return bound{}, c.fail(property, "it has: "+known(contract.ABI.Methods, map[string]int{}), "%s has no function %q", id.Value, property.Value)
	}
	if len(n.Arguments) != len(method.Inputs) {
		return bound{}, c.fail(n, "", "%s wants %d arguments, not %d", method.Sig, len(method.Inputs), len(n.Arguments))
	}
	values := make([]Value, len(n.Arguments))
	for i, argument := range n.Arguments {
		v, err := c.argument(argument, method.Inputs[i].Type, method.Sig, i)
		if err != nil {
			return bound{}, err
		}
		values[i] = v
	}
	data, err := Pack(method, values)
	if err != nil {
		return bound{}, c.fail(n, "", "%s", err)
	}
	return bound{contract: contract, method: method, data: data, name: id.Value + "." + property.Value + "(" + joined(values) + ")"}, nil
}

// CompileCall turns contract.function(arguments) into the call that a runbook
// sends. The function must write: one that only reads changes nothing.
func CompileCall(source string, scope Scope) (ops.Call, error) {
	tree, err := parse(source)
	if err != nil {
		return ops.Call{}, err
	}
	c := &compiler{source: source, scope: scope, seen: map[ops.Read]bool{}}
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
	contract, _, _ := strings.Cut(b.name, ".")
	return ops.Call{To: b.contract.Address, Name: contract, Function: b.name, Value: "0", Data: b.data}, nil
}

// argument evaluates one argument of a view: it must be known at load time.
func (c *compiler) argument(n ast.Node, t abi.Type, sig string, i int) (Value, error) {
	if id, ok := n.(*ast.IdentifierNode); ok { // a contract's name stands for its address
		if contract, ok := c.scope.Contracts[id.Value]; ok && t.T == abi.AddressTy {
			return AddressValue(contract.Address), nil
		}
	}
	arg, err := c.compile(n)
	if err != nil {
		return Value{}, err
	}
	if !arg.constant {
		return Value{}, c.fail(n, "name a constant", "argument %d of %s is itself read from the chain", i+1, sig)
	}
	v, err := arg.eval(Frame{})
	if err != nil {
		return Value{}, c.fail(n, "", "%s", err)
	}
	if want, ok := kindOf(t); !ok || want != v.kind && (want != Number || !numeric(v.kind)) {
		return Value{}, c.fail(n, "", "argument %d of %s is %s, not %s", i+1, sig, t, v.kind)
	}
	return v, nil
}

// read registers a read, once, and makes the node that looks its answer up.
func (c *compiler) read(r ops.Read, kind Kind, decode func(ops.Reading) (Value, error)) node {
	if !c.seen[r] {
		c.seen[r] = true
		c.reads = append(c.reads, r)
	}
	return node{kind: kind, eval: func(f Frame) (Value, error) {
		reading, ok := f.Now[r]
		if !ok {
			return Value{}, fmt.Errorf("%s was not read", r.Name)
		}
		switch reading.Status {
		case ops.ReadOK:
			v, err := decode(reading)
			if err != nil {
				return Value{}, fmt.Errorf("%s: %w", r.Name, err)
			}
			return v, nil
		case ops.ReadReverted:
			return Value{}, fmt.Errorf("%s reverted%s", r.Name, because(reading.Err))
		case ops.ReadNoCode:
			return Value{}, fmt.Errorf("%s: there is no contract at %s", r.Name, r.To.Hex())
		default:
			return Value{}, fmt.Errorf("%s was not answered%s", r.Name, because(reading.Err))
		}
	}}
}

// joined names the arguments by their values, so that the same read has one
// name however the arguments were written.
func joined(values []Value) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = v.String()
	}
	return strings.Join(parts, ", ")
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

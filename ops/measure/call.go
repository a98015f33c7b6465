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

// view binds contract.function(arguments) to the contract's ABI.
func (c *compiler) view(n *ast.CallNode, m *ast.MemberNode) (node, error) {
	id, ok := m.Node.(*ast.IdentifierNode)
	property, named := m.Property.(*ast.StringNode)
	if !ok || !named {
		return node{}, c.fail(m, "", "write contract.function(…)")
	}
	contract, ok := c.scope.Contracts[id.Value]
	if !ok {
		return node{}, c.fail(id, "contracts: "+known(c.scope.Contracts, map[string]int{}), "no contract is called %q", id.Value)
	}
	method, ok := contract.ABI.Methods[property.Value]
	if !ok {
		return node{}, c.fail(property, "it has: "+known(contract.ABI.Methods, map[string]int{}), "%s has no function %q", id.Value, property.Value)
	}
	if !method.IsConstant() {
		return node{}, c.fail(property, "only view and pure functions can be measured", "%s.%s writes (%s)", id.Value, property.Value, method.StateMutability)
	}
	if len(n.Arguments) != len(method.Inputs) {
		return node{}, c.fail(n, "", "%s wants %d arguments, not %d", method.Sig, len(method.Inputs), len(n.Arguments))
	}
	values := make([]Value, len(n.Arguments))
	for i, argument := range n.Arguments {
		v, err := c.argument(argument, method.Inputs[i].Type, method.Sig, i)
		if err != nil {
			return node{}, err
		}
		values[i] = v
	}
	data, err := Pack(method, values)
	if err != nil {
		return node{}, c.fail(n, "", "%s", err)
	}
	if len(method.Outputs) != 1 {
		return node{}, c.fail(property, "", "%s returns %d values, and one is wanted", method.Sig, len(method.Outputs))
	}
	kind, ok := kindOf(method.Outputs[0].Type)
	if !ok {
		return node{}, c.fail(property, "numbers, booleans, addresses and bytes32 can be measured", "%s returns %s", method.Sig, method.Outputs[0].Type)
	}
	name := id.Value + "." + property.Value + "(" + joined(values) + ")"
	read := ops.Read{Kind: ops.ReadCall, To: contract.Address, Data: string(data), Name: name}
	return c.read(read, kind, func(r ops.Reading) (Value, error) { return decode(method.Outputs[0].Type, r.Data) }), nil
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

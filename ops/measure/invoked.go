package measure

import (
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// What a filter can name of a call besides the function's inputs, in this order.
var carried = abi.Arguments{{Name: carriedFrom, Type: addressType}, {Name: "value", Type: uint256Type}}

const (
	carriedFrom  = "from"
	selectorSize = 4
)

// functionOf finds contract.function, or contract.function(types) where several
// have the name.
func (c *compiler) functionOf(n ast.Node, usage string) (source, error) {
	named, types, full := n, []string(nil), false
	if call, ok := n.(*ast.CallNode); ok {
		named, full = call.Callee, true
		for _, a := range call.Arguments {
			id, ok := a.(*ast.IdentifierNode)
			if !ok || id.Value[0] == '_' {
				return source{}, c.fail(a, "the types of the function's inputs, as in vault.withdraw(uint256, address)", "this is no type")
			}
			types = append(types, canonical(id.Value))
		}
	}
	m, ok := named.(*ast.MemberNode)
	if !ok {
		return source{}, c.fail(n, usage, "a function is wanted: contract.function")
	}
	id, ok := m.Node.(*ast.IdentifierNode)
	property, plain := m.Property.(*ast.StringNode)
	if !ok || !plain {
		return source{}, c.fail(n, usage, "a function is wanted: contract.function")
	}
	contract, ok := c.scope.Contracts[id.Value]
	if !ok {
		return source{}, c.fail(id, "contracts: "+known(c.scope.Contracts, map[string]int{}), "no contract is called %q", id.Value)
	}
	all, names := methodsOf(contract.ABI, property.Value)
	found := all
	if full {
		signature := property.Value + "(" + strings.Join(types, ",") + ")"
		found = slices.DeleteFunc(slices.Clone(all), func(m abi.Method) bool { return m.Sig != signature })
	}
	switch {
	case len(all) == 0:
		return source{}, c.fail(property, "it has: "+known(names, map[string]int{}), "%s has no function %q", id.Value, property.Value)
	case len(found) == 0:
		return source{}, c.fail(n, "it has: "+signatures(all), "%s has no function %s(%s)", id.Value, property.Value, strings.Join(types, ","))
	case len(found) > 1:
		return source{}, c.fail(property, "write one of them whole: "+signatures(found), "which %s is meant cannot be told", property.Value)
	case found[0].IsConstant():
		return source{}, c.fail(property, "name a function that writes", "%s only reads: nobody sends a transaction to it", found[0].Sig)
	}
	return source{
		contract: contract.Address, name: id.Value + "." + property.Value, inputs: slices.Concat(found[0].Inputs, carried), layout: calldata.CallLayout(found[0].Inputs), method: &found[0],
		sent: ops.Read{Kind: ops.ReadSent, To: contract.Address, Name: "the transactions to " + id.Value},
	}, nil
}

// methodsOf lists the functions of a name, and the names of all.
func methodsOf(of abi.ABI, name string) ([]abi.Method, map[string]bool) {
	var out []abi.Method
	names := map[string]bool{}
	for _, m := range of.Methods {
		if names[m.RawName] = true; m.RawName == name {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b abi.Method) int { return strings.Compare(a.Sig, b.Sig) })
	return out, names
}

// canonical is a type's name as a signature has it.
func canonical(name string) string {
	if name == "uint" || name == "int" {
		return name + "256"
	}
	return name
}

// The words before a name that an input and what a transaction carries share.
const (
	ofInput = "input"
	ofTx    = "tx"
)

// qualified finds tx.from or input.from in the filter of a call; -1 is none.
func (s source) qualified(n *ast.MemberNode) int {
	id, ok := n.Node.(*ast.IdentifierNode)
	property, named := n.Property.(*ast.StringNode)
	if s.method == nil || !ok || !named {
		return -1
	}
	first, among := 0, s.method.Inputs
	switch id.Value {
	case ofTx:
		first, among = len(among), carried
	case ofInput:
	default:
		return -1
	}
	i := slices.IndexFunc(among, func(in abi.Argument) bool { return in.Name == property.Value })
	if i < 0 {
		return -1
	}
	return first + i
}

// CompileFunction finds the function that contract.function names, or
// contract.function(types) where several have the name: one that writes. Data is its
// selector alone.
func CompileFunction(source string, scope Scope) (ops.Call, error) {
	tree, err := parse(source)
	if err != nil {
		return ops.Call{}, err
	}
	f, err := newCompiler(source, scope).functionOf(tree, "as in vault.unpause, or vault.put(uint256) where several have the name")
	if err != nil {
		return ops.Call{}, err
	}
	contract, _, _ := strings.Cut(f.name, ".")
	return ops.Call{To: f.contract, Name: contract, Function: contract + "." + f.method.Sig, Value: "0", Data: f.method.ID}, nil
}

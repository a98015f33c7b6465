package measure

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"
)

// overload chooses among the functions of one name by the number and the types of
// the arguments. Which one is meant must be beyond doubt.
func (c *compiler) overload(n *ast.CallNode, contract string, of abi.ABI, property *ast.StringNode) (abi.Method, []operand, error) {
	var named, fitting []abi.Method
	names := map[string]bool{}
	for _, m := range of.Methods { // go-ethereum numbers the keys of overloads: f, f0, f1
		names[m.RawName] = true
		if m.RawName == property.Value {
			named = append(named, m)
		}
	}
	slices.SortFunc(named, func(a, b abi.Method) int { return cmp.Compare(a.Sig, b.Sig) })
	for _, m := range named {
		if len(m.Inputs) == len(n.Arguments) {
			fitting = append(fitting, m)
		}
	}
	switch {
	case len(named) == 0:
		return abi.Method{}, nil, c.fail(property, "it has: "+known(names, map[string]int{}), "%s has no function %q", contract, property.Value)
	case len(fitting) == 0 && len(named) == 1:
		return abi.Method{}, nil, c.fail(n, "", "%s wants %d arguments, not %d", named[0].Sig, len(named[0].Inputs), len(n.Arguments))
	case len(fitting) == 0:
		return abi.Method{}, nil, c.fail(n, "it has: "+signatures(named), "no %s takes %d arguments", property.Value, len(n.Arguments))
	}
	var chosen []abi.Method
	var args []operand
	var failed error
	for _, m := range fitting {
		found, err := c.operands(n, m)
		if err != nil {
			failed = err
			continue
		}
		chosen, args = append(chosen, m), found
	}
	switch {
	case len(chosen) == 1:
		return chosen[0], args, nil
	case len(chosen) > 1:
		return abi.Method{}, nil, c.fail(property, "it has: "+signatures(chosen), "which %s is meant cannot be told from its arguments", property.Value)
	case len(fitting) > 1:
		return abi.Method{}, nil, c.fail(property, "it has: "+signatures(fitting), "no %s takes these arguments", property.Value)
	default:
		return abi.Method{}, nil, failed
	}
}

func (c *compiler) operands(n *ast.CallNode, m abi.Method) ([]operand, error) {
	args := make([]operand, len(n.Arguments))
	for i, a := range n.Arguments {
		x, err := c.argument(a, m.Inputs[i].Type, m.Sig, i)
		if err != nil {
			return nil, err
		}
		args[i] = x
	}
	return args, nil
}

func signatures(methods []abi.Method) string {
	out := make([]string, len(methods))
	for i, m := range methods {
		out[i] = m.Sig
	}
	return strings.Join(out, ", ")
}

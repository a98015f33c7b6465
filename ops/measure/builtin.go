package measure

import (
	"errors"
	"math/big"

	"github.com/expr-lang/expr/ast"
)

// errNoParent is the reason of an UNKNOWN on the first block judged and after a
// gap or a reorg.
var errNoParent = errors.New("the block before was not judged")

// weiPerEther is 10^18, from the definition of ether.
var weiPerEther = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil))

// numericFunction is a builtin over numbers, with its number of arguments.
type numericFunction struct {
	usage string
	arity int
	apply func([]Value) (Value, error)
}

var numericFunctions = map[string]numericFunction{
	"ether": {"ether(1.5)", 1, func(v []Value) (Value, error) {
		return NumberValue(new(big.Rat).Mul(v[0].num, weiPerEther)), nil
	}},
	"units": {"units(5, 6)", 2, func(v []Value) (Value, error) {
		decimals := v[1].num
		if !decimals.IsInt() || decimals.Sign() < 0 || decimals.Cmp(big.NewRat(77, 1)) > 0 {
			return Value{}, errors.New("the decimals of units are a whole number from 0 to 77")
		}
		scale := new(big.Int).Exp(big.NewInt(10), decimals.Num(), nil)
		return NumberValue(new(big.Rat).Mul(v[0].num, new(big.Rat).SetInt(scale))), nil
	}},
	"abs": {"abs(x)", 1, func(v []Value) (Value, error) { return NumberValue(new(big.Rat).Abs(v[0].num)), nil }},
	"min": {"min(a, b)", 2, func(v []Value) (Value, error) { return pick(v, -1), nil }},
	"max": {"max(a, b)", 2, func(v []Value) (Value, error) { return pick(v, 1), nil }},
}

// functions are the names that a person may have meant.
const functions = "known: contract.function(…), prev, balance, codehash, slot, implementation, output, ether, units, abs, min, max"

func pick(v []Value, sign int) Value {
	if v[0].num.Cmp(v[1].num) == sign {
		return NumberValue(v[0].num)
	}
	return NumberValue(v[1].num)
}

func (c *compiler) builtin(n *ast.CallNode, id *ast.IdentifierNode) (node, error) {
	switch id.Value {
	case "prev":
		return c.prev(n)
	case "balance":
		return c.balance(n)
	case "codehash":
		return c.codeHash(n)
	case "slot":
		return c.slot(n)
	case "implementation":
		return c.implementation(n)
	case "output":
		return c.output(n)
	}
	f, ok := numericFunctions[id.Value]
	if !ok {
		return node{}, c.fail(id, functions, "there is no function %q", id.Value)
	}
	if len(n.Arguments) != f.arity {
		return node{}, c.fail(n, "as in "+f.usage, "%s wants %d arguments, not %d", id.Value, f.arity, len(n.Arguments))
	}
	args := make([]node, len(n.Arguments))
	for i, a := range n.Arguments {
		arg, err := c.compile(a)
		if err != nil {
			return node{}, err
		}
		if !numeric(arg.kind) {
			return node{}, c.fail(a, "as in "+f.usage, "%s takes numbers, not %s", id.Value, arg.kind)
		}
		args[i] = arg
	}
	return lift(Number, f.apply, args...), nil
}

// prev evaluates its argument over the answers of the parent block.
func (c *compiler) prev(n *ast.CallNode) (node, error) {
	if len(n.Arguments) != 1 {
		return node{}, c.fail(n, "as in prev(vault.totalAssets())", "prev wants 1 argument, not %d", len(n.Arguments))
	}
	if c.past {
		return node{}, c.fail(n, "only the block before is remembered", "prev stands inside prev")
	}
	c.past = true
	x, err := c.compile(n.Arguments[0])
	c.past = false
	if err != nil {
		return node{}, err
	}
	if x.constant {
		return node{}, c.fail(n, "as in prev(vault.totalAssets())", "the argument of prev never changes")
	}
	return node{kind: x.kind, eval: func(f Frame) (Value, error) {
		if f.Parent == nil {
			return Value{}, errNoParent
		}
		return x.eval(Frame{At: f.ParentAt, Now: f.Parent})
	}}, nil
}

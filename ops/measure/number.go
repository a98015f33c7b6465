package measure

import (
	"cmp"
	"errors"
	"math/big"

	"github.com/expr-lang/expr/ast"
)

// weiPerEther is 10^18, from the definition of ether.
var weiPerEther = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil))

// numericFunction is a builtin over numbers; most is as many arguments as it
// takes, or 0 when that is its arity.
type numericFunction struct {
	usage       string
	arity, most int
	apply       func([]Value) (Value, error)
}

// many is as good as any number of arguments.
const many = 64

var numericFunctions = map[string]numericFunction{
	"ether": {"ether(1.5)", 1, 0, func(v []Value) (Value, error) {
		return NumberValue(new(big.Rat).Mul(v[0].num, weiPerEther)), nil
	}},
	"units": {"units(5, 6)", 2, 0, func(v []Value) (Value, error) {
		decimals := v[1].num
		if !decimals.IsInt() || decimals.Sign() < 0 || decimals.Cmp(big.NewRat(77, 1)) > 0 {
			return Value{}, errors.New("the decimals of units are a whole number from 0 to 77")
		}
		scale := new(big.Int).Exp(big.NewInt(10), decimals.Num(), nil)
		return NumberValue(new(big.Rat).Mul(v[0].num, new(big.Rat).SetInt(scale))), nil
	}},
	"abs":       {"abs(x)", 1, 0, func(v []Value) (Value, error) { return NumberValue(new(big.Rat).Abs(v[0].num)), nil }},
	"floor":     {"floor(x)", 1, 0, func(v []Value) (Value, error) { return NumberValue(floor(v[0].num)), nil }},
	"bps":       {"bps(a, b)", 2, 0, func(v []Value) (Value, error) { return share(v, 10_000) }},
	"pct":       {"pct(a, b)", 2, 0, func(v []Value) (Value, error) { return share(v, 100) }},
	"deviation": {"deviation(x, model)", 2, 0, deviation},
	"min":       {"min(a, b) or min(x, 1h)", 2, many, func(v []Value) (Value, error) { return pick(v, -1), nil }},
	"max":       {"max(a, b) or max(x, 1h)", 2, many, func(v []Value) (Value, error) { return pick(v, 1), nil }},
}

func pick(v []Value, sign int) Value {
	best := v[0].num
	for _, x := range v[1:] {
		if order(x.num, best) == sign {
			best = x.num
		}
	}
	return NumberValue(best)
}

// floor is the greatest whole number that is not above x. A Rat's denominator is
// positive, so the Euclidean quotient is the one that rounds down.
func floor(x *big.Rat) *big.Rat {
	return whole(func(n *big.Int) { n.Div(x.Num(), x.Denom()) })
}

// share is a as so many parts of b.
func share(v []Value, parts int64) (Value, error) {
	if v[1].num.Sign() == 0 {
		return Value{}, errDivision
	}
	q := new(big.Rat).Quo(v[0].num, v[1].num)
	return NumberValue(q.Mul(q, new(big.Rat).SetInt64(parts))), nil
}

// deviation is how far x is from a model of it, in basis points of the model. Nothing does
// not deviate from nothing; how far something is from nothing has no measure.
func deviation(v []Value) (Value, error) {
	far := minus(v[0].num, v[1].num)
	if far.Sign() == 0 {
		return NumberValue(far), nil
	}
	return share([]Value{{num: far.Abs(far)}, {num: new(big.Rat).Abs(v[1].num)}}, 10_000)
}

// numeric compiles a builtin over numbers.
func (c *compiler) numeric(n *ast.CallNode, name string, f numericFunction) (node, error) {
	if count := len(n.Arguments); count < f.arity || count > max(f.arity, f.most) {
		wanted := []string{"1", "2"}[f.arity-1]
		if f.most > 0 {
			wanted += " or more"
		}
		return node{}, c.fail(n, "as in "+f.usage, "%s wants %s arguments, not %d", name, wanted, count)
	}
	args, err := c.numbers(n, name, f.usage)
	if err != nil {
		return node{}, err
	}
	x := lift(Number, f.apply, args...)
	switch name {
	case "floor":
		x.endless = false
	case "bps", "pct", "deviation":
		x.endless = args[0].endless || !args[1].constant
	}
	return x, nil
}

func (c *compiler) numbers(n *ast.CallNode, name, usage string) ([]node, error) {
	args := make([]node, len(n.Arguments))
	for i, a := range n.Arguments {
		arg, err := c.compile(a)
		if err != nil {
			return nil, err
		}
		if !numeric(arg.kind) {
			return nil, c.fail(a, "as in "+usage, "%s takes numbers, not %s", name, arg.kind)
		}
		args[i] = arg
	}
	return args, nil
}

// within compiles within(x, lo, hi): whether x is between the two, both included.
// A judgement shows the side that is passed, or else the lower one.
func (c *compiler) within(n *ast.CallNode) (node, error) {
	const usage = "within(x, lo, hi)"
	if len(n.Arguments) != 3 {
		return node{}, c.fail(n, "as in "+usage, "within wants 3 arguments, not %d", len(n.Arguments))
	}
	args, err := c.numbers(n, "within", usage)
	if err != nil {
		return node{}, err
	}
	x, lo, hi := args[0], args[1], args[2]
	if lo.constant && hi.constant {
		low, lerr := lo.eval(&Frame{})
		high, herr := hi.eval(&Frame{})
		if lerr == nil && herr == nil && low.num.Cmp(high.num) > 0 {
			return node{}, c.fail(n.Arguments[1], "as in "+usage, "nothing is within %s and %s", low, high)
		}
	}
	out := lift(Bool, func(v []Value) (Value, error) {
		return BoolValue(order(v[0].num, v[1].num) >= 0 && order(v[0].num, v[2].num) <= 0), nil
	}, x, lo, hi)
	out.sides = func(f *Frame) (sides, error) {
		value, xerr := x.eval(f)
		low, lerr := lo.eval(f)
		high, herr := hi.eval(f)
		if err := cmp.Or(xerr, lerr, herr); err != nil {
			return sides{}, err
		}
		if order(value.num, high.num) > 0 {
			return sides{false, value, relations["<="], high}, nil
		}
		return sides{order(value.num, low.num) >= 0, value, relations[">="], low}, nil
	}
	return out, nil
}

package measure

import (
	"errors"
	"math/big"

	"github.com/expr-lang/expr/ast"
)

// errDivision is the reason of an UNKNOWN, never a panic.
var errDivision = errors.New("division by zero")

func (c *compiler) unary(n *ast.UnaryNode) (node, error) {
	x, err := c.compile(n.Node)
	if err != nil {
		return node{}, err
	}
	switch n.Operator {
	case "!", "not":
		if x.kind != Bool {
			return node{}, c.fail(n.Node, "", "%s stands where true or false is wanted", x.kind)
		}
		return lift(Bool, func(v []Value) (Value, error) { return BoolValue(!v[0].truth), nil }, x), nil
	case "-":
		if !numeric(x.kind) {
			return node{}, c.fail(n.Node, "", "%s cannot be negative", x.kind)
		}
		return lift(x.kind, func(v []Value) (Value, error) {
			return Value{kind: v[0].kind, num: new(big.Rat).Neg(v[0].num)}, nil
		}, x), nil
	default:
		return x, nil // unary plus
	}
}

func (c *compiler) binary(n *ast.BinaryNode) (node, error) {
	left, err := c.compile(n.Left)
	if err != nil {
		return node{}, err
	}
	right, err := c.compile(n.Right)
	if err != nil {
		return node{}, err
	}
	switch n.Operator {
	case "&&", "and", "||", "or":
		if left.kind != Bool || right.kind != Bool {
			return node{}, c.fail(n, "both sides must be conditions", "%s cannot join %s and %s", n.Operator, left.kind, right.kind)
		}
		for i, side := range []node{left, right} {
			if side.constant { // it could decide alone, without a look at the chain
				return node{}, c.fail([]ast.Node{n.Left, n.Right}[i], "leave it out", "this side of %s never changes", n.Operator)
			}
		}
		return logical(n.Operator == "||" || n.Operator == "or", left, right), nil
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n, left, right)
	case "+", "-", "*", "/":
		if !numeric(left.kind) || !numeric(right.kind) {
			return node{}, c.fail(n, "arithmetic is for numbers", "%s %s %s makes no sense", left.kind, n.Operator, right.kind)
		}
		out := both(Number, arithmetic(n.Operator), left, right)
		out.endless = out.endless || n.Operator == "/" && !right.constant
		return out, nil
	default:
		return node{}, c.fail(n, "use + - * / < <= > >= == != && || !", "the operator %q is not known", n.Operator)
	}
}

func arithmetic(operator string) func(a, b Value) (Value, error) {
	return func(a, b Value) (Value, error) {
		switch operator {
		case "+":
			return NumberValue(plus(a.num, b.num)), nil
		case "-":
			return NumberValue(minus(a.num, b.num)), nil
		case "*":
			return NumberValue(times(a.num, b.num)), nil
		}
		if b.num.Sign() == 0 {
			return Value{}, errDivision
		}
		return NumberValue(new(big.Rat).Quo(a.num, b.num)), nil
	}
}

// logical is three-valued: a side that decides alone decides even when the
// other cannot be known.
func logical(or bool, left, right node) node {
	return node{kind: Bool, constant: left.constant && right.constant, eval: func(f *Frame) (Value, error) {
		l, lerr := left.eval(f)
		if lerr == nil && l.truth == or {
			return l, nil
		}
		r, rerr := right.eval(f)
		if rerr == nil && r.truth == or {
			return r, nil
		}
		if lerr != nil {
			return Value{}, lerr
		}
		return r, rerr
	}}
}

// lift makes a node of a function over known values: one argument that cannot
// be known makes the whole unknown. The function does not keep the values.
func lift(kind Kind, apply func([]Value) (Value, error), args ...node) node {
	fixed, endless := true, false
	evals := make([]func(*Frame) (Value, error), len(args))
	for i, a := range args {
		fixed, endless, evals[i] = fixed && a.constant, endless || a.endless, a.eval
	}
	eval := func(f *Frame) (Value, error) {
		base := len(f.stack)
		for _, known := range evals {
			v, err := known(f)
			if err != nil {
				f.stack = f.stack[:base]
				return Value{}, err
			}
			f.stack = append(f.stack, v)
		}
		v, err := apply(f.stack[base:])
		f.stack = f.stack[:base]
		return v, err
	}
	return node{kind: kind, constant: fixed, endless: endless, eval: settled(fixed, eval)}
}

// both is lift for two arguments, as nearly everything has.
func both(kind Kind, apply func(a, b Value) (Value, error), left, right node) node {
	first, second, fixed := left.eval, right.eval, left.constant && right.constant
	eval := func(f *Frame) (Value, error) {
		a, err := first(f)
		if err != nil {
			return Value{}, err
		}
		b, err := second(f)
		if err != nil {
			return Value{}, err
		}
		return apply(a, b)
	}
	return node{kind: kind, constant: fixed, endless: left.endless || right.endless, eval: settled(fixed, eval)}
}

// settled is an evaluation; one that is the same at every block is done once.
func settled(fixed bool, eval func(*Frame) (Value, error)) func(*Frame) (Value, error) {
	if fixed {
		if v, err := eval(&Frame{}); err == nil {
			return func(*Frame) (Value, error) { return v, nil }
		}
	}
	return eval
}

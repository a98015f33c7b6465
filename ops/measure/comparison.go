package measure

import (
	"github.com/expr-lang/expr/ast"
)

// relations are the signs shown between a measured value and its bound.
var relations = map[string]string{"==": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}

// sides are what decided a condition, as a judgement shows it.
type sides struct {
	holds    bool
	left     Value
	relation string
	right    Value
}

func (c *compiler) comparison(n *ast.BinaryNode, left, right node) (node, error) {
	same := left.kind == right.kind || numeric(left.kind) && numeric(right.kind)
	if !same {
		return node{}, c.fail(n, "", "%s cannot be compared with %s", left.kind, right.kind)
	}
	operator := n.Operator // and not the node, which has all that was parsed
	ordered := operator != "==" && operator != "!="
	if ordered && !numeric(left.kind) {
		return node{}, c.fail(n, "use == or !=", "%s has no order", left.kind)
	}
	holds := func(l, r Value) bool {
		if !ordered {
			return equal(l, r) == (operator == "==")
		}
		d := order(l.num, r.num)
		switch operator {
		case "<":
			return d < 0
		case "<=":
			return d <= 0
		case ">":
			return d > 0
		default:
			return d >= 0
		}
	}
	out := both(Bool, func(l, r Value) (Value, error) { return BoolValue(holds(l, r)), nil }, left, right)
	out.sides = func(f *Frame) (sides, error) {
		l, err := left.eval(f)
		if err != nil {
			return sides{}, err
		}
		r, err := right.eval(f)
		if err != nil {
			return sides{}, err
		}
		return sides{holds(l, r), l, relations[operator], r}, nil
	}
	return out, nil
}

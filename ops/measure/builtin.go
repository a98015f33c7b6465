package measure

import (
	"errors"

	"github.com/expr-lang/expr/ast"
)

// errNoParent is the reason of an UNKNOWN on the first block judged and after a
// gap or a reorg.
var errNoParent = errors.New("the block before was not judged")

// functions are the names that a person may have meant.
const functions = "known: contract.function(…), prev, balance, codehash, slot, implementation, output, reverts, " +
	"ether, units, bps, pct, deviation, abs, floor, min, max, within, change, avg, count, sum, distinct, top_share, calls, failed"

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
	case "reverts":
		return c.reverts(n)
	case "within":
		return c.within(n)
	case lookChange, lookAvg:
		return c.history(n, id.Value)
	case lookMin, lookMax:
		if len(n.Arguments) == 2 && c.isDuration(n.Arguments[1]) && !c.isDuration(n.Arguments[0]) {
			return c.history(n, id.Value)
		}
		if len(n.Arguments) == 2 && c.holdsDuration(n.Arguments[1]) && !c.holdsDuration(n.Arguments[0]) {
			return node{}, c.fail(n.Arguments[1], "a window is one duration, as in 2h; else write the seconds, as in 7200", "whether this is a window or a number of seconds cannot be told")
		}
	case tallyCount, tallySum, tallyDistinct, tallyTopShare, tallyCalls, tallyFailed:
		return c.aggregate(n, id.Value)
	}
	if f, ok := numericFunctions[id.Value]; ok {
		return c.numeric(n, id.Value, f)
	}
	return node{}, c.fail(id, functions, "there is no function %q", id.Value)
}

// prev evaluates its argument over the answers of the parent block.
func (c *compiler) prev(n *ast.CallNode) (node, error) {
	if len(n.Arguments) != 1 {
		return node{}, c.fail(n, "as in prev(vault.totalAssets())", "prev wants 1 argument, not %d", len(n.Arguments))
	}
	if c.past {
		return node{}, c.fail(n, "only the block before is remembered", "prev stands inside prev")
	}
	c.past, c.held = true, true
	x, err := c.compile(n.Arguments[0])
	c.past = false
	if err != nil {
		return node{}, err
	}
	if x.constant {
		return node{}, c.fail(n, "as in prev(vault.totalAssets())", "the argument of prev never changes")
	}
	return node{kind: x.kind, endless: x.endless, eval: func(f *Frame) (Value, error) {
		if f.Parent == nil {
			return Value{}, errNoParent
		}
		return x.eval(&Frame{At: f.ParentAt, Now: f.Parent})
	}}, nil
}

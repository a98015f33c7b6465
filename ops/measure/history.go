package measure

import (
	"errors"

	"github.com/expr-lang/expr/ast"
)

// errNoMemory is the reason of an UNKNOWN where a condition that looks back is
// judged without a Memory.
var errNoMemory = errors.New("nothing is remembered of the blocks before")

// looks are the ways to look back at a number.
const (
	lookChange = "change"
	lookAvg    = "avg"
	lookMin    = "min"
	lookMax    = "max"
)

// series is a number that is remembered at every block judged. It is immutable;
// the numbers are in a Memory.
type series struct {
	look   string
	x      node
	window window
}

// history compiles change, avg, min and max of a number over a window.
func (c *compiler) history(n *ast.CallNode, look string) (node, error) {
	usage := "as in " + look + "(vault.totalAssets(), 1h)"
	if len(n.Arguments) != 2 {
		return node{}, c.fail(n, usage, "%s wants 2 arguments, not %d", look, len(n.Arguments))
	}
	if err := c.looksBack(n, look); err != nil {
		return node{}, err
	}
	c.inside = look
	x, err := c.compile(n.Arguments[0])
	c.inside = ""
	if err != nil {
		return node{}, err
	}
	switch {
	case !numeric(x.kind):
		return node{}, c.fail(n.Arguments[0], usage, "%s looks back at numbers, not %s", look, x.kind)
	case x.constant:
		return node{}, c.fail(n.Arguments[0], usage, "the argument of %s never changes", look)
	case look == lookAvg && x.endless:
		return node{}, c.fail(n.Arguments[0], "round what is summed: avg(floor(1e18 * a / b), 1h) / 1e18", "the sum of such quotients has no end of digits")
	}
	w, err := c.window(n.Arguments[1])
	if err != nil {
		return node{}, err
	}
	s := &series{look: look, x: x, window: w}
	c.series = append(c.series, s)
	return node{kind: Number, endless: true, eval: func(f *Frame) (Value, error) {
		if f.memory == nil {
			return Value{}, errNoMemory
		}
		return f.memory.series[s].value(f.memory)
	}}, nil
}

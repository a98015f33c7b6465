package measure

import (
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// The bounds of a window.
const (
	shortestWindow = time.Second
	longestWindow  = 30 * 24 * time.Hour
)

// mark is a block's number and its time in seconds since 1970.
type mark struct {
	number uint64
	time   int64
}

func markOf(b ops.BlockRef) mark { return mark{b.Number, b.Time.Unix()} }

// window is the half-open stretch of chain time (T-d, T] before a block at T: a
// block exactly d ago lies outside.
type window struct{ seconds int64 }

// start is the last second before the window that ends at T.
func (w window) start(at mark) int64 { return at.time - w.seconds }

// String is the length as a person writes it.
func (w window) String() string { return short(w.seconds) }

// missing is how long it takes until the window is full, when what it needs is
// remembered from a time on; 0 when it is full.
func (w window) missing(at mark, since int64) int64 { return max(since-w.start(at), 0) }

func short(seconds int64) string { return ops.Duration(time.Duration(seconds) * time.Second) }

func notFull(w window, missing int64) error {
	return fmt.Errorf("the window of %s is full in %s", w, short(missing))
}

// looksBack refuses what needs a memory where there is none, and one look back
// inside another.
func (c *compiler) looksBack(n ast.Node, name string) error {
	switch {
	case c.fields != nil:
		return c.fail(n, "", "%s stands inside a filter", name)
	case !c.scope.History:
		return c.fail(n, "only an invariant's condition can look back", "%s looks back, and here only the block at hand is known", name)
	case c.past:
		return c.fail(n, "", "%s stands inside prev", name)
	case c.inside != "":
		return c.fail(n, "", "%s stands inside %s", name, c.inside)
	}
	return nil
}

// window compiles the length of a window.
func (c *compiler) window(n ast.Node) (window, error) {
	const hint = "as in 10m, 1h or 7d"
	x, err := c.compile(n)
	if err != nil {
		return window{}, err
	}
	if !x.constant || x.kind != Duration {
		return window{}, c.fail(n, hint, "the length of a window is a duration")
	}
	v, err := x.eval(&Frame{})
	if err != nil {
		return window{}, c.fail(n, hint, "%s", err)
	}
	if !v.num.IsInt() || !v.num.Num().IsInt64() || v.num.Num().Int64() < int64(shortestWindow/time.Second) || v.num.Num().Int64() > int64(longestWindow/time.Second) {
		return window{}, c.fail(n, hint, "a window is from 1s to 30d long")
	}
	return window{v.num.Num().Int64()}, nil
}

// isDuration reports whether the node is written as a duration, or names one.
func (c *compiler) isDuration(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return false
	}
	if id.Value[0] == '_' {
		text := c.source[id.Location().From:id.Location().To]
		return !strings.HasPrefix(strings.ToLower(text), "0x") && document.DurationUnit(text[len(text)-1])
	}
	return c.scope.Names[id.Value].kind == Duration
}

// holdsDuration reports whether a duration stands anywhere in the node.
func (c *compiler) holdsDuration(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryNode:
		return c.holdsDuration(n.Left) || c.holdsDuration(n.Right)
	case *ast.UnaryNode:
		return c.holdsDuration(n.Node)
	default:
		return c.isDuration(n)
	}
}

package measure

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// ErrElsewhere is the fault of an expression that uses a measure with a fault of
// its own: that one was said where it stands.
var ErrElsewhere = errors.New("a measure that it uses has a fault")

// maxParts bounds what an expression is made of once the measures that it names
// stand in their places: each may name others twice.
const maxParts = 20_000

// CompileMeasures compiles expressions that may name each other, in any order and
// never in a circle. What fails is nil among the measures and has its fault among
// the errors, unless it fails only because another does.
func CompileMeasures(sources map[string]string, scope Scope) (map[string]*Measure, map[string]error) {
	n := &naming{sources: sources, scope: scope, done: map[string]*Measure{}, faults: map[string]error{}}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		_, _ = n.measure(name)
	}
	maps.DeleteFunc(n.faults, func(_ string, err error) bool { return errors.Is(err, ErrElsewhere) })
	return n.done, n.faults
}

// naming compiles each measure when it is first named.
type naming struct {
	sources map[string]string
	scope   Scope
	done    map[string]*Measure // nil for one with a fault
	faults  map[string]error
	open    []string // being compiled, outermost first
}

// circle is a measure that is made of itself; the path says how.
type circle struct{ path []string }

func (e circle) Error() string {
	return e.path[0] + " is made of itself: " + strings.Join(e.path, " → ")
}

func (n *naming) measure(name string) (*Measure, error) {
	if m, ok := n.done[name]; ok {
		if m == nil {
			return nil, ErrElsewhere
		}
		return m, nil
	}
	if i := slices.Index(n.open, name); i >= 0 {
		return nil, circle{append(slices.Clone(n.open[i:]), name)}
	}
	n.open = append(n.open, name)
	inner := n.scope
	inner.naming = n
	m, err := Compile(n.sources[name], inner)
	n.open = n.open[:len(n.open)-1]
	n.done[name] = m
	if err != nil {
		n.faults[name] = err
		return nil, ErrElsewhere
	}
	return m, nil
}

// named finds the measure that a name stands for; nil when it stands for none.
func (s Scope) named(name string) (*Measure, error) {
	if s.naming != nil {
		if _, ok := s.naming.sources[name]; ok {
			return s.naming.measure(name)
		}
	}
	m, ok := s.Measures[name]
	if ok && m == nil {
		return nil, ErrElsewhere
	}
	return m, nil
}

// measured puts a named measure in the place of its name.
func (c *compiler) measured(n *ast.IdentifierNode) (node, bool, error) {
	m, err := c.scope.named(n.Value)
	var round circle
	switch {
	case errors.As(err, &round):
		return node{}, false, c.fail(n, "break the circle", "%s", round)
	case err != nil:
		return node{}, false, err
	case m == nil:
		return node{}, false, nil
	case m.past && c.past:
		return node{}, false, c.fail(n, "only the block before is remembered", "%s holds a prev, and stands inside prev", n.Value)
	}
	if c.parts += m.parts; c.parts > maxParts {
		return node{}, false, c.fail(n, "name fewer measures", "with its measures the expression has more than %d parts", maxParts)
	}
	if m.LooksBack() {
		if err := c.looksBack(n, n.Value); err != nil {
			return node{}, false, err
		}
	}
	if c.fields != nil && !m.root.constant {
		return node{}, false, c.fail(n, "name its fields and constants", "a filter looks at the fields of %s alone", c.fields.name)
	}
	c.held = c.held || m.past
	c.remember(m)
	for _, r := range m.reads {
		c.need(r)
	}
	return m.root, true, nil
}

// remember adds what a named measure looks back at, once.
func (c *compiler) remember(m *Measure) {
	for _, s := range m.series {
		if !slices.Contains(c.series, s) {
			c.series = append(c.series, s)
		}
	}
	for _, t := range m.tallies {
		if !slices.Contains(c.tallies, t) {
			c.tallies = append(c.tallies, t)
		}
	}
}

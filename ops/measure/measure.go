// Package measure is the language in which invariants are written. It compiles an
// expression to the exact set of chain reads that it needs and evaluates it
// exactly, with rationals, over the answers. A measure is immutable; what one that
// looks back remembers of the blocks before is in a Memory of the caller's.
//
// It must never read a chain, a clock or a float, and never turn a missing answer or
// a missing event into a value: what cannot be known is an error with a reason, which the
// detectors call UNKNOWN. What it counts as calls of a function are transactions sent
// straight to the contract: a call made by another contract is not seen. Lexing and parsing are expr-lang's; types, values and
// meaning are here. The grammar is described in the README.
package measure

import (
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// maxSource bounds an expression: parsing recurses with its depth.
const maxSource = 4096

// Contract is what an expression can call by name.
type Contract struct {
	Address common.Address
	ABI     abi.ABI
}

// Scope is everything an expression can name. A measure that is nil has a fault of
// its own, which was said.
type Scope struct {
	Contracts map[string]Contract
	Names     map[string]Value // constants, and the parameters of a runbook
	Measures  map[string]*Measure
	History   bool // a Memory goes with the measure: it may look back over windows

	naming *naming // while measures are compiled that may name each other
}

// Measure is a compiled expression. It is immutable and safe for concurrent use.
type Measure struct {
	source string
	root   node
	reads  []ops.Read
	sent   []ops.Read // of them, those of transactions
	past   bool       // there is a prev in it
	parts  int

	series  []*series
	tallies []*tally

	longest, longestOfCalls int64 // of the tallies' windows, in seconds
}

// Compile checks an expression against the scope and finds its reads. A fault
// is an *Error with the line, the column and a caret.
func Compile(source string, scope Scope) (*Measure, error) {
	tree, err := parse(source)
	if err != nil {
		return nil, err
	}
	c := newCompiler(source, scope)
	root, err := c.compile(tree)
	if err != nil {
		return nil, err
	}
	if c.dated && len(c.reads) == 0 {
		c.reads = append(c.reads, baseFee)
	}
	m := &Measure{source: source, root: root, reads: c.reads, past: c.held, parts: c.parts, series: c.series, tallies: c.tallies}
	m.sent = slices.DeleteFunc(slices.Clone(c.reads), func(r ops.Read) bool { return r.Kind != ops.ReadSent })
	for _, t := range m.tallies {
		if t.source.method != nil {
			m.longestOfCalls = max(m.longestOfCalls, t.window.seconds)
		} else {
			m.longest = max(m.longest, t.window.seconds)
		}
	}
	return m, nil
}

// CompileCondition is Compile for an expression that must be true or false.
func CompileCondition(source string, scope Scope) (*Measure, error) {
	m, err := Compile(source, scope)
	if err != nil {
		return nil, err
	}
	if m.root.kind != Bool {
		return nil, newError(source, 0, "this is "+m.root.kind.String()+", and a condition is wanted",
			"compare it with something: … >= …")
	}
	if m.root.constant {
		return nil, newError(source, 0, "this never changes: it reads nothing of the chain", "name something that is read, as in vault.totalAssets()")
	}
	return m, nil
}

// Source is the expression as written.
func (m *Measure) Source() string { return m.source }

// Kind is the type of the value.
func (m *Measure) Kind() Kind { return m.root.kind }

// Reads lists, once each, the reads whose answers Evaluate needs.
func (m *Measure) Reads() []ops.Read { return m.reads }

// LooksBack reports whether the measure needs a Memory: Judge alone knows one block
// and its parent.
func (m *Measure) LooksBack() bool { return len(m.series)+len(m.tallies) > 0 }

// Events lists, once each, the events that the measure sums up.
func (m *Measure) Events() []Event {
	var out []Event
	for _, t := range m.tallies {
		if e := (Event{t.source.contract, t.source.event.ID}); t.source.method == nil && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// Longest is the longest window over which events are summed up: so far back they
// must be read before the first block is judged. It is 0 without events.
func (m *Measure) Longest() time.Duration { return time.Duration(m.longest) * time.Second }

// LongestOfCalls is Longest of the windows over which calls are counted.
func (m *Measure) LongestOfCalls() time.Duration {
	return time.Duration(m.longestOfCalls) * time.Second
}

// Remembers is the longest window over which numbers are remembered from block to block: so
// long it must have been judged before it says what it says. It is 0 without one.
func (m *Measure) Remembers() time.Duration {
	var longest int64
	for _, s := range m.series {
		longest = max(longest, s.window.seconds)
	}
	return time.Duration(longest) * time.Second
}

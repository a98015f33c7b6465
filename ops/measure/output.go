package measure

import (
	"fmt"
	"math"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// output is one word of what a function returns.
type output struct {
	kind  Kind
	typ   abi.Type
	word  uint8
	size  int  // of all outputs where they stand, in bytes
	exact bool // nothing follows them
}

// decode reads the word, strictly: a contract that returns less or more does not
// match its ABI.
func (o output) decode(data []byte) (Value, error) {
	if o.size == 32 && o.exact {
		return decode(o.typ, data)
	}
	if len(data) < o.size || o.exact && len(data) != o.size {
		return Value{}, fmt.Errorf("returned %d bytes where %d are wanted: the contract does not match its ABI", len(data), o.size)
	}
	return decode(o.typ, data[32*int(o.word):32*int(o.word)+32])
}

// picker chooses one output of a function; at is the function's name.
type picker func(c *compiler, at ast.Node, m abi.Method) (output, error)

// onlyOutput picks the output of a function that has one.
func onlyOutput(c *compiler, at ast.Node, m abi.Method) (output, error) {
	if outputs := outputsOf(m); len(outputs) != 1 {
		return output{}, c.fail(at, "pick one: "+choices(m, outputs), "%s returns %d values, and one is wanted", m.Sig, len(outputs))
	}
	return c.pick(at, m, 0)
}

// byName picks the output of a name.
func byName(name string, property ast.Node) picker {
	return func(c *compiler, at ast.Node, m abi.Method) (output, error) {
		outputs := outputsOf(m)
		for i, o := range outputs {
			if o.Name == name {
				return c.pick(at, m, i)
			}
		}
		return output{}, c.fail(property, "it has: "+choices(m, outputs), "%s returns nothing called %q", m.Sig, name)
	}
}

// byNumber picks an output by its position, counted from 0.
func byNumber(i int, number ast.Node) picker {
	return func(c *compiler, at ast.Node, m abi.Method) (output, error) {
		if outputs := outputsOf(m); i >= len(outputs) {
			return output{}, c.fail(number, "outputs count from 0", "%s returns %d values", m.Sig, len(outputs))
		}
		return c.pick(at, m, i)
	}
}

// output picks an output that has no name: output(pool.slot0(), 1).
func (c *compiler) output(n *ast.CallNode) (node, error) {
	const usage = "as in output(pool.slot0(), 1), counted from 0"
	if len(n.Arguments) != 2 {
		return node{}, c.fail(n, usage, "output wants 2 arguments, not %d", len(n.Arguments))
	}
	call, ok := n.Arguments[0].(*ast.CallNode)
	if !ok {
		return node{}, c.fail(n.Arguments[0], usage, "output takes the call of a contract's function")
	}
	callee, ok := call.Callee.(*ast.MemberNode)
	if !ok {
		return node{}, c.fail(call, usage, "output takes the call of a contract's function")
	}
	i, err := c.whole(n.Arguments[1], "the number of an output", math.MaxUint8)
	if err != nil {
		return node{}, err
	}
	return c.view(call, callee, byNumber(i, n.Arguments[1]))
}

// outputsOf lists what a function returns; a single struct of fixed size is
// returned as its members are.
func outputsOf(m abi.Method) abi.Arguments {
	if len(m.Outputs) != 1 || m.Outputs[0].Type.T != abi.TupleTy || calldata.Dynamic(m.Outputs[0].Type) {
		return m.Outputs
	}
	t := m.Outputs[0].Type
	out := make(abi.Arguments, len(t.TupleElems))
	for i, e := range t.TupleElems {
		out[i] = abi.Argument{Name: t.TupleRawNames[i], Type: *e}
	}
	return out
}

// pick says where output i stands and what it is.
func (c *compiler) pick(at ast.Node, m abi.Method, i int) (output, error) {
	outputs := outputsOf(m)
	o := output{typ: outputs[i].Type, exact: true}
	word := 0
	for k, x := range outputs {
		if k == i {
			word = o.size / 32
		}
		o.size += calldata.HeadSize(x.Type)
		o.exact = o.exact && !calldata.Dynamic(x.Type)
	}
	kind, ok := kindOf(o.typ)
	if !ok {
		return output{}, c.fail(at, "numbers, booleans, addresses and bytes32 can be measured", "%s returns %s", m.Sig, o.typ)
	}
	if word > math.MaxUint8 {
		return output{}, c.fail(at, "", "%s returns more than %d words", m.Sig, math.MaxUint8)
	}
	o.kind, o.word = kind, uint8(word)
	return o, nil
}

func choices(m abi.Method, outputs abi.Arguments) string {
	parts := make([]string, len(outputs))
	for i, o := range outputs {
		parts[i] = "." + o.Name
		if o.Name == "" {
			parts[i] = fmt.Sprintf("output(….%s(…), %d)", m.RawName, i)
		}
	}
	return strings.Join(parts, ", ")
}

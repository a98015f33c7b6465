package measure

import (
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// maxDepth bounds how deep reads may take their arguments from reads.
const maxDepth = 4

// answer is a node that is one word of a read's answer, unchanged: it can be an
// argument of another read.
type answer struct {
	read  ops.Read
	word  uint8
	typ   abi.Type
	depth int
}

func (a answer) link(offset uint16) ops.Link {
	return ops.Link{Offset: offset, Word: a.word, Of: a.read.Key()}
}

// operand is an argument of a read: a value known at load time or, with from, the
// answer of another read; then the value is a placeholder of the same kind.
type operand struct {
	value Value
	from  *answer
}

func (o operand) String() string {
	if o.from != nil {
		return o.from.read.Name
	}
	return o.value.String()
}

// joined names the arguments by their values, so that the same read has one
// name however the arguments were written.
func joined(args []operand) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.String()
	}
	return strings.Join(parts, ", ")
}

// argument evaluates one argument of a read: a constant, or another read's answer.
func (c *compiler) argument(n ast.Node, t abi.Type, sig string, i int) (operand, error) {
	if id, ok := n.(*ast.IdentifierNode); ok { // a contract's name stands for its address
		if contract, ok := c.scope.Contracts[id.Value]; ok && t.T == abi.AddressTy {
			return operand{value: AddressValue(contract.Address)}, nil
		}
	}
	arg, err := c.compile(n)
	if err != nil {
		return operand{}, err
	}
	if !arg.constant {
		return c.linked(n, arg, t, sig, i)
	}
	v, err := arg.eval(&Frame{})
	if err != nil {
		return operand{}, c.fail(n, "", "%s", err)
	}
	if want, ok := kindOf(t); !ok || want != v.kind && (want != Number || !numeric(v.kind)) {
		return operand{}, c.fail(n, "", "argument %d of %s is %s, not %s", i+1, sig, t, v.kind)
	}
	return operand{value: v}, nil
}

// linked lets the answer of one read be the argument of another. The word is
// passed on as it is, so it must be of the type, or of a narrower one.
func (c *compiler) linked(n ast.Node, arg node, t abi.Type, sig string, i int) (operand, error) {
	if arg.answer == nil {
		return operand{}, c.fail(n, "pass a constant, or what a function answers as it is", "argument %d of %s is computed from what is read", i+1, sig)
	}
	from := arg.answer.typ
	same := from.T == t.T && from.Size == t.Size
	wider := from.T == t.T && (t.T == abi.UintTy || t.T == abi.IntTy) && from.Size < t.Size
	if kind, ok := kindOf(t); !ok || kind != arg.kind || !same && !wider {
		return operand{}, c.fail(n, "", "argument %d of %s is %s, not %s", i+1, sig, t, from)
	}
	return operand{value: Value{kind: arg.kind, num: new(big.Rat)}, from: arg.answer}, nil
}

// target evaluates the one argument that says whose state is read. A read's answer
// fills the address in when the block is read.
func (c *compiler) target(n ast.Node, usage string) (common.Address, string, operand, error) {
	o, err := c.argument(n, addressType, usage, 0)
	if err != nil || o.from == nil {
		return o.value.address(), "", o, err
	}
	if o.from.depth >= maxDepth {
		return common.Address{}, "", o, c.fail(n, "", "reads stand in reads more than %d deep", maxDepth)
	}
	return common.Address{}, ops.LinkedTo(o.from.link(ops.LinkTarget)), o, nil
}

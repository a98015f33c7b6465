package measure

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// The bounds of the gas of a call that is tried: what any transaction costs, and what one
// may ask for (EIP-7825).
const (
	leastTryGas = 21_000
	mostTryGas  = 1 << 24
)

// reverts asks whether a call by a user would fail: reverts(vault.withdraw(1), user).
// The call is tried and undone; it may be of any function, one that writes too,
// which nothing else may be. Why it fails is not asked. With a third argument it fails
// too when it takes more gas than that, all that a transaction pays for.
func (c *compiler) reverts(n *ast.CallNode) (node, error) {
	const usage = "as in reverts(vault.pause(), guardian)"
	if len(n.Arguments) != 2 && len(n.Arguments) != 3 {
		return node{}, c.fail(n, usage, "reverts wants 2 arguments, a call and who sends it, and perhaps its gas, not %d", len(n.Arguments))
	}
	call, ok := n.Arguments[0].(*ast.CallNode)
	if !ok {
		return node{}, c.fail(n.Arguments[0], usage, "reverts takes the call of a contract's function")
	}
	callee, ok := call.Callee.(*ast.MemberNode)
	if !ok {
		return node{}, c.fail(call, usage, "reverts takes the call of a contract's function")
	}
	b, err := c.bind(call, callee)
	if err != nil {
		return node{}, err
	}
	from, err := c.argument(n.Arguments[1], addressType, "reverts(call, address)", 1)
	if err != nil {
		return node{}, err
	}
	if from.from != nil {
		return node{}, c.fail(n.Arguments[1], "name a constant", "who sends the call is read from the chain")
	}
	read := ops.Read{
		Kind: ops.ReadTry, From: from.value.address(), To: b.contract.Address, Data: string(b.data), Links: ops.LinkedTo(b.links...),
		Name: "reverts(" + b.name + ", " + from.String() + ")",
	}
	if len(n.Arguments) == 3 {
		gas, err := c.whole(n.Arguments[2], "the gas of a call", mostTryGas)
		if err != nil {
			return node{}, err
		}
		if gas < leastTryGas {
			return node{}, c.fail(n.Arguments[2], "as in 300000", "no transaction runs with less than %d gas", leastTryGas)
		}
		read.Gas, read.Name = uint64(gas), fmt.Sprintf("reverts(%s, %s, %d)", b.name, from, gas)
	}
	c.need(read)
	return node{kind: Bool, eval: func(f *Frame) (Value, error) {
		reading, err := answered(f.Now, read)
		if reading.Status == ops.ReadReverted {
			return BoolValue(true), nil
		}
		return BoolValue(false), err
	}}, nil
}

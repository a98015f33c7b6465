package timelock

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Gone is the condition that an operation left its queue, as the contract itself says it.
// All but a TimelockController say the same whether it was cancelled or executed: whoever
// needs to know reads the logs too.
type Gone struct {
	source string
	read   ops.Read
	left   func(n *big.Int) bool
}

// Gone is the condition for one operation; source is what it is called. nonce is needed
// where the contract counts.
func (t Timelock) Gone(id common.Hash, nonce, source string) Gone {
	g := Gone{source: source, left: func(n *big.Int) bool { return n.Sign() == 0 }}
	switch s := t.source().(type) {
	case compound:
		g.read = s.queuedRead(id)
	case accessManager:
		g.read = s.scheduleRead(id)
	case delay:
		g.read = s.nextRead()
		at := wei(nonce)
		g.left = func(n *big.Int) bool { return n.Cmp(at) > 0 }
	case openZeppelin:
		g.read = s.stamp(id)
	}
	return g
}

// Executed is Gone of what should have been executed, which a TimelockController says.
func (t Timelock) Executed(id common.Hash, nonce, source string) Gone {
	g := t.Gone(id, nonce, source)
	if t.kind() == "oz" {
		g.left = func(n *big.Int) bool { return n.Cmp(doneTimestamp) == 0 }
	}
	return g
}

// Source is the condition as it was written.
func (g Gone) Source() string { return g.source }

// Reads lists what it needs of a block.
func (g Gone) Reads() []ops.Read { return []ops.Read{g.read} }

// Judge is OK where the contract does not hold the operation any more.
func (g Gone) Judge(now, _ ops.Readings) ops.Assessment {
	r := now[g.read]
	n := number(r)
	if n == nil {
		return ops.Assessment{Verdict: ops.Unknown, Why: unanswered(r)}
	}
	name, _, _ := strings.Cut(g.read.Name[strings.IndexByte(g.read.Name, '.')+1:], "(")
	out := ops.Assessment{Verdict: ops.Breach, Relation: "=", Threshold: "true", Observed: fmt.Sprintf("false, %s is %s", name, n)}
	if g.left(n) {
		out.Verdict, out.Observed = ops.OK, fmt.Sprintf("true, %s is %s", name, n)
	}
	return out
}

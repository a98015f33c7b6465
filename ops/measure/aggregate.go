package measure

import (
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// tallies are the ways to sum up events and calls.
const (
	tallyCount    = "count"
	tallySum      = "sum"
	tallyDistinct = "distinct"
	tallyTopShare = "top_share"
	tallyCalls    = "calls"
	tallyFailed   = "failed"
)

var tallyUsage = map[string]string{
	tallyCount:    "as in count(vault.Withdraw, 10m)",
	tallySum:      "as in sum(vault.Withdraw.assets, 1h)",
	tallyDistinct: "as in distinct(vault.Withdraw.owner, 1h)",
	tallyTopShare: "as in top_share(vault.Withdraw.assets, owner, 3, 1h)",
	tallyCalls:    "as in calls(vault.withdraw, 10m)",
	tallyFailed:   "as in failed(vault.withdraw, 10m)",
}

// tally is an event, or a function's calls, summed up over a window. It is immutable;
// the events and calls are in a Memory.
type tally struct {
	what   string
	source source
	value  int // the field that is summed
	key    int // the field that tells one from another
	top    int // of top_share
	window window
	filter *node
	where  string // the filter as it is written
}

// looks tells apart what tallies look at. The name is that of the contract and the event:
// the policy may have two names for one address, and another ABI for each.
type looks struct {
	name     string
	contract common.Address
	event    common.Hash
	method   string
	sent     ops.Read
	where    string
}

func (t *tally) looks() looks {
	l := looks{name: t.source.name, contract: t.source.contract, event: t.source.event.ID, sent: t.source.sent, where: t.where}
	if t.source.method != nil {
		l.method = t.source.method.Sig
	}
	return l
}

// sums tells apart what tallies make of it.
type sums struct {
	looks
	what            string
	value, key, top int
	window          window
}

func (t *tally) sums() sums { return sums{t.looks(), t.what, t.value, t.key, t.top, t.window} }

// aggregate compiles count, sum, distinct, top_share, calls and failed. What follows the window is
// a filter.
func (c *compiler) aggregate(n *ast.CallNode, what string) (node, error) {
	usage := tallyUsage[what]
	least := map[string]int{tallyCount: 2, tallyCalls: 2, tallyFailed: 2, tallySum: 2, tallyDistinct: 2, tallyTopShare: 4}[what]
	if len(n.Arguments) != least && len(n.Arguments) != least+1 {
		return node{}, c.fail(n, usage+", and perhaps a filter", "%s wants %d or %d arguments, not %d", what, least, least+1, len(n.Arguments))
	}
	if err := c.looksBack(n, what); err != nil {
		return node{}, err
	}
	t := &tally{what: what}
	if err := c.summed(t, n, usage); err != nil {
		return node{}, err
	}
	var err error
	if t.window, err = c.window(n.Arguments[least-1]); err != nil {
		return node{}, err
	}
	if len(n.Arguments) > least {
		if t.filter, err = c.filter(n.Arguments[least], t.source); err != nil {
			return node{}, err
		}
		t.where = c.written(n.Arguments[least])
	}
	if t.source.method != nil {
		c.need(t.source.sent)
	}
	c.tallies = append(c.tallies, t)
	return node{kind: Number, endless: true, eval: func(f *Frame) (Value, error) {
		if f.memory == nil {
			return Value{}, errNoMemory
		}
		return f.memory.tallies[t].value(f.memory)
	}}, nil
}

// summed finds the event or the function of an aggregate, and the fields that it
// takes.
func (c *compiler) summed(t *tally, n *ast.CallNode, usage string) (err error) {
	at := n.Arguments[0]
	switch t.what {
	case tallyCount:
		t.source, err = c.eventOf(at, usage)
		return err
	case tallyCalls:
		t.source, err = c.functionOf(at, usage)
		return err
	case tallyFailed:
		t.source, err = c.functionOf(at, usage)
		t.source.sent.Data = ops.WithFates
		t.source.sent.Name += " and their receipts"
		return err
	}
	if t.source, t.value, err = c.eventField(at, usage); err != nil {
		return err
	}
	t.key = t.value
	typ := t.source.event.Inputs[t.value].Type
	kind, _ := kindOf(typ)
	switch {
	case t.what == tallyDistinct:
		return nil
	case kind != Number:
		return c.fail(at, usage, "%s takes numbers, not %s", t.what, kind)
	case t.what == tallySum:
		return nil
	case typ.T == abi.IntTy:
		return c.fail(at, usage, "top_share takes numbers that are never negative")
	}
	id, ok := n.Arguments[1].(*ast.IdentifierNode)
	if !ok || id.Value[0] == '_' {
		return c.fail(n.Arguments[1], usage, "the second argument of top_share is the name of a field")
	}
	if t.key, err = c.field(id, t.source, id.Value); err != nil {
		return err
	}
	t.top, err = c.whole(n.Arguments[2], "how many are the largest", 1000)
	if err == nil && t.top == 0 {
		err = c.fail(n.Arguments[2], usage, "the share of the 0 largest is nothing")
	}
	return err
}

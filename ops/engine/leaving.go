package engine

import (
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/leaving"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

const leavingParts = "it takes: size (ether(10)), transfer (token.Transfer; without it, ether), over (1h)"

// leaving compiles a detector of value that leaves to new recipients.
func (a *arranger) leaving(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "watch", "accounts", "of", "from_block")
	of := &leaving.Detector{Asset: "ether", Watched: a.watched(d), Known: a.accounts(d), Over: a.over(d, usualOver), From: d.FromBlock, Size: new(big.Int)}
	if _, said := d.Of["size"]; !said {
		a.fault(policy.File, d.At, leavingParts, "detector %s lacks %q", d.ID, "size")
	}
	for _, name := range sortedKeys(d.Of) {
		text := d.Of[name]
		switch name {
		case "over":
		case "size":
			of.Size = a.amount(d, name, text)
		case "transfer":
			a.transfer(of, d, text)
			r.traced = append(r.traced, measure.Event{Address: of.Token, Topic: of.Topic})
		default:
			a.fault(policy.File, text, leavingParts, "detector %s: a detector of kind %s takes no %q", d.ID, leaving.Kind, name)
		}
	}
	if at, said := d.Keys["from_block"]; said && of.Ether() {
		a.fault(policy.File, at, "list the usual recipients under accounts", "detector %s: who got ether before is not read back", d.ID)
	}
	i := a.detects(r, d, of, action, leaving.Gives...)
	if of.Ether() && i.Unit.Symbol == "" {
		i.Unit = detect.Unit{Decimals: 18, Symbol: "ETH"}
	}
	i.Remember = func() detect.Memory { return of.NewMemory() }
	r.invariants = append(r.invariants, i)
}

// transfer finds a token's event by contract.Event: from and to indexed, and an amount, as
// ERC-20 has it.
func (a *arranger) transfer(of *leaving.Detector, d policy.Detector, text document.Text) {
	name, event, _ := strings.Cut(text.Value, ".")
	c, ok := a.policy.Contracts[name]
	if !ok {
		a.fault(policy.File, text, "as in token.Transfer", "detector %s: no contract is called %q", d.ID, name)
		return
	}
	e, ok := c.ABI.Events[event]
	if !ok || e.Anonymous || len(e.Inputs) != 3 || !e.Inputs[0].Indexed || !e.Inputs[1].Indexed || e.Inputs[2].Indexed ||
		e.Inputs[0].Type.T != abi.AddressTy || e.Inputs[1].Type.T != abi.AddressTy || e.Inputs[2].Type.T != abi.UintTy {
		a.fault(policy.File, text, "an event with from and to indexed, and an amount: token.Transfer", "detector %s: %s has no such event %q", d.ID, name, event)
		return
	}
	of.Token, of.Topic, of.Asset = c.Address, e.ID, name
}

// amount is a part that is a constant whole number from 1 on.
func (a *arranger) amount(d policy.Detector, name string, text document.Text) *big.Int {
	m, err := measure.Compile(text.Value, a.scope)
	if err != nil {
		a.expression(policy.File, text, string(d.ID)+" "+name, err)
		return new(big.Int)
	}
	v, err := m.Evaluate(measure.Frame{})
	if err != nil || v.Rat() == nil || v.Rat().Sign() <= 0 || !v.Rat().IsInt() {
		a.fault(policy.File, text, "an amount that never changes, as in ether(10)", "detector %s: %s is no amount", d.ID, name)
		return new(big.Int)
	}
	return v.Rat().Num()
}

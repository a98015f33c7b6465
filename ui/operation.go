package ui

import (
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// operationDetail is one operation of a timelock in full.
func operationDetail(o ops.Operation, chain fact) *textDialog {
	approved, _ := approval(o)
	form := "single"
	if o.Batch {
		form = "batch"
	}
	state := fmt.Sprintf("%s, %s", o.State, form)
	if o.State == ops.OperationOver {
		state += ": executed or skipped, its contract does not say which"
	}
	facts := []fact{
		chain,
		{"state", state},
		{"approved", approved},
		{"runs from", date(o.ETA)},
		{"ended", dated(o.Ended)},
		{"scheduled", dated(o.Scheduled)},
	}
	facts = append(facts, circumstances(o)...)
	for i, c := range o.Calls {
		facts = append(facts, fact{fmt.Sprintf("call %d", i+1), c.Function}, fact{"", fmt.Sprintf("%s %s %s, value %s", way(c), c.Name, c.To.Hex(), c.Value)}, fact{"", "calldata " + bytesText(c.Data)})
	}
	for _, c := range o.Checks {
		word, _ := mark(c.Verdict)
		facts = append(facts, fact{"check", fmt.Sprintf("%s %s %s", word, c.Name, c.Why)})
	}
	return shown("Operation "+o.Short, append(facts, fact{"id", o.ID.Hex()}, fact{"before it", o.Predecessor.Hex()}, fact{"salt", o.Salt.Hex()})...)
}

// way is how a call reaches its target.
func way(c ops.Call) string {
	if c.Delegate {
		return "DELEGATECALL, in the account's own storage, of the code of"
	}
	return "on"
}

// circumstances are what is known of some operations and not of all.
func circumstances(o ops.Operation) []fact {
	var out []fact
	say := func(known bool, what, text string) {
		if known {
			out = append(out, fact{what, text})
		}
	}
	say(!o.Expires.IsZero(), "until", date(o.Expires))
	say(o.Blocked != "", "blocked", o.Blocked)
	say(o.Nonce != "", "nonce", o.Nonce)
	say(o.Delay > 0, "delay", span(o.Delay))
	say(o.MinDelay > 0, "at least", span(o.MinDelay)+", as its contract says now")
	say(!o.Again.Zero(), "again", "the same was cancelled at "+dated(o.Again))
	say(!o.Spent.Zero(), "again", "the same was executed, or may have been, at "+dated(o.Spent))
	say(o.Proposer != (common.Address{}), "proposer", o.Proposer.Hex())
	say(o.Through != (common.Address{}), "through", o.Through.Hex())
	say(len(o.Executors) > 0, "executors", strings.Join(o.Executors, ", "))
	say(len(o.Cancellers) > 0, "cancellers", strings.Join(o.Cancellers, ", "))
	if p := o.Proposal; p.ID != "" {
		out = append(out, fact{"proposal", p.ID}, fact{"", p.Title}, fact{"", p.Stage})
	}
	return out
}

package ui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// operationDetail is everything of one operation: what is wrong with it comes first,
// then when it runs and who may let it, then its calls as a tree.
func operationDetail(o ops.Operation, chain fact, head ops.BlockRef) *textDialog {
	return shown("Operation "+o.Short, append([]fact{chain}, operationFacts(o, head)...)...)
}

// OperationText is everything of one operation in lines.
func OperationText(o ops.Operation, head ops.BlockRef) []string {
	o = cleaned(o)
	return append([]string{"Operation " + o.Short}, shown("", operationFacts(o, head)...).text...)
}

func operationFacts(o ops.Operation, head ops.BlockRef) []fact {
	var facts []fact
	label := "wrong"
	for _, h := range o.Hazards {
		facts = append(facts, fact{label, wrong(h)})
		label = ""
	}
	approved := map[ops.Verdict]string{ops.OK: "✓ " + o.ApprovedAs, ops.Breach: "✖ nobody", ops.Unknown: "? unknown"}[o.Approved]
	form := "single"
	if o.Batch {
		form = "batch"
	}
	state := fmt.Sprintf("%s, %s", o.State, form)
	if o.State == ops.OperationOver {
		state += ": executed or skipped, its contract does not say which"
	}
	facts = append(facts,
		fact{"state", state},
		fact{"blocked", o.Blocked},
		fact{"nonce", o.Nonce},
		fact{"approved", approved},
		fact{"runs from", runsFrom(o, head)},
		fact{"until", until(o)},
		fact{"executors", strings.Join(o.Executors, ", ")},
		fact{"cancellers", strings.Join(o.Cancellers, ", ")},
	)
	label = "cancelling"
	for _, v := range o.Voids {
		facts = append(facts, fact{label, "also voids " + v})
		label = ""
	}
	facts = append(facts,
		fact{"delay", delays(o)},
		fact{"again", again(o)},
		fact{"ended", dated(o.Ended)},
		fact{"scheduled", dated(o.Scheduled)},
		fact{"by", proposer(o)},
	)
	if p := o.Proposal; p.ID != "" {
		facts = append(facts, fact{"proposal", p.ID}, fact{"", p.Title}, fact{"", p.Stage})
	}
	facts = append(facts, callFacts(o.Calls, "call ", "")...)
	for _, c := range o.Checks {
		word, _ := mark(c.Verdict)
		facts = append(facts, fact{"check", fmt.Sprintf("%s %s %s", word, c.Name, c.Why)})
	}
	facts = append(facts, fact{"id", o.ID.Hex()})
	if o.Predecessor == (common.Hash{}) && o.Salt == (common.Hash{}) { // most kinds know neither
		return facts
	}
	return append(facts, fact{"before it", o.Predecessor.Hex()}, fact{"salt", o.Salt.Hex()})
}

// callFacts are calls and, set in below each, what it carries. The calldata of what is
// carried is part of that which carries it.
func callFacts(list []ops.Call, label, in string) []fact {
	var facts []fact
	for i, c := range list {
		number := fmt.Sprint(label, i+1)
		facts = append(facts, fact{number, in + c.Function}, fact{"", in + strings.Join(strings.Fields(fmt.Sprintf("%s %s %s, value %s", way(c), c.Name, c.To.Hex(), c.Value)), " ")})
		if c.Doubt != "" {
			facts = append(facts, fact{"", in + "? " + c.Doubt})
		}
		if in == "" {
			facts = append(facts, fact{"", "calldata " + bytesText(c.Data)})
		}
		facts = append(facts, callFacts(c.Inner, strings.TrimPrefix(number, "call ")+".", in+"  ")...)
	}
	return facts
}

// way is how a call reaches its target.
func way(c ops.Call) string {
	if c.Delegate {
		return "DELEGATECALL, in the account's own storage, of the code of"
	}
	return "on"
}

// CallText is a call in lines, set in below it what it carries.
func CallText(c ops.Call) []string {
	return shown("", callFacts([]ops.Call{cleaned(c)}, "call ", "")...).text
}

// runsFrom is when an operation can be executed, and how long that is still, in chain
// time.
func runsFrom(o ops.Operation, head ops.BlockRef) string {
	switch {
	case o.ETA.IsZero() && o.State == ops.OperationWaiting:
		return "never: its time is beyond any calendar"
	case o.State == ops.OperationWaiting && !head.Zero():
		return date(o.ETA) + ", in " + clock(o.ETA.Sub(head.Time))
	default:
		return date(o.ETA)
	}
}

// until is the first second at which an operation cannot be executed any more.
func until(o ops.Operation) string {
	if o.Expires.IsZero() {
		return ""
	}
	return date(o.Expires)
}

// again is what became of the same id before.
func again(o ops.Operation) string {
	var said []string
	if !o.Again.Zero() {
		said = append(said, "the same was cancelled at "+dated(o.Again))
	}
	if !o.Spent.Zero() {
		said = append(said, "the same was executed, or may have been, at "+dated(o.Spent))
	}
	return strings.Join(said, "; ")
}

// delays holds an operation's delay against the contract's minimum.
func delays(o ops.Operation) string {
	if o.ETA.IsZero() || o.Scheduled.Zero() {
		return ""
	}
	text := span(cmp.Or(o.Delay, o.ETA.Sub(o.Scheduled.Time)))
	if o.MinDelay > 0 {
		text += ", the contract's minimum is " + span(o.MinDelay)
	}
	return text
}

// proposer is who scheduled an operation, and through what.
func proposer(o ops.Operation) string {
	if o.Proposer == (common.Address{}) {
		return ""
	}
	text := o.Proposer.Hex()
	if o.Through != (common.Address{}) {
		text += " through " + o.Through.Hex()
	}
	return text + ", in transaction " + o.Tx.Hex()
}

// TimelockLine is a timelock in one line. It is not made safe.
func TimelockLine(t ops.Timelock, chain string, queue []ops.Operation) string {
	waiting := 0
	for _, o := range queue {
		if o.State == ops.OperationWaiting || o.State == ops.OperationReady {
			waiting++
		}
	}
	least := "minimum delay not known"
	if t.MinDelay > 0 {
		least = "minimum delay " + span(t.MinDelay)
	}
	text := fmt.Sprintf("%s %s %s on %s, %s, the policy's %s, %s", t.ID, t.Name, t.Address.Hex(), chain, least, span(t.Least), plural(waiting, "operation waits", "operations wait"))
	if len(t.Hazards) > 0 {
		text += "; " + wrongs(t.Hazards)
	}
	return text
}

package ui

import (
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
	facts = append(facts,
		fact{"state", fmt.Sprintf("%s, %s", o.State, form)},
		fact{"blocked", o.Blocked},
		fact{"approved", approved},
		fact{"runs from", runsFrom(o, head)},
		fact{"delay", delays(o)},
		fact{"ended", dated(o.Ended)},
		fact{"scheduled", dated(o.Scheduled)},
		fact{"by", proposer(o)},
		fact{"executes", strings.Join(o.Executors, ", ")},
		fact{"cancels", strings.Join(o.Cancellers, ", ")},
	)
	facts = append(facts, callFacts(o.Calls, "call ", "")...)
	for _, c := range o.Checks {
		word, _ := mark(c.Verdict)
		facts = append(facts, fact{"check", fmt.Sprintf("%s %s %s", word, c.Name, c.Why)})
	}
	return append(facts, fact{"id", o.ID.Hex()}, fact{"before it", o.Predecessor.Hex()}, fact{"salt", o.Salt.Hex()})
}

// callFacts are calls and, set in below each, what it carries. The calldata of what is
// carried is part of that which carries it.
func callFacts(list []ops.Call, label, in string) []fact {
	var facts []fact
	for i, c := range list {
		number := fmt.Sprint(label, i+1)
		does := c.Function
		if c.Delegate {
			does = "DELEGATECALL " + does
		}
		facts = append(facts, fact{number, in + does}, fact{"", in + strings.Join(strings.Fields(fmt.Sprintf("on %s %s, value %s", c.Name, c.To.Hex(), c.Value)), " ")})
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

// delays holds an operation's delay against the contract's minimum.
func delays(o ops.Operation) string {
	if o.ETA.IsZero() || o.Scheduled.Zero() {
		return ""
	}
	text := span(o.ETA.Sub(o.Scheduled.Time))
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

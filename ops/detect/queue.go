package detect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// OperationArg is the argument that a queue finding gives to a runbook: the id of
// the operation to cancel.
const OperationArg = "operation"

// NonceArg is what it gives beside it where the contract counts its operations: the same
// id may wait more than once. It is in decimal.
const NonceArg = "nonce"

// Queue watches a timelock: nothing may be wrong with what waits there, or with the
// timelock, in the ways that it looks for.
type Queue struct {
	ID       ops.DetectorID
	Title    string
	Owner    string
	Class    ops.BreachClass
	Severity ops.Severity
	Timelock string
	Signs    []ops.HazardKind // none: all
	Action   ops.RunbookID
}

// looks reports whether the detector looks for a kind of hazard. What could not be read
// of an operation may be any that its calls show.
func (q Queue) looks(kind ops.HazardKind) bool {
	if len(q.Signs) == 0 || slices.Contains(q.Signs, kind) {
		return true
	}
	return kind == ops.HazardUnread && slices.ContainsFunc(q.Signs, func(k ops.HazardKind) bool {
		return k == ops.HazardDelegate || k == ops.HazardRole || k == ops.HazardSelf || k == ops.HazardDelay || k == ops.HazardCode
	})
}

// counts is what the detector counts: operations that nobody approved, or whatever it
// looks for.
func (q Queue) counts() string {
	for _, k := range q.Signs {
		if k != ops.HazardUnexpected && k != ops.HazardID {
			return "flagged"
		}
	}
	if len(q.Signs) == 0 {
		return "flagged"
	}
	return "unapproved"
}

// Next judges the queue at one block: a breach where a hazard that it looks for is one,
// else UNKNOWN where one is not known. Its runbook is given the first operation that is
// in breach, in the order of the queue.
func (q Queue) Next(past State, at ops.BlockRef, queue []ops.Operation, locks []ops.Timelock) State {
	f := ops.Finding{
		Detector: q.ID, Title: q.Title, Owner: q.Owner, Class: q.Class, Severity: q.Severity, Verdict: ops.OK,
		At: at, Source: q.source(), Action: q.Action, Relation: "=",
		Threshold: ops.Quantity{Exact: "0", Shown: "0 " + q.counts()},
	}
	var wrong, unclear []string
	for _, o := range queue {
		if o.Timelock != q.Timelock || o.State != ops.OperationWaiting && o.State != ops.OperationReady {
			continue
		}
		breaches, doubts := q.found(o.Hazards)
		if len(doubts) > 0 {
			unclear = append(unclear, o.Short+": "+strings.Join(doubts, ", "))
		}
		if len(breaches) == 0 {
			continue
		}
		wrong = append(wrong, o.Short+" "+strings.Join(breaches, ", "))
		if f.Args == nil {
			f.Args = map[string]string{OperationArg: o.ID.Hex()}
			if o.Nonce != "" {
				f.Args[NonceArg] = o.Nonce
			}
		}
	}
	for _, l := range locks {
		if l.ID == q.Timelock {
			breaches, doubts := q.found(l.Hazards)
			wrong, unclear = append(wrong, breaches...), append(unclear, doubts...)
		}
	}
	f.Observed = ops.Quantity{Exact: fmt.Sprint(len(wrong)), Shown: fmt.Sprintf("%d %s", len(wrong), q.counts())}
	switch {
	case len(wrong) > 0:
		f.Verdict, f.Why = ops.Breach, told(wrong)
	case len(unclear) > 0:
		f.Verdict, f.Why, f.Observed = ops.Unknown, told(unclear), ops.Quantity{}
		return State{}.with(carried(f, past.Finding))
	}
	f.Known, f.Last = at, f.Observed
	f.Since, f.Broke = f.Start(past.Finding)
	return State{}.with(f)
}

// found are the hazards that the detector looks for, in words.
func (q Queue) found(hazards []ops.Hazard) (breaches, doubts []string) {
	for _, h := range hazards {
		switch {
		case !q.looks(h.Kind):
		case h.Verdict == ops.Breach && !slices.Contains(breaches, h.Text):
			breaches = append(breaches, h.Text)
		case h.Verdict == ops.Unknown && !slices.Contains(doubts, h.Text):
			doubts = append(doubts, h.Text)
		}
	}
	return breaches, doubts
}

// mostTold is how many operations a finding names.
const mostTold = 8

func told(all []string) string {
	if n := len(all) - mostTold; n > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(all[:mostTold], "; "), n)
	}
	return strings.Join(all, "; ")
}

func (q Queue) source() string {
	if len(q.Signs) == 0 {
		return "queue of " + q.Timelock
	}
	words := make([]string, len(q.Signs))
	for i, k := range q.Signs {
		words[i] = string(k)
	}
	return "queue of " + q.Timelock + ": " + strings.Join(words, ", ")
}

// Dark is the queue's finding when the queue itself cannot be known.
func (q Queue) Dark(past State, at ops.BlockRef, why string) State {
	f := ops.Finding{
		Detector: q.ID, Title: q.Title, Owner: q.Owner, Class: q.Class, Severity: q.Severity, Verdict: ops.Unknown,
		At: at, Source: q.source(), Action: q.Action, Why: why,
	}
	return State{}.with(carried(f, past.Finding))
}

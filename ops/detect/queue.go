package detect

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// OperationArg is the argument that a queue finding gives to a runbook: the id of
// the operation to cancel.
const OperationArg = "operation"

// Queue watches a timelock: whatever waits there must belong to an approved
// release.
type Queue struct {
	ID       ops.DetectorID
	Title    string
	Owner    string
	Class    ops.BreachClass
	Severity ops.Severity
	Timelock string
	Action   ops.RunbookID
}

// doubt is why an operation is not known to be what it seems; empty if it is.
func doubt(o ops.Operation) string {
	for _, c := range o.Checks {
		if c.Verdict != ops.OK {
			return c.Why
		}
	}
	if o.Approved == ops.Unknown {
		return "its id could not be recomputed"
	}
	return ""
}

// Next judges the queue at one block. An operation whose id could not be
// recomputed, or of which the contract says something else than its logs, is
// unknown; one that nobody approved is a breach, whatever else.
func (q Queue) Next(past State, at ops.BlockRef, queue []ops.Operation) State {
	f := ops.Finding{
		Detector: q.ID, Title: q.Title, Owner: q.Owner, Class: q.Class, Severity: q.Severity, Verdict: ops.OK,
		At: at, Source: "queue of " + q.Timelock, Action: q.Action, Relation: "=",
		Threshold: ops.Quantity{Exact: "0", Shown: "0 unapproved"},
	}
	var unapproved, unclear []string
	for _, o := range queue {
		if o.Timelock != q.Timelock || o.State != ops.OperationWaiting && o.State != ops.OperationReady {
			continue
		}
		switch o.Approved {
		case ops.Breach:
			unapproved = append(unapproved, o.Short)
			if f.Args == nil {
				f.Args = map[string]string{OperationArg: o.ID.Hex()}
			}
		case ops.Unknown:
			unclear = append(unclear, o.Short+": "+doubt(o))
		case ops.OK: // approved, but not if the contract does not say what the logs say
			if why := doubt(o); why != "" {
				unclear = append(unclear, o.Short+": "+why)
			}
		}
	}
	f.Observed = ops.Quantity{Exact: fmt.Sprint(len(unapproved)), Shown: fmt.Sprintf("%d unapproved", len(unapproved))}
	switch {
	case len(unapproved) > 0:
		f.Verdict, f.Why = ops.Breach, strings.Join(unapproved, ", ")+" is in no approved release"
	case len(unclear) > 0:
		f.Verdict, f.Why, f.Observed = ops.Unknown, strings.Join(unclear, "; "), ops.Quantity{}
		return State{}.with(carried(f, past.Finding))
	}
	f.Known, f.Last = at, f.Observed
	f.Since, f.Broke = f.Start(past.Finding)
	return State{}.with(f)
}

// Dark is the queue's finding when the queue itself cannot be known.
func (q Queue) Dark(past State, at ops.BlockRef, why string) State {
	f := ops.Finding{
		Detector: q.ID, Title: q.Title, Owner: q.Owner, Class: q.Class, Severity: q.Severity, Verdict: ops.Unknown,
		At: at, Source: "queue of " + q.Timelock, Action: q.Action, Why: why,
	}
	return State{}.with(carried(f, past.Finding))
}

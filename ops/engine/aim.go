package engine

import (
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// aims refuses a queue's detector whose answer calls another timelock: the id that it
// finds means nothing there, and what is not in a queue looks cancelled.
func (a *arranger) aims(r *Rules, d policy.Detector) {
	for _, b := range r.books {
		if b.doc.Name != d.Action.Value || len(b.doc.Params) == 0 {
			continue
		}
		if of := r.calledBy(b); len(of) > 0 && !of[d.Timelock.Value] {
			a.fault(policy.File, d.Action, "a runbook that cancels in "+d.Timelock.Value+", or one that takes no operation", "detector %s watches %s, and %s acts on another timelock", d.ID, d.Timelock.Value, b.doc.Name)
		}
	}
}

// calledBy are the timelocks that a runbook calls: an id of another means nothing there.
func (r *Rules) calledBy(b book) map[string]bool {
	out := map[string]bool{}
	for _, s := range b.doc.Steps {
		name, _ := contractOf(r.policy, s)
		for _, t := range r.policy.Timelocks {
			if t.Contract.Value == name {
				out[t.ID] = true
			}
		}
	}
	return out
}

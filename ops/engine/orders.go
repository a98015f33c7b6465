package engine

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/pending"
)

// orders checks that each standing order answers findings that there are, and none that is
// about the console itself: blindness freezes and pages, and never sends.
func (a *arranger) orders(r *Rules) {
	var ids []ops.DetectorID
	for _, i := range r.invariants {
		ids = append(ids, i.ID)
	}
	for _, q := range r.queues {
		ids = append(ids, q.ID)
	}
	for _, c := range r.canaries {
		ids = append(ids, ops.DetectorID(c.ID+".budget"), ops.DetectorID(c.ID+".segment"))
	}
	for _, b := range r.books {
		if b.doc.Standing == nil {
			continue
		}
		for _, f := range b.doc.Standing.Findings {
			id := ops.DetectorID(f.Value)
			switch {
			case slices.ContainsFunc(r.sentinels, func(s sentinel) bool { return s.ID == id }):
				a.fault(b.doc.File, f, "name what the chain itself shows", "the standing order answers %s, which says whether the console sees: blindness sends nothing", id)
			case slices.ContainsFunc(r.invariants, func(i detect.Invariant) bool {
				_, waits := i.Condition.(*pending.Detector)
				return waits && i.ID == id
			}):
				a.fault(b.doc.File, f, "name what a block shows", "the standing order answers %s, which says what waits in a mempool: anybody can have anything wait there for nothing, and a person decides", id)
			case !slices.Contains(ids, id):
				a.fault(b.doc.File, f, "an invariant, a detector, or C1.budget and C1.segment of a canary", "the standing order answers %q, and nothing finds that", f.Value)
			}
		}
	}
}

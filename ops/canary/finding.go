package canary

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Findings says of a window what the detectors say of an invariant: C1.budget and
// C1.segment, so that whoever reads findings alone misses nothing. past are the
// findings of the block before.
func (c Canary) Findings(w ops.Window, at ops.BlockRef, past []ops.Finding) []ops.Finding {
	if !w.Open {
		return nil
	}
	budget := ops.Finding{
		Detector: ops.DetectorID(c.ID + ".budget"), Title: "The canary moves no more than its budget", Verdict: w.Budget, Why: w.BudgetWhy,
		Observed: w.Spent, Relation: "≤", Threshold: w.Limit, Source: fmt.Sprintf("sum of %s.%s in %s", c.Spends.Event.RawName, c.Spends.Field, c.Interval),
	}
	segment := ops.Finding{
		Detector: ops.DetectorID(c.ID + ".segment"), Title: "Only allowed accounts use the new path", Verdict: w.Segment, Why: w.SegmentWhy,
		Observed: count(len(w.Outsiders), "outside"), Relation: "=", Threshold: count(0, "outside"), Source: c.User.Event.RawName + "." + c.User.Field,
	}
	out := []ops.Finding{budget, segment}
	for i, f := range out {
		f.Owner, f.Class, f.Severity, f.Action, f.At = "security", ops.ClassAsset, ops.High, c.Action, at
		f.Since, f.Broke = f.Start(ops.Finding{})
		for _, p := range past {
			if p.Detector != f.Detector {
				continue
			}
			f.Known, f.Last = p.Known, p.Last
			f.Since, f.Broke = f.Start(p)
		}
		if f.Verdict != ops.Unknown {
			f.Known, f.Last = at, f.Observed
		} else {
			f.Observed = ops.Quantity{}
		}
		out[i] = f
	}
	return out
}

func count(n int, what string) ops.Quantity {
	return ops.Quantity{Exact: fmt.Sprint(n), Shown: fmt.Sprintf("%d %s", n, what)}
}

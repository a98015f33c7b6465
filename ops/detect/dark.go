package detect

import "github.com/bulkhead-console/bulkhead/ops"

// Dark is the invariant's state when judging it at a block broke off: what it
// remembers may hold half of that block, and begins anew. UNKNOWN neither advances
// nor resets the streak.
func (i *Invariant) Dark(past State, at ops.BlockRef, why string) State {
	past = past.before(at.Number)
	past.Memory, past.ahead, past.waiting = nil, nil, nil
	return past.with(carried(ops.Finding{
		Detector: i.ID, Title: i.Title, Owner: i.Owner, Class: i.Class, Severity: i.Severity, Verdict: ops.Unknown,
		At: at, Source: i.Condition.Source(), Action: i.Action, Why: why,
	}, past.Finding))
}

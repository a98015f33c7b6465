package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// silence is how old a picture may be. A loop publishes
// every second; one that does not is stuck, and what it showed last proves nothing
// about now.
const silence = 5 * time.Second

// part is what one chain adds to a merged picture.
type part struct {
	snapshot ops.Snapshot
	joined   bool // its engine was made: there is something to arm
}

// merged joins the pictures of several chains into one: what is found worst first,
// what has a time by its time. It changes none of them. Nothing of one chain is
// left out because of another. across is what was found between them.
func merged(parts []part, across []ops.Finding, now time.Time) ops.Snapshot {
	out := ops.Snapshot{Now: now}
	if len(parts) == 0 {
		return out
	}
	first := parts[0].snapshot
	out.Mode, out.Policy, out.PolicyHash, out.Operator, out.Signing = first.Mode, first.Policy, first.PolicyHash, first.Operator, first.Signing
	var blind []string
	for _, p := range parts {
		s := quieted(p.snapshot, now)
		add(&out, s)
		if !s.Signing.Whole() { // one look at the pack that finds it changed is enough
			out.Signing = s.Signing
		}
		if s.Blind == "" {
			continue
		}
		blind = append(blind, s.Chain+": "+s.Blind)
		if out.BlindSince.IsZero() || s.BlindSince.Before(out.BlindSince) {
			out.BlindSince = s.BlindSince
		}
	}
	out.Findings = append(out.Findings, across...)
	out.Blind = strings.Join(blind, "; ")
	out.Arming = arming(parts)
	out.Queue = timelock.Sorted(out.Queue)
	slices.SortStableFunc(out.Findings, func(a, b ops.Finding) int { return ops.Graver(&a, &b) })
	slices.SortStableFunc(out.Canary, func(a, b ops.Window) int { return window(a) - window(b) })
	slices.SortStableFunc(out.Receipts, func(a, b ops.Receipt) int { return a.Confirmed.Compare(b.Confirmed) })
	slices.SortStableFunc(out.Log, func(a, b ops.Entry) int { return b.Time.Compare(a.Time) })
	return out
}

// add takes in one chain; every row then says which it is of.
func add(out *ops.Snapshot, s ops.Snapshot) {
	state := s.On(s.Chain)
	state.Incident = named(s.Incident, s.Chain)
	out.Chains = append(out.Chains, state)
	out.Judged, out.Missed, out.MinDelay = out.Judged+s.Judged, out.Missed+s.Missed, max(out.MinDelay, s.MinDelay)
	out.Incident = sooner(out.Incident, state.Incident)
	for _, f := range s.Feeds {
		f.Name = s.Chain + "/" + f.Name
		out.Feeds = append(out.Feeds, f)
	}
	for _, f := range s.Findings {
		f.Chain = s.Chain
		out.Findings = append(out.Findings, f)
	}
	for _, o := range s.Queue {
		o.Chain = s.Chain
		out.Queue = append(out.Queue, o)
	}
	for _, t := range s.Timelocks {
		t.Chain = s.Chain
		out.Timelocks = append(out.Timelocks, t)
	}
	for _, w := range s.Canary {
		w.Chain = s.Chain
		out.Canary = append(out.Canary, w)
	}
	out.Standing = append(out.Standing, s.Standing...)
	if s.Skew.Abs() > out.Skew.Abs() {
		out.Skew = s.Skew
	}
	for _, x := range s.Exposed {
		x.Chain = s.Chain
		out.Exposed = append(out.Exposed, x)
	}
	for _, b := range s.Board {
		b.Chain = s.Chain
		out.Board = append(out.Board, b)
	}
	for _, r := range s.Receipts {
		r.Chain = s.Chain
		out.Receipts = append(out.Receipts, r)
	}
	for _, e := range s.Log {
		e.Chain = s.Chain
		out.Log = append(out.Log, e)
	}
}

// named is an incident that says its chain; the engine's own stays as it is.
func named(i *ops.Incident, chain string) *ops.Incident {
	if i == nil {
		return nil
	}
	copied := *i
	copied.Chain = chain
	return &copied
}

// sooner is the incident that the clock shows: the earliest that is still open,
// else the one that was stopped last.
func sooner(a, b *ops.Incident) *ops.Incident {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.StoppedAt.IsZero() != b.StoppedAt.IsZero():
		if a.StoppedAt.IsZero() {
			return a
		}
		return b
	case a.StoppedAt.IsZero() && b.OpenedAt.Before(a.OpenedAt), !a.StoppedAt.IsZero() && b.StoppedAt.After(a.StoppedAt):
		return b
	default:
		return a
	}
}

// window puts an open canary before one that is not: there is something to see.
func window(w ops.Window) int {
	if w.Open {
		return 0
	}
	return 1
}

// arming is that of all the engines there are. LOCKED is said only if nothing can
// be sent anywhere; what one of them refuses none of them can be armed for.
func arming(parts []part) ops.Arming {
	var out ops.Arming
	found := false
	for _, p := range parts {
		a := p.snapshot.Arming
		if !p.joined {
			continue
		}
		if !found {
			found, out = true, ops.Arming{By: a.By}
		}
		out.NeedsSecret = out.NeedsSecret || a.NeedsSecret
		if a.Refused != "" && out.Refused == "" {
			out.Refused = p.snapshot.Chain + ": " + a.Refused
		}
		if a.Armed && (!out.Armed || a.Until.Before(out.Until)) {
			out.Armed, out.Reason, out.Until = true, a.Reason, a.Until
		}
	}
	if !found {
		out.Refused = "no chain was reached so far"
	}
	return out
}

// quieted is a picture as it stands now: one that its loop has not renewed for a
// while is dark.
func quieted(s ops.Snapshot, now time.Time) ops.Snapshot {
	if s.Blind != "" || now.Sub(s.Now) <= silence {
		return s
	}
	return darkened(s, "its loop has said nothing for a while", s.Now)
}

// darkened is a picture of a chain that cannot be seen any more.
func darkened(s ops.Snapshot, why string, since time.Time) ops.Snapshot {
	s.Blind, s.BlindSince = why, since
	s.Findings, s.Queue, s.Canary, s.Board, s.Timelocks = slices.Clone(s.Findings), slices.Clone(s.Queue), slices.Clone(s.Canary), slices.Clone(s.Board), slices.Clone(s.Timelocks)
	for i := range s.Findings {
		f := &s.Findings[i]
		f.Verdict, f.Why, f.Observed, f.Trend = ops.Unknown, why, ops.Quantity{}, ""
	}
	s.Traits, s.Sides = unseenTraits(s.Traits, why), unseenSides(s.Sides, why)
	darken(&s)
	return s
}

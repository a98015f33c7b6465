package detect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Alike is contracts that must have the same traits, on one chain or on several. It
// is about authorization: code, owners and limits that differ were changed on one of
// them, and whoever did it may do it there alone.
type Alike struct {
	ID        ops.DetectorID
	Title     string
	Owner     string
	Severity  ops.Severity
	Contracts []string
	Same      []string // what
	Chains    []string // of the contracts, each once, sorted
}

// Judge compares the traits that were read. Two that are known and differ are a
// breach, whatever else is unknown; a trait that one contract lacks makes the group
// UNKNOWN.
func (a Alike) Judge(past ops.Finding, traits []ops.Trait) ops.Finding {
	f := ops.Finding{
		Detector: a.ID, Title: a.Title, Owner: a.Owner, Class: ops.ClassAuthorization, Severity: a.Severity, Verdict: ops.OK,
		Source: strings.Join(a.Same, ", ") + " of " + strings.Join(a.Contracts, ", "), Relation: "=",
	}
	alike, differing, missing := 0, []string(nil), []string(nil)
	for _, what := range a.Same {
		found := make([]ops.Trait, len(a.Contracts))
		for i, name := range a.Contracts {
			found[i] = traitOf(traits, name, what)
			if f.At.Zero() {
				f.At = found[i].At
			}
		}
		known := slices.DeleteFunc(slices.Clone(found), func(t ops.Trait) bool { return t.Why != "" })
		differ := slices.ContainsFunc(known, func(t ops.Trait) bool { return t.Value != known[0].Value })
		switch {
		case differ:
			differing = append(differing, what+": "+values(found))
		case len(known) < len(found):
			for _, t := range found {
				if t.Why != "" {
					missing = append(missing, fmt.Sprintf("%s of %s: %s", t.What, t.Contract, t.Why))
				}
			}
		default:
			alike++
		}
	}
	if len(differing) == 0 && len(missing) > 0 {
		f.Verdict, f.Why = ops.Unknown, strings.Join(missing, "; ")
		return carried(f, past)
	}
	if len(differing) > 0 {
		f.Verdict, f.Why = ops.Breach, strings.Join(differing, "; ")
	}
	f.Observed = ops.Quantity{Exact: fmt.Sprint(alike), Shown: fmt.Sprintf("%d alike", alike)}
	f.Threshold = ops.Quantity{Exact: fmt.Sprint(len(a.Same)), Shown: fmt.Sprint(len(a.Same))}
	f.Known, f.Last = f.At, f.Observed
	f.Since, f.Broke = f.Start(past)
	return f
}

// traitOf finds a trait; one that nobody read is not known.
func traitOf(traits []ops.Trait, contract, what string) ops.Trait {
	i := slices.IndexFunc(traits, func(t ops.Trait) bool { return t.Contract == contract && t.What == what })
	if i < 0 {
		return ops.Trait{Contract: contract, What: what, Why: "it was not read"}
	}
	return traits[i]
}

// values says who has what.
func values(found []ops.Trait) string {
	out := make([]string, len(found))
	for i, t := range found {
		if out[i] = t.Contract + " " + t.Value; t.Why != "" {
			out[i] = t.Contract + " is not known: " + t.Why
		}
	}
	return strings.Join(out, ", ")
}

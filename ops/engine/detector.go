package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
	"github.com/bulkhead-console/bulkhead/ops/detect/caller"
	"github.com/bulkhead-console/bulkhead/ops/detect/code"
	"github.com/bulkhead-console/bulkhead/ops/detect/deployment"
	"github.com/bulkhead-console/bulkhead/ops/detect/leaving"
	"github.com/bulkhead-console/bulkhead/ops/detect/pending"
	"github.com/bulkhead-console/bulkhead/ops/detect/sight"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// detector compiles a built-in detector of any kind.
func (a *arranger) detector(r *Rules, d policy.Detector, action ops.RunbookID) {
	if d.Kind.Value == policy.Queue {
		a.aims(r, d)
		q := detect.Queue{ID: d.ID, Title: d.Title, Owner: d.Owner, Class: d.Class, Severity: d.Severity, Timelock: d.Timelock.Value, Action: action}
		for _, sign := range d.Signs {
			q.Signs = append(q.Signs, ops.HazardKind(sign.Value))
		}
		r.queues = append(r.queues, q)
		return
	}
	for _, p := range patterns {
		if p.Kind == d.Kind.Value {
			a.pattern(r, d, p, action)
			return
		}
	}
	switch d.Kind.Value {
	case authorization.Kind:
		a.authorization(r, d, action)
	case caller.Kind, deployment.Kind:
		a.lookout(r, d, action)
	case code.Kind:
		a.code(r, d, action)
	case leaving.Kind:
		a.leaving(r, d, action)
	case policy.Lane:
		a.lane(r, d, action)
	case pending.Kind:
		a.pending(r, d, action)
	case sight.Kind:
		a.sight(r, d, action)
	case "": // missing, and said so already
	default:
		a.fault(policy.File, d.Kind, "known: "+kinds(), "detector %s: the kind %q is not known", d.ID, d.Kind.Value)
	}
}

// takes refuses parts that a detector of its kind is not made of. hint says what it takes.
func (a *arranger) takes(d policy.Detector, hint string, parts ...string) {
	for _, name := range sortedKeys(d.Of) {
		if !slices.Contains(parts, name) {
			a.fault(policy.File, d.Of[name], "it takes: "+hint, "detector %s: a detector of kind %s takes no %q", d.ID, d.Kind.Value, name)
		}
	}
}

// waitsForNone refuses what waits for blocks. why says why there are none to wait for.
func (a *arranger) waitsForNone(d policy.Detector, why string) {
	for _, key := range []string{"for", "confirmations"} {
		if at, ok := d.Keys[key]; ok {
			a.fault(policy.File, at, "leave it out: "+why, "detector %s: a detector of kind %s takes no %q", d.ID, d.Kind.Value, key)
		}
	}
}

// only refuses what a detector of its kind does not take, beside what all of them do.
func (a *arranger) only(d policy.Detector, keys ...string) {
	for _, key := range []string{"of", "watch", "accounts", "approved", "calls", "baseline", "from_block", "warmup"} {
		if at, ok := d.Keys[key]; ok && !slices.Contains(keys, key) {
			a.fault(policy.File, at, "leave it out", "detector %s: a detector of kind %s takes no %q", d.ID, d.Kind.Value, key)
		}
	}
}

// detects is a detector with what it judges by. own are the arguments that it gives to its
// runbook by itself.
func (a *arranger) detects(r *Rules, d policy.Detector, c detect.Condition, action ops.RunbookID, own ...string) detect.Invariant {
	return detect.Invariant{
		ID: d.ID, Title: d.Title, Owner: d.Owner, Class: d.Class, Severity: d.Severity, Condition: c,
		For: d.For, Clear: d.Clear, Confirmed: d.Confirmations, Action: action,
		Unit: detect.Unit{Decimals: d.Show.Decimals, Symbol: d.Show.Symbol}, Gives: a.gives(r, string(d.ID), d.Gives, d.Action, action, own...),
	}
}

// kinds are those of the detectors, as a policy names them.
func kinds() string {
	names := []string{policy.Queue, authorization.Kind, caller.Kind, code.Kind, deployment.Kind, leaving.Kind, policy.Lane, pending.Kind, sight.Kind}
	for _, p := range patterns {
		names = append(names, p.Kind)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

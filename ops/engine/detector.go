package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
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
	if d.Kind.Line > 0 {
		a.fault(policy.File, d.Kind, "known: "+kinds(), "detector %s: the kind %q is not known", d.ID, d.Kind.Value)
	}
}

// kinds are those of the detectors, as a policy names them.
func kinds() string {
	names := []string{policy.Queue}
	for _, p := range patterns {
		names = append(names, p.Kind)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

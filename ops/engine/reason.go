package engine

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// unnamed is a custom error that the chain's reader knows no name of.
var unnamed = regexp.MustCompile(`error 0x[0-9a-f]{8}\b`)

// errorNames are the custom errors of the policy's own contracts, as the reader writes
// those that it has no name for. A selector that two of them share is left as it is:
// a wrong name is worse than none.
func errorNames(contracts map[string]policy.Contract) map[string]string {
	out, clash := map[string]string{}, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(contracts)) {
		for _, e := range contracts[name].ABI.Errors {
			selector := "error 0x" + hex.EncodeToString(e.ID[:4])
			if was, known := out[selector]; known && was != e.Name {
				clash[selector] = true
			}
			out[selector] = e.Name
		}
	}
	maps.DeleteFunc(out, func(selector, _ string) bool { return clash[selector] })
	return out
}

// named gives the custom errors in a text their names, with the selector beside them.
func (r *Rules) named(text string) string {
	return unnamed.ReplaceAllStringFunc(text, func(selector string) string {
		if name, ok := r.errors[selector]; ok {
			return fmt.Sprintf("%s (%s)", name, selector)
		}
		return selector
	})
}

func (r *Rules) namedAll(texts []string) []string {
	out := slices.Clone(texts)
	for i, text := range out {
		out[i] = r.named(text)
	}
	return out
}

// namedPlan is a plan whose reverts are named.
func (r *Rules) namedPlan(p ops.Plan) ops.Plan {
	p.Warnings, p.Changes, p.Course = r.namedAll(p.Warnings), slices.Clone(p.Changes), slices.Clone(p.Course)
	for i := range p.Changes {
		p.Changes[i].After = r.named(p.Changes[i].After)
	}
	for i := range p.Course {
		p.Course[i].Warnings = r.namedAll(p.Course[i].Warnings)
	}
	return p
}

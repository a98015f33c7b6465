package engine

import (
	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// bounded refuses parts that never change and would make a detector judge nonsense.
func (a *arranger) bounded(d policy.Detector, p ops.Pattern, parts map[string]document.Text) bool {
	whole := true
	for _, b := range p.Bounds {
		w, given := write(ops.Clause{Holds: b.Holds}, parts)
		if !given {
			continue
		}
		m, err := measure.Compile(w.source, a.scope)
		if err != nil || len(m.Reads()) > 0 { // what is wrong with it was said by its clause
			continue
		}
		v, err := m.Evaluate(measure.Frame{})
		if err != nil || v.Kind() != measure.Bool || v.True() {
			continue
		}
		at := parts[b.Part]
		if at.Line == 0 {
			at = d.Kind
		}
		a.fault(policy.File, at, "", "detector %s: %s", d.ID, b.Says)
		whole = false
	}
	return whole
}

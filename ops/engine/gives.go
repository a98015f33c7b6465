package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// gives compiles what a breach gives to its runbook. Each is an address
// or bytes32, read with the block, so that it names who holds something now and not
// who was given it once. What the runbook takes and nothing gives, or the other way
// round, is a fault.
func (a *arranger) gives(r *Rules, who string, gives policy.Gives, answer document.Text, action ops.RunbookID, own ...string) detect.Gives {
	book, known := r.book(action)
	for _, name := range slices.Sorted(maps.Keys(book.doc.Params)) {
		if _, ok := gives[name]; !ok && !slices.Contains(own, name) {
			a.fault(policy.File, answer, "gives: {"+name+": an expression}", "%s is answered by %s, which takes %q, and does not give it", who, book.doc.Name, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gives)) {
		if _, ok := book.doc.Params[name]; !ok && known {
			a.fault(policy.File, gives[name], "it takes: "+listed(book.doc.Params), "%s gives %q, and %s takes no such thing", who, name, book.doc.Name)
		}
	}
	if len(gives) == 0 {
		return nil
	}
	given := map[string]*measure.Measure{}
	for _, name := range slices.Sorted(maps.Keys(gives)) {
		text := gives[name]
		m, err := measure.Compile(text.Value, a.scope)
		switch {
		case err != nil && text.Line > 0:
			a.expression(policy.File, text, who+" gives "+name, err)
		case err == nil && m.Kind() != measure.Address && m.Kind() != measure.Bytes32:
			a.fault(policy.File, text, "as in treasury.getRoleMember(payers, 1)", "%s gives %s as %s: a runbook takes an address or bytes32", who, name, m.Kind())
		case err == nil:
			given[name] = m
			r.given = append(r.given, m.Reads()...)
		}
	}
	return func(at ops.BlockRef, now ops.Readings) (map[string]string, error) {
		out := map[string]string{}
		for name, m := range given {
			v, err := m.Evaluate(measure.Frame{At: at, Now: now})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = v.String()
		}
		return out, nil
	}
}

package engine

import (
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// exposure is one of the policy's, compiled.
type exposure struct {
	doc   policy.Exposure
	value *measure.Measure
	unit  detect.Unit
	stops []ops.RunbookID
}

func (a *arranger) exposure(r *Rules, e policy.Exposure, stops []ops.RunbookID) {
	m, err := measure.Compile(e.Value.Value, a.scope)
	if err != nil {
		if e.Value.Line > 0 { // else its absence was said
			a.expression(policy.File, e.Value, e.ID, err)
		}
		return
	}
	if m.Kind() != measure.Number {
		a.fault(policy.File, e.Value, "as in vault.totalAssets()", "%s: its value is %s, and no number", e.ID, m.Kind())
		return
	}
	r.exposures = append(r.exposures, exposure{doc: e, value: m, stops: stops, unit: detect.Unit{Decimals: e.Show.Decimals, Symbol: e.Show.Symbol}})
}

// exposed measures the exposures at the head and joins them with the board: who can
// stop what, now.
func (e *Engine) exposed() []ops.Exposure {
	s := &e.state
	out := make([]ops.Exposure, 0, len(e.Rules.exposures))
	for _, x := range e.Rules.exposures {
		line := ops.Exposure{ID: x.doc.ID, Title: x.doc.Title, Why: s.blind}
		for _, f := range x.doc.Functions {
			line.Functions = append(line.Functions, f.Value)
		}
		if s.blind == "" {
			v, err := x.value.Evaluate(measure.Frame{At: s.head, Now: s.readings})
			if err != nil {
				line.Why = err.Error()
			} else {
				line.Value = x.unit.Quantity(v.Rat().RatString())
			}
		}
		for _, id := range x.stops {
			for _, b := range s.board {
				if b.Runbook == id {
					line.Stops = append(line.Stops, ops.Stop{Runbook: id, Name: b.Name, Key: b.Key, State: b.State, Done: b.Done, Why: strings.Join(b.Why, "; "), Until: b.Until})
				}
			}
		}
		out = append(out, line)
	}
	return out
}

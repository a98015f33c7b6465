package engine

import (
	"math/big"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/sight"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// sentinel is a detector of the console's own sight. It reads no chain: what it judges is
// given to it.
type sentinel struct {
	detect.Invariant
	bounds sight.Bounds
}

// witness is its condition at one moment.
type witness struct {
	bounds sight.Bounds
	seen   sight.Sight
}

func (w witness) Reads() []ops.Read                      { return nil }
func (w witness) Judge(_, _ ops.Readings) ops.Assessment { return w.bounds.Judge(w.seen) }
func (w witness) Source() string                         { return w.bounds.Source() }

// sight compiles a detector of detectors.
func (a *arranger) sight(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "of")
	a.waitsForNone(d, "whoever is blind sees no blocks to wait for")
	bound := func(name string) *big.Rat {
		text, said := d.Of[name]
		if !said {
			return new(big.Rat)
		}
		return a.literal(d, name, text)
	}
	a.takes(d, "blocks (99.5%), age (30s), providers (2)", "blocks", "age", "providers")
	share, _ := bound("blocks").Float64()
	if share > 1 {
		a.fault(policy.File, d.Of["blocks"], "as in 99.5%", "detector %s: more than all blocks are never judged", d.ID)
	}
	whole := func(name string) int64 {
		v := bound(name)
		if !v.IsInt() { // a part of a second would be none, and demand nothing
			a.fault(policy.File, d.Of[name], "a whole number, as in 30s or 2", "detector %s: %s is no bound", d.ID, name)
		}
		return v.Num().Int64()
	}
	s := sentinel{bounds: sight.Bounds{Share: share, Age: time.Duration(whole("age")) * time.Second, Providers: int(whole("providers"))}}
	s.Invariant = a.detects(r, d, witness{bounds: s.bounds}, action)
	s.Units = map[string]detect.Unit{}
	for part, symbol := range sight.Units {
		s.Units[part] = detect.Unit{Symbol: symbol}
	}
	r.sentinels = append(r.sentinels, s)
}

// mostBound is more than any bound of a detector's sight: a year in seconds.
var mostBound = big.NewRat(366*24*3600, 1)

// literal is a part that is a constant number from 0 on.
func (a *arranger) literal(d policy.Detector, name string, text document.Text) *big.Rat {
	m, err := measure.Compile(text.Value, a.scope)
	if err != nil {
		a.expression(policy.File, text, string(d.ID)+" "+name, err)
		return new(big.Rat)
	}
	v, err := m.Evaluate(measure.Frame{})
	if err != nil || v.Rat() == nil || v.Rat().Sign() < 0 || v.Rat().Cmp(mostBound) > 0 {
		a.fault(policy.File, text, "a number that never changes, as in 99.5% or 30s", "detector %s: %s is no bound", d.ID, name)
		return new(big.Rat)
	}
	return v.Rat()
}

// witnessed judges the console's own sight and puts the findings in their places, which
// follow those of the queues.
func (e *Engine) witnessed(findings []ops.Finding) {
	s := &e.state
	now := sight.Sight{
		Blind: s.blind, Judged: s.judged, Missed: s.missed, Age: e.Now().Sub(s.head.Time), Aged: !s.head.Chain.Drill() && !s.head.Zero(), Feeds: s.feeds,
	}
	first := len(s.invariants) + len(s.queues)
	for i, w := range e.Rules.sentinels {
		w.Condition = witness{w.bounds, now}
		s.sentinels[i] = judged(&w.Invariant, s.sentinels[i], s.head, nil, nil, nil)
		findings[first+i] = s.sentinels[i].Finding
	}
}

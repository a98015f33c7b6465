package engine

import (
	"fmt"
	"math"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// defaultWarn is how long before its end an authority is a doubt, where the runbook
// does not say.
const defaultWarn = 24 * time.Hour

// authority reads until when somebody may do something, in seconds since 1970.
type authority struct{ *measure.Measure }

// Ends is never later than the last moment that a time can name: contracts write the
// largest number for "for ever".
func (a authority) Ends(now ops.Readings) (time.Time, error) {
	v, err := a.Evaluate(measure.Frame{Now: now})
	if err != nil {
		return time.Time{}, err
	}
	r := v.Rat()
	if r == nil || r.Sign() < 0 {
		return time.Time{}, fmt.Errorf("%s is no time", a.Source())
	}
	seconds := r.Num()
	if !r.IsInt() {
		seconds = seconds.Quo(seconds, r.Denom())
	}
	if !seconds.IsInt64() || seconds.Int64() > math.MaxUint32 {
		return time.Unix(math.MaxUint32, 0), nil
	}
	return time.Unix(seconds.Int64(), 0), nil
}

func (a *arranger) authority(doc runbooks.Runbook, s runbooks.Step, scope measure.Scope) {
	if s.Authority == nil || s.Authority.Until.Line == 0 {
		return
	}
	m, err := measure.Compile(s.Authority.Until.Value, scope)
	if err != nil {
		a.expression(doc.File, s.Authority.Until, "step "+s.ID+": authority", err)
		return
	}
	if m.Kind() != measure.Number {
		a.fault(doc.File, s.Authority.Until, "as in breaker.pauserUntil(guardian)", "step %s: its authority ends at %s, and no number of seconds", s.ID, m.Kind())
	}
}

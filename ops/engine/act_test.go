package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// Blindness is a doubt: it warns before what restricts, and refuses what loosens, also
// when the plan was made before it.
func TestBlindnessIsADoubt(t *testing.T) {
	after := func(n uint64, d time.Duration) ops.BlockRef {
		at := blockOf(n, 0)
		at.Time = time.Unix(1_000_000, 0).Add(d)
		return at
	}
	at := after(20, 0)
	restricts, loosens := ops.Plan{At: at}, ops.Plan{At: at, Loosens: true}
	if p := blindly(restricts, ""); len(p.Warnings)+len(p.Refusals) != 0 {
		t.Errorf("it sees: %+v", p)
	}
	if p := blindly(restricts, "nobody answers"); len(p.Warnings) != 1 || len(p.Refusals) != 0 {
		t.Errorf("restricts: %+v", p)
	}
	if p := blindly(loosens, "nobody answers"); len(p.Warnings) != 0 || len(p.Refusals) != 1 {
		t.Errorf("loosens: %+v", p)
	}
	for name, c := range map[string]struct {
		plan ops.Plan
		now  shared
		want error
	}{
		"the same block":             {loosens, shared{head: at}, nil},
		"some blocks later":          {loosens, shared{head: after(45, freshFor)}, nil},
		"long ago":                   {loosens, shared{head: after(46, freshFor+time.Second)}, contain.ErrStale},
		"its block is no more":       {loosens, shared{head: after(19, 0)}, contain.ErrStale},
		"blind since":                {loosens, shared{head: at, blind: "nobody answers"}, contain.ErrStale},
		"restricts, and long ago":    {restricts, shared{head: after(99, time.Hour)}, nil},
		"restricts, and blind since": {restricts, shared{head: at, blind: "nobody answers"}, nil},
	} {
		if err := stale(c.plan, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The loop tells Prepare that it went blind, and that it sees again.
func TestPrepareKnowsThatTheLoopIsBlind(t *testing.T) {
	e := engineOf()
	e.state.head, e.state.blind = blockOf(9, 0), ""
	e.share(nil)
	e.goBlind("nobody answers")
	if e.shared.blind != "nobody answers" || e.shared.head != blockOf(9, 0) {
		t.Errorf("%+v", e.shared)
	}
	e.state.blind = ""
	e.share(nil)
	if e.shared.blind != "" {
		t.Errorf("%+v", e.shared)
	}
}

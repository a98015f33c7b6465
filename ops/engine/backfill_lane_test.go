package engine

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
)

// What was sent before a console began is not known to the other chain until it was read, and
// all of it is then, with what was sent since: a reorg and a missed block change nothing of it.
func TestABackfillFillsTheEndsOfLanes(t *testing.T) {
	e, l, _, _ := reader(true)
	e.Rules.sending = []lane.End{{Lane: "Z1", Chain: "home", From: 1}}
	e.state.folds = e.Rules.folds()
	says := func() ops.Side { return e.sides()[0] }
	for n := uint64(200); n < 203; n++ {
		if l.on(t.Context(), e, n); says().Why != "what happened from #1 to #199 on home was not read" {
			t.Fatalf("#%d: %q", n, says().Why)
		}
	}
	l.torn = true
	l.on(t.Context(), e, 203)
	l.torn = false
	l.fork++
	l.on(t.Context(), e, 202)
	close(l.door)
	<-e.state.backfill.done
	l.on(t.Context(), e, 203)
	if s := says(); s.Why != "" || s.At.Number != 203 || s.At.Hash[0] != 1 {
		t.Errorf("%q at #%d", s.Why, s.At.Number)
	}
}

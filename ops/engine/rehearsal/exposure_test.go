package rehearsal_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// Whoever watches sees what nobody can stop, before it has to be stopped.
func TestWhatNobodyCanStopIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		lane, stops string
		stoppable   bool
		states      []ops.ReadyState
	}{
		"a pause that works":      {"", "[freeze-vault]", true, []ops.ReadyState{ops.Ready}},
		"a pause nobody can sign": {"0x000000000000000000000000000000000000dEaD", "[freeze-vault]", false, []ops.ReadyState{ops.Dead}},
		"no pause":                {"", "[]", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 1)
			s.edit(t, "policy.yaml", "stopped_by: [freeze-vault]", "stopped_by: "+c.stops)
			if c.lane != "" {
				s.edit(t, "runbooks/freeze-vault.yaml", "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B", c.lane)
			}
			if err := rehearsal.Sign(s.folder); err != nil {
				t.Fatal(err)
			}
			w := s.console(t, s.HTTP(), s.WS())
			s.step(t, w)
			snapshot := w.until("the map is drawn", func(n ops.Snapshot) bool {
				return len(n.Exposed) == 1 && !n.Exposed[0].Doubtful() && n.Exposed[0].Value.Exact != ""
			})
			x := snapshot.Exposed[0]
			if a1 := finding(snapshot, "A1"); x.Stoppable() != c.stoppable || x.ID != "V1" || x.Value != a1.Observed {
				t.Errorf("%+v, and the vault holds %+v", x, a1.Observed)
			}
			if len(x.Stops) != len(c.states) || len(x.Stops) > 0 && x.Stops[0].State != c.states[0] {
				t.Errorf("stops: %+v", x.Stops)
			}
		})
	}
}

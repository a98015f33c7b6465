package rehearsal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// An authority that ends is told before it is needed, with its clock, on the board,
// on the map and in the dialog; it refuses nothing.
func TestAnAuthorityThatEndsIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		until, warn string
		state       ops.ReadyState
		says        string
		left        time.Duration
	}{
		"far off":   {"block.timestamp + 90000", "", ops.Ready, "", 25 * time.Hour},
		"soon":      {"block.timestamp + 7200", "", ops.Impaired, "in 2h (block.timestamp + 7200)", 2 * time.Hour},
		"its own":   {"block.timestamp + 7200", ", warn: 1h", ops.Ready, "", 2 * time.Hour},
		"over":      {"block.timestamp - 60", "", ops.Impaired, "1m0s ago", -time.Minute},
		"for ever":  {"vault.depositCap() * vault.depositCap()", "", ops.Ready, "", 0},
		"not known": {"vault.depositCap() / (vault.totalSupply() - vault.totalSupply())", "", ops.Impaired, "is not known", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 1)
			s.edit(t, "runbooks/freeze-vault.yaml", "    within: 60s\n", "    within: 60s\n    authority: {until: \""+c.until+"\""+c.warn+"}\n")
			if err := rehearsal.Sign(s.folder); err != nil {
				t.Fatal(err)
			}
			w := s.console(t, s.HTTP(), s.WS())
			s.step(t, w)
			snapshot := w.until("the board is measured", func(n ops.Snapshot) bool {
				return len(n.Board) > 0 && n.Board[0].State != ops.ReadyUnknown && len(n.Exposed) == 1 && len(n.Exposed[0].Stops) == 1
			})
			line := snapshot.Board[0]
			if line.State != c.state || !strings.Contains(strings.Join(line.Why, "; "), c.says) || c.says == "" && len(line.Why) > 0 {
				t.Errorf("%s %q, want %s %q", line.State, line.Why, c.state, c.says)
			}
			if c.left != 0 && line.Until.Sub(line.At.Time) != c.left || !line.Until.Equal(snapshot.Exposed[0].Stops[0].Until) {
				t.Errorf("until %s at %s", line.Until, line.At.Time)
			}
			plan, err := w.Prepare(t.Context(), "R1")
			if err != nil || len(plan.Refusals) > 0 || c.says != "" && len(plan.Warnings) != 1 || c.says == "" && len(plan.Warnings) > 0 {
				t.Errorf("%v, refusals %q, warnings %q", err, plan.Refusals, plan.Warnings)
			}
		})
	}
}

package ui

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What nobody can stop is on the screen while all is well, and what is not known is
// not said to be stoppable.
func TestWhatNobodyCanStopIsInSight(t *testing.T) {
	stop := ops.Stop{Runbook: "R1", Name: "freeze-vault", State: ops.Ready}
	s := calm()
	for _, c := range []struct {
		state        ops.ReadyState
		done         bool
		screen, line string
	}{
		{ops.Ready, false, "", "V1 Deposits, 1,180 dUSD, moved by vault.withdraw: stopped by R1 freeze-vault READY"},
		{ops.Impaired, false, "", "stopped by R1 freeze-vault IMPAIRED"},
		{ops.Dead, false, "✖ NOBODY CAN STOP V1 Deposits 1,180 dUSD", "NOBODY CAN STOP IT: R1 freeze-vault DEAD"},
		{ops.ReadyUnknown, false, "? not known who can stop V1 Deposits", "not known who can stop it"},
		{ops.Dead, true, "", "stopped by R1 freeze-vault IN EFFECT"},
	} {
		stop.State, stop.Done = c.state, c.done
		s.Exposed = []ops.Exposure{{ID: "V1", Title: "Deposits", Value: ops.Quantity{Shown: "1,180 dUSD"}, Functions: []string{"vault.withdraw"}, Stops: []ops.Stop{stop}}}
		for _, size := range [][2]int{{160, 48}, {80, 24}} {
			screen := newHand(t, size[0], size[1], s).screen()
			if c.screen == "" && strings.Contains(screen, "can stop") || !strings.Contains(screen, c.screen) && size[0] == 160 {
				t.Errorf("%v at %v:\n%s", c.state, size, screen)
			}
		}
		if text := Plain(s); !strings.Contains(text, c.line) {
			t.Errorf("%v: %s", c.state, text)
		}
	}
	s.Exposed[0].Stops = nil
	newHand(t, 160, 48, s).mustSee("NOBODY CAN STOP")
}

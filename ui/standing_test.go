package ui

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Locked or not, what will be sent by itself is on the screen at every size; one that
// has fired is not, and one that cannot fire is marked.
func TestAStandingOrderIsAlwaysInSight(t *testing.T) {
	s := calm()
	s.Standing = []ops.StandingOrder{{Runbook: "R1", Name: "freeze-vault", Step: "R1.1", Answers: []ops.DetectorID{"A1", "C1.budget"}}}
	for _, size := range [][2]int{{160, 48}, {100, 30}, {80, 24}} {
		newHand(t, size[0], size[1], s).mustSee("AUTO")
	}
	newHand(t, 160, 48, s).mustSee("AUTO R1.1 on A1 C1.budget")
	if text := Plain(s); !strings.Contains(text, "AUTO R1.1 freeze-vault is sent by itself on A1 C1.budget, once") {
		t.Error(text)
	}
	s.Standing[0].Why = "the pack is not signed: it does not fire"
	newHand(t, 160, 48, s).mustSee("AUTO R1.1 on A1 C1.budget ✖")
	s.Standing[0].Fired = true
	if x := newHand(t, 160, 48, s); strings.Contains(x.screen(), "AUTO") {
		t.Error("it has fired, and stands no more")
	}
	if text := Plain(s); !strings.Contains(text, "has fired: it has no other shot") {
		t.Error(text)
	}
}

package ui

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// done is the breach while its answer is in effect already, by nobody here.
func done() ops.Snapshot {
	s := armed(breach())
	s.Board[0].Done = true
	return s
}

// A simulation that reverts is said where its changes would stand, in alarm.
func TestASimulationThatRevertsIsSaidWhereTheChangesStand(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.desk.plan.Changes, x.desk.plan.Warnings = nil, []string{"the simulation REVERTS: EnforcedPause()"}
	x.types("F")
	x.mustSee("simulated    ✖ REVERTS EnforcedPause()")
	if want := x.theme.before[alarm] + "✖ REVERTS EnforcedPause()"; !strings.Contains(x.Frame(), want) {
		t.Error("it is not in alarm ink")
	}
	open(t, "").mustNotSee("✖ REVERTS")
	y := newHand(t, 160, 48, armed(breach()))
	y.desk.plan.Simulated, y.desk.plan.Changes = false, nil
	y.types("F")
	y.mustSee("NOT SIMULATED")
	y.mustNotSee("✖ REVERTS")
}

// What holds already is the first thing said, also when it comes to hold while
// the dialog is open; a call that does no harm is not said to fail.
func TestWhatHoldsAlreadyIsTheFirstFact(t *testing.T) {
	const fails = "it holds already; sending this will fail"
	x := open(t, "")
	x.mustNotSee("it holds already")
	x.sees(done())
	x.mustSee(fails)
	if screen := x.screen(); strings.Index(screen, fails) > strings.Index(screen, "Pause the vault") {
		t.Errorf("it is not the first:\n%s", screen)
	}
	if got := x.advice(); strings.Contains(got, "type") || !strings.Contains(got, "holds already") {
		t.Errorf("the coach says %q", got)
	}
	y := newHand(t, 160, 48, done())
	y.desk.plan.Changes = []ops.Change{{What: "vault.cap()", Before: "0", After: "0"}}
	y.types("F")
	y.mustSee("it holds already; sending this changes nothing")
}

// The coach presses nobody to send what is in effect.
func TestTheCoachUrgesNothingThatIsInEffect(t *testing.T) {
	failed := flying()
	failed.Receipts[0].Stage = ops.StageFailed
	for name, c := range map[string]struct {
		scene ops.Snapshot
		want  string
	}{
		"done by another":     {done(), "A1: freeze-vault is in effect already; nothing more to press for it."},
		"in effect":           {flying(), "In effect, and held for some blocks now. Nothing to press any more"},
		"contained, one left": {contained(), "Contained. Q1 is still in breach: press X to answer it."},
		"contained":           {quiet(contained()), "Contained: nothing more is lost"},
		"failed, not done":    {failed, "Press F"},
	} {
		x := newHand(t, 80, 24, c.scene)
		if got := x.advice(); !strings.Contains(got, c.want) || width(got) > 72 {
			t.Errorf("%s: the coach says %q", name, got)
		}
		x.mustSee(c.want)
	}
}

// quiet is the snapshot with nothing in the queue that nobody approved.
func quiet(s ops.Snapshot) ops.Snapshot {
	for i := range s.Findings {
		if s.Findings[i].Detector == "Q1" {
			s.Findings[i].Verdict = ops.OK
		}
	}
	return s
}

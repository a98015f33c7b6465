package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What is not known is not shown as a measured value of nothing, and a time that
// never was is no time.
func TestADetailSaysNothingThatIsNotSo(t *testing.T) {
	x := newHand(t, 160, 48, blind())
	x.types("enter")
	x.mustSee("measured   not known; last known 1,118.07 dUSD at #37")
	for _, lie := range []string{"(exact )", "0001-01-01"} {
		if strings.Contains(x.screen(), lie) {
			t.Errorf("it says %q:\n%s", lie, x.screen())
		}
	}
	never := blind()
	never.Findings[0].Known, never.Findings[0].Last, never.Findings[0].Relation, never.Findings[0].Threshold = ops.BlockRef{}, ops.Quantity{}, "", ops.Quantity{}
	n := newHand(t, 160, 48, never)
	n.types("enter")
	n.mustSee("measured   not known; never known")
	if strings.Contains(n.screen(), "(exact )") {
		t.Errorf("it has a bound of nothing:\n%s", n.screen())
	}
	y := newHand(t, 160, 48, breach())
	y.types("3", "j", "enter")
	y.mustSee("state      DONE, single")
	if strings.Contains(y.screen(), "0001-01-01") || strings.Contains(y.screen(), "runs from") {
		t.Errorf("it runs from the year 1:\n%s", y.screen())
	}
	s := calm()
	s.Canary[0].Open = false
	z := newHand(t, 160, 48, s)
	z.types("2", "enter")
	z.mustSee("not open: the upgrade was not executed")
}

// What was read may be megabytes: its beginning and its length are shown.
func TestEvidenceOfAMegabyteIsCut(t *testing.T) {
	s := breach()
	dump := ops.Read{Name: "vault.dump()"}
	s.Findings[0].Reads, s.Findings[0].Answers = []ops.Read{dump}, ops.Readings{dump: {Read: dump, Status: ops.ReadOK, Data: make([]byte, 1<<20)}}
	x := newHand(t, 160, 48, s)
	x.types("enter")
	x.mustSee("1048576 bytes")
}

// A confirmed action that goes wrong while something else is read is said when
// that is closed, and not swept away by the next key.
func TestAFailureWaitsUntilItCanBeRead(t *testing.T) {
	x := open(t, "drill freeze vault")
	x.waits(dwell)
	_, cmd := x.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	x.types("esc", "?")
	x.desk.doErr = errDesk
	x.runs(cmd)
	x.types("j", "k")
	x.time = x.time.Add(dwell)
	x.types("esc")
	x.mustSee("The confirmed action went wrong")
	x.mustSee("the key is locked")
	x.types("enter")
	x.mustSee("the key is locked") // it came by itself: an impatient enter does not close it
	x.time = x.time.Add(dwell + time.Second)
	x.types("enter")
	if strings.Contains(x.screen(), "the key is locked") {
		t.Error("it stays")
	}
}

// The coach promises nothing that this console cannot do.
func TestTheCoachKnowsAConsoleWithoutAKey(t *testing.T) {
	s := breach()
	s.Arming.Refused = "this console has no key"
	newHand(t, 80, 24, s).mustSee("A1 is breached, and nothing can be sent from here. F shows the answer.")
	s = calm()
	s.Arming.Refused, s.Canary = "this console has no key", nil
	newHand(t, 80, 24, s).mustSee("All is well. This console can only watch.")
}

package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Each further breach stands beside its own answer, also at 80 columns.
func TestEveryBreachStandsBesideItsAnswer(t *testing.T) {
	for _, w := range []int{80, 100, 160} {
		x := newHand(t, w, 24, breach())
		x.mustSee("answer   [F] R1 freeze-vault  READY  stops all deposits and withdrawals")
		x.mustSee("also     ✖ Q1  [X] R2 cancel-operation  READY")
		x.mustSee("53.19 dUSD since the breach")
	}
}

// With more breaches than rows, none goes unnamed.
func TestManyBreachesAreAllNamed(t *testing.T) {
	s := breach()
	for i := range s.Findings {
		s.Findings[i].Verdict = ops.Breach
	}
	x := newHand(t, 80, 24, s)
	x.mustSee("also     ✖ A1  ✖ C1.budget  with the same answer")
	x.mustSee("also     ✖ Q1  [X] R2 cancel-operation")
	s.Receipts = flying().Receipts
	newHand(t, 80, 24, s).mustSee("also     ✖ A1  ✖ Q1  ✖ C1.budget")
}

// An operation is being cancelled when the vault breaks: both are seen.
func TestWhatElseIsOnItsWayIsNotHidden(t *testing.T) {
	s := breach()
	s.Receipts = []ops.Receipt{{ID: "R2-0-1", Runbook: "R2", Name: "cancel-operation", Stage: ops.StageSent, Prepared: at(20), Confirmed: noon}}
	x := newHand(t, 80, 24, s)
	x.mustSee("answer   [F] R1 freeze-vault")
	x.mustSee("▶ R2 cancel-operation SENT")
	x.types("q")
	x.mustSee("not now: cancel-operation is SENT")
}

// Contained, what is still open takes the place of the answer that was given.
func TestContainedSaysWhatIsStillOpen(t *testing.T) {
	x := newHand(t, 80, 24, contained())
	x.mustSee("■ CONTAINED R1")
	x.mustSee("also     ✖ Q1  [X] R2 cancel-operation")
}

func TestTheWorstIsHarmBeforeWhatWaitsThenTheGravest(t *testing.T) {
	s := breach()
	for i, severity := range []ops.Severity{"odd", ops.High, ops.Critical, ops.Warning} {
		s.Findings[i].Verdict, s.Findings[i].Severity = ops.Breach, severity
	}
	for _, want := range []ops.DetectorID{"E1", "C1.budget", "A1", "Q1"} { // Q1 only waits
		x := newHand(t, 160, 48, s)
		worst, _ := x.worst()
		if worst.Detector != want {
			t.Fatalf("the worst is %s, want %s", worst.Detector, want)
		}
		for i := range s.Findings {
			if s.Findings[i].Detector == want {
				s.Findings[i].Verdict = ops.OK
			}
		}
	}
}

// A window that has run out is not called open.
func TestAWindowSaysHowFarItHasCome(t *testing.T) {
	s := calm()
	c := &s.Canary[0]
	for want, now := range map[string]time.Time{"OPEN, 00:00:01 left": c.Ends.Add(-time.Second), "OBSERVED, expires in 24:00:00": c.Ends, "EXPIRED 00:00:01 ago": c.Expires.Add(time.Second)} {
		c.Now = now
		newHand(t, 160, 48, s).mustSee("C1 " + want)
		newHand(t, 160, 48, s).mustSee("window   " + want)
		if !strings.Contains(Plain(s), "C1 "+want) {
			t.Errorf("the plain lines do not say %q", want)
		}
	}
	s = calm()
	s.Canary[0].Segment, s.Canary[0].SegmentWhy = ops.Breach, "0x08d5…7098 is outside"
	newHand(t, 100, 30, s).mustSee("segment  ✖ BREACH, 14 used it")
}

// What happened is read in the journal, not guessed from its beginning; the line
// in hand is always among what is shown.
func TestAJournalEntryIsReadToItsEnd(t *testing.T) {
	s := breach()
	newHand(t, 160, 48, s).mustSee("1,179.6192 dUSD  ")
	s.Log = nil
	for n := range 200 {
		s.Log = append(s.Log, ops.Entry{Time: noon, Block: uint64(21_000_000 + n), Text: fmt.Sprintf("news %d %s", n, strings.Repeat("and so on ", n%30))})
	}
	for _, size := range [][2]int{{160, 48}, {100, 30}, {80, 24}, {60, 16}} {
		x := newHand(t, size[0], size[1], s)
		x.types("4")
		for n := range 200 {
			x.mustSee(fmt.Sprintf("news %d ", n))
			x.mustSee("›12:00:00 #21,000," + fmt.Sprintf("%03d", n))
			x.types("j")
		}
		x.mustSee("to 200 of 200")
	}
}

// While a dialog has the keys, no other is offered.
func TestTheFooterOffersOnlyKeysThatWork(t *testing.T) {
	for open, want := range map[string]string{"F": "enter send, after the phrase", "?": "y copy", ":": "enter run", "ctrl+a": "lock"} {
		x := newHand(t, 160, 48, armed(breach()))
		x.types(open)
		foot := x.screen()[strings.LastIndex(x.screen(), "\n"):]
		if !strings.Contains(foot, want) || open != "ctrl+a" && strings.Contains(foot, "freeze-vault") {
			t.Errorf("%s: %s", open, foot)
		}
	}
}

func TestThePaletteFindsByWhatACommandDoes(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.types(":", "Pause", "enter")
	x.mustSee("vault.pause()")
}

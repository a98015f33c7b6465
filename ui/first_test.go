package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Each stage and its time can be read on the smallest of the three screens,
// under way and afterwards.
func TestEveryStageAndItsTimeIsOnTheScreen(t *testing.T) {
	for name, scene := range map[string]ops.Snapshot{"flying": flying(), "contained": contained()} {
		for _, w := range []int{80, 100, 160} {
			x := newHand(t, w, 24, scene)
			for _, stage := range []string{"✓ confirmed 12:00:00", "✓ signed 12:00:00", "✓ sent to drill 12:00:00", "✓ mined #38 12:00:01", "✓ IN EFFECT 12:00:01"} {
				x.mustSee(stage)
			}
			if name == "flying" {
				x.mustSee("held 1 of 3 blocks")
			} else {
				x.mustSee("CONTAINED R1 freeze-vault 12:00:03, held 3 blocks, 3.0 s after confirming")
				x.mustSee("read back from drill")
			}
		}
	}
}

// What failed, what is still true and what was tried is said in full.
func TestAFailureIsSaidInFullOnASmallScreen(t *testing.T) {
	s := flying()
	s.Receipts[0].Stage = ops.StageFailed
	s.Receipts[0].Why = "the transaction reverted at #38: Unauthorized(). Nothing changed on chain, deposits and withdrawals are still open. Next: revoke-role, lane safe"
	x := newHand(t, 80, 24, s)
	x.mustSee("R1 freeze-vault FAILED")
	words := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "✖", " ").Replace(x.screen())), " ")
	if !strings.Contains(words, s.Receipts[0].Why) {
		t.Errorf("cut:\n%s", x.screen())
	}
	s = contained()
	s.Receipts[0].Steps = []ops.StepResult{{Step: "R1.2", Title: "Freeze promotion", Stage: "FAILED", Why: "the journal is full"}}
	newHand(t, 160, 48, s).mustSee("✖ R1.2 Freeze promotion: the journal is full")
	s = flying()
	s.Receipts[0].Stage, s.Receipts[0].Why = ops.StageSigned, "not accepted yet, the same bytes are sent again at the next block"
	newHand(t, 80, 24, s).mustSee("not accepted yet")
}

// Going blind hides neither the open breach nor its answer.
func TestBlindnessHidesNoOpenBreach(t *testing.T) {
	x := newHand(t, 80, 24, blind())
	x.mustSee("✖ A1 since #32, not contained   answer [F] R1 freeze-vault")
	over := blind()
	over.Incident.StoppedAt = noon
	if strings.Contains(newHand(t, 80, 24, over).screen(), "not contained") {
		t.Error("an ended incident is still called open")
	}
}

// What nobody has judged is not healthy.
func TestNothingJudgedIsNotFine(t *testing.T) {
	s := calm()
	s.Findings = nil
	x := newHand(t, 160, 48, s)
	x.mustSee("? Nothing has been judged yet")
	if screen := x.screen(); strings.Contains(screen, "Nothing is in breach") || strings.Contains(screen, "All is well") {
		t.Error(screen)
	}
	s = calm()
	s.Findings[1].Verdict, s.Findings[1].Why = ops.Unknown, "two providers disagree"
	x = newHand(t, 160, 48, s)
	x.mustSee("? 1 of 4 lines are UNKNOWN")
	x.mustSee("neither well nor in breach")
	if strings.Contains(x.screen(), "All is well") {
		t.Error("the coach calls it well")
	}
	s = breach()
	s.Findings[1].Verdict = ops.Unknown
	x = newHand(t, 80, 24, s)
	x.mustSee("✖ Q1  [X] R2 cancel-operation")
	x.mustSee("? E1 UNKNOWN")
}

// The coach and the refusal to quit end where the smallest screen does.
func TestSentencesInTheFooterFit(t *testing.T) {
	for name, scene := range scenes {
		x := scene(t, 80, 24)
		if got := width(x.advice()); got > 72 {
			t.Errorf("%s: %d cells: %s", name, got, x.advice())
		}
	}
	x := newHand(t, 80, 24, flying())
	x.types("q")
	x.mustSee("what is sent stays sent")
}

func TestArmedForHoursSaysTheHours(t *testing.T) {
	s := armed(calm())
	s.Arming.Until = noon.Add(90 * time.Minute)
	newHand(t, 80, 24, s).mustSee("ARMED 01:30:00")
}

// A list longer than its pane says which part is seen, and scrolls to its end.
func TestALongListSaysWhichPartIsSeen(t *testing.T) {
	x := newHand(t, 160, 48, crowd())
	x.mustSee("of 504")
	x.types("G")
	x.mustSee("N499")
	x.mustSee("to 504 of 504")
	s := breach()
	for len(s.Log) < 100 {
		s.Log = append(s.Log, s.Log[0])
	}
	newHand(t, 160, 48, s).mustSee("of 100")
}

func TestASecondCanaryIsReachedLikeALine(t *testing.T) {
	s := calm()
	second := s.Canary[0]
	second.ID, second.Release = "C2", "oracle-v3"
	s.Canary = append(s.Canary, second)
	x := newHand(t, 80, 24, s)
	x.types("2", "j")
	x.mustSee("Canary C2 oracle-v3 · 2 of 2")
	x.types("enter")
	x.mustSee("release    oracle-v3")
}

// A theme that was guessed wrong hides no key: what is pressed has the
// terminal's own colour.
func TestKeysHaveTheTerminalsOwnColour(t *testing.T) {
	for _, dark := range []bool{true, false} {
		if got := newTheme(dark).before[accent]; got != newTheme(!dark).before[accent] || strings.Contains(got, "38;") {
			t.Errorf("%q", got)
		}
	}
}

// The answer does not cover what it answers, nor does the log that filled the
// screen before.
func TestTheWorstBreachStaysInSightWhileItIsAnswered(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {100, 30}, {160, 48}} {
		x := newHand(t, size[0], size[1], armed(breach()))
		for n := range 20 {
			x.desk.plan.Warnings = append(x.desk.plan.Warnings, fmt.Sprintf("doubt number %d", n))
		}
		x.types("L", "F", "drill fr")
		x.mustSee("✖ A1 CRITICAL  The vault stays solvent")
		x.mustSee("BREACH since #32")
		x.mustSee("Pause the vault")
		x.mustSee("> drill fr")
	}
}

package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/bulkhead-console/bulkhead/ops"
)

func (x *hand) screen() string { return ansi.Strip(x.Frame()) }

func (x *hand) mustSee(text string) {
	x.t.Helper()
	if !strings.Contains(x.screen(), text) {
		x.t.Fatalf("%q is not on the screen:\n%s", text, x.screen())
	}
}

// From the breach to the confirmation, as the coach says it: one command.
func TestTwoDeliberateActsConfirmOnce(t *testing.T) {
	x := newHand(t, 160, 48, breach())
	x.types("F") // locked: arming comes first
	x.mustSee("Arm the console")
	x.types("enter")
	x.mustSee("say why")
	x.types("on the bridge", "enter")
	if arm, ok := x.desk.commands[0].(ops.Arm); !ok || arm.Reason != "on the bridge" {
		t.Fatalf("%+v", x.desk.commands)
	}
	x.mustSee("vault.pause()") // and goes on to what was wanted
	x.waits(dwell)
	x.types("enter")
	x.mustSee("the phrase is not complete")
	x.types("drill freeze vault", "enter")
	x.mustSee("a moment: read it once more")
	if len(x.desk.sent()) != 0 {
		t.Fatal("enter in one burst with the phrase confirmed")
	}
	x.waits(dwell)
	x.types("enter", "enter", "enter")
	if sent := x.desk.sent(); len(sent) != 1 || sent[0].Digest != thePlan().Digest || sent[0].Phrase != "drill freeze vault" || !sent[0].Prepared.Equal(thePlan().Prepared) {
		t.Fatalf("%+v", sent)
	}
	x.sees(flying())
	x.mustSee("✓ IN EFFECT")
	x.sees(contained())
	x.mustSee("■ CONTAINED")
}

// open is a hand before the confirmation, with the phrase typed.
func open(t *testing.T, phrase string) *hand {
	t.Helper()
	x := newHand(t, 160, 48, armed(breach()))
	x.types("F", phrase)
	return x
}

func TestEscapeCancelsAtEveryPoint(t *testing.T) {
	for _, phrase := range []string{"", "drill", "drill freeze vault"} {
		x := open(t, phrase)
		x.waits(dwell)
		x.types("esc", "enter", "esc", "enter")
		if len(x.desk.commands) != 0 {
			t.Errorf("after %q and esc: %+v", phrase, x.desk.commands)
		}
	}
}

func TestAnythingButThePhraseConfirmsNothing(t *testing.T) {
	for _, phrase := range []string{"freeze vault", "Drill freeze vault", "drill freeze vault ", "drill  freeze vault", "drill freeze vaul"} {
		x := open(t, phrase)
		x.waits(dwell)
		x.types("enter")
		if len(x.desk.commands) != 0 {
			t.Errorf("%q confirmed", phrase)
		}
	}
}

func TestPastesAndHeldKeysDoNotCount(t *testing.T) {
	x := open(t, "")
	x.gets(tea.PasteMsg{Content: "drill freeze vault"})
	x.mustSee("pastes are ignored")
	for _, r := range "drill freeze vault" {
		x.gets(tea.KeyPressMsg{Code: r, Text: string(r), IsRepeat: true})
	}
	x.waits(dwell)
	x.types("enter")
	if len(x.desk.commands) != 0 {
		t.Fatalf("%+v", x.desk.commands)
	}
	x.types("drill freeze vault")
	x.waits(dwell)
	x.gets(tea.KeyPressMsg{Code: tea.KeyEnter, IsRepeat: true})
	if len(x.desk.commands) != 0 {
		t.Error("a held enter confirmed")
	}
}

func TestARefusedPlanOffersNothingToType(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.desk.plan.Refusals = []string{"no signer: this console has no key"}
	x.types("F")
	x.mustSee("REFUSED")
	x.types("drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	if len(x.desk.commands) != 0 || strings.Contains(x.screen(), "> drill") {
		t.Errorf("%+v\n%s", x.desk.commands, x.screen())
	}
}

func TestWhatWentWrongIsSaidWhereOneLooks(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.desk.planErr = errDesk
	x.types("F")
	x.mustSee("It cannot be prepared. Nothing has been sent.")
	x.types("esc")
	x.desk.planErr, x.desk.doErr = nil, errDesk
	x.types("F", "drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	x.mustSee("the key is locked")
	x.types("enter") // the phrase has to be typed again
	if len(x.desk.sent()) != 1 {
		t.Errorf("%+v", x.desk.sent())
	}
	y := newHand(t, 160, 48, calm())
	y.desk.doErr = errDesk
	y.types("ctrl+a", "why not", "enter")
	y.mustSee("the key is locked")
}

func TestThePasswordIsAskedForAndNotShown(t *testing.T) {
	s := calm()
	s.Arming.NeedsSecret = true
	x := newHand(t, 160, 48, s)
	x.types("ctrl+a", "why", "enter", "swordfish")
	if strings.Contains(x.screen(), "swordfish") {
		t.Fatal("it is on the screen")
	}
	x.mustSee("•••••••••")
	x.types("enter")
	if arm, ok := x.desk.commands[0].(ops.Arm); !ok || arm.Secret != "swordfish" {
		t.Errorf("%+v", x.desk.commands)
	}
}

func TestAConsoleThatCannotBeArmedSaysWhy(t *testing.T) {
	s := calm()
	s.Arming.Refused = "the journal cannot be written: no space left on device"
	x := newHand(t, 160, 48, s)
	x.types("ctrl+a", "why", "enter")
	x.mustSee("no space left on device")
	if len(x.desk.commands) != 0 {
		t.Errorf("%+v", x.desk.commands)
	}
}

// Where nothing can be sent, one can still look at what would be.
func TestLookingIsFreeWhereArmingIsImpossible(t *testing.T) {
	s := breach()
	s.Arming.Refused = "this console has no key"
	x := newHand(t, 160, 48, s)
	x.desk.plan.Refusals = []string{"no signer: this console has no key"}
	x.types("F")
	x.mustSee("vault.pause()")
	x.mustSee("REFUSED")
}

func quits(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	_, ok := cmd().(tea.QuitMsg)
	return ok
}

func TestQuitIsRefusedWhileSomethingIsInFlight(t *testing.T) {
	x := newHand(t, 160, 48, flying())
	if _, cmd := x.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); quits(cmd) {
		t.Error("it quit")
	}
	x.mustSee("not now: freeze-vault is IN EFFECT")
	if _, cmd := x.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}); !quits(cmd) {
		t.Error("ctrl+c did not quit")
	}
	x.sees(contained())
	if _, cmd := x.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); !quits(cmd) {
		t.Error("q did not quit afterwards")
	}
}

func TestArmedItLocksWithTheSameKey(t *testing.T) {
	x := newHand(t, 160, 48, armed(calm()))
	x.types("ctrl+a")
	if len(x.desk.commands) != 1 || x.desk.commands[0] != (ops.Lock{}) {
		t.Errorf("%+v", x.desk.commands)
	}
}

func TestTheFilterAndThePaletteFindByName(t *testing.T) {
	x := newHand(t, 160, 48, breach())
	x.types("/", "breach", "enter")
	if screen := x.screen(); !strings.Contains(screen, "A1 ") || strings.Contains(screen, "E1 ") {
		t.Errorf("the filter shows\n%s", screen)
	}
	x.types("esc")
	x.mustSee("E1 ")
	x.types(":", "cancel", "enter")
	x.mustSee("Arm the console") // the palette runs what the key would
	x.types("esc", ":", "journal", "esc", "j", "tab", "3", "G", "g", "L", "esc")
	x.mustSee("A1 ")
}

// A remark in the footer gives the keys back after a while.
func TestARemarkGoesAway(t *testing.T) {
	x := newHand(t, 160, 48, flying())
	x.types("q")
	x.mustSee("not now")
	x.time = x.time.Add(noticeLasts + time.Second)
	x.Update(tickMsg(x.time))
	if strings.Contains(x.screen(), "not now") {
		t.Error("it stays")
	}
}

// The coach always knows what comes next, and is silent when switched off.
func TestTheCoachKnowsWhatComesNext(t *testing.T) {
	queued := calm()
	queued.Findings[2].Verdict, queued.Findings[2].Since = ops.Breach, at(16)
	for name, c := range map[string]struct {
		hand func() *hand
		want string
	}{
		"calm":      {func() *hand { return newHand(t, 160, 48, calm()) }, "Press ctrl+a to arm"},
		"armed":     {func() *hand { return newHand(t, 160, 48, armed(calm())) }, "you are armed"},
		"queue":     {func() *hand { return newHand(t, 160, 48, queued) }, "Press X to cancel it"},
		"breach":    {func() *hand { return newHand(t, 160, 48, armed(breach())) }, "Press F to answer it"},
		"arming":    {func() *hand { x := newHand(t, 160, 48, calm()); x.types("ctrl+a"); return x }, "Say why you arm"},
		"dialog":    {func() *hand { return open(t, "") }, "type: drill freeze vault"},
		"typed":     {func() *hand { return open(t, "drill freeze vault") }, "Press enter to send it"},
		"flying":    {func() *hand { return newHand(t, 160, 48, flying()) }, "Nothing to press"},
		"contained": {func() *hand { return newHand(t, 160, 48, quiet(contained())) }, "Press q for the hotwash"},
		"blind":     {func() *hand { return newHand(t, 160, 48, blind()) }, "It reconnects by itself"},
	} {
		if got := c.hand().advice(); !strings.Contains(got, c.want) {
			t.Errorf("%s: the coach says %q", name, got)
		}
	}
	x := newHand(t, 160, 48, calm())
	x.types("ctrl+t")
	if strings.Contains(x.screen(), "coach") {
		t.Error("the coach talks on")
	}
}

// A containment of last week, lifted since, says nothing about tonight's breach.
func TestAnOldContainmentIsNoAnswerToANewBreach(t *testing.T) {
	s := contained()
	s.Findings[0].Since, s.Incident = at(100), &ops.Incident{First: "A1", Opened: at(100), OpenedAt: noon}
	s.Head, s.Board[0].Done = at(101), false
	x := newHand(t, 160, 48, armed(s))
	if strings.Contains(x.screen(), "CONTAINED R1") {
		t.Errorf("it says contained:\n%s", x.screen())
	}
	x.mustSee("Press F to answer it")
}

package ui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Most terminals do not say that a key is held: enter simply comes again and
// again, also while the dwell passes.
func TestAHeldEnterConfirmsNothing(t *testing.T) {
	x := open(t, "drill freeze vault")
	for range 100 {
		x.time = x.time.Add(30 * time.Millisecond)
		x.types("enter")
	}
	if len(x.desk.sent()) != 0 {
		t.Fatal("a held enter confirmed")
	}
	x.waits(dwell)
	x.mustSee("enter sends it")
	x.types("enter")
	if len(x.desk.sent()) != 1 {
		t.Error("enter after a pause did not confirm")
	}
}

func TestAPlanIsReadToItsEndBeforeItIsConfirmed(t *testing.T) {
	x := newHand(t, 80, 24, armed(breach()))
	for n := range 12 {
		x.desk.plan.Warnings = append(x.desk.plan.Warnings, fmt.Sprintf("doubt number %d", n))
	}
	x.types("F", "drill freeze vault")
	x.mustSee("more lines below")
	x.mustSee("> drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	x.mustSee("read it to its end first")
	for range 40 {
		x.types("down")
	}
	x.mustSee("doubt number 11")
	x.waits(dwell)
	if len(x.desk.sent()) != 0 {
		t.Fatal("it was confirmed unread")
	}
	x.types("enter")
	if len(x.desk.sent()) != 1 {
		t.Error("read, it was not confirmed")
	}
}

// A first preparation that comes late must not change what stands in a second
// dialog, under the eyes of who reads it.
func TestAnEarlierPlanChangesNothingInALaterDialog(t *testing.T) {
	x := open(t, "esc")
	x.types("esc")
	x.Update(tea.KeyPressMsg{Code: 'F', Text: "F"})
	first := x.dialog.(*confirmDialog)
	x.types("esc", "F", "drill freeze vault")
	late := thePlan()
	late.Digest[0], late.Call.Function = 0xff, "vault.drainAll()"
	x.gets(planMsg{asked: first, plan: late})
	if strings.Contains(x.screen(), "drainAll") {
		t.Fatal("the plan changed under the reader")
	}
	x.waits(dwell)
	x.types("enter")
	if sent := x.desk.sent(); len(sent) != 1 || sent[0].Digest != thePlan().Digest {
		t.Errorf("%+v", sent)
	}
}

func TestNothingIsConfirmedOnAScreenThatShowsNothing(t *testing.T) {
	x := open(t, "")
	x.gets(tea.WindowSizeMsg{Width: 40, Height: 10})
	x.types("drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	x.gets(tea.WindowSizeMsg{Width: 160, Height: 48})
	x.mustSee("> ▌")
	if len(x.desk.sent()) != 0 {
		t.Error("it was confirmed unseen")
	}
}

// Once confirmed, esc only looks away; what goes wrong then is said all the same.
func TestEscapeAfterConfirmingTakesNothingBackAndHidesNothing(t *testing.T) {
	x := open(t, "drill freeze vault")
	x.waits(dwell)
	_, cmd := x.Update(tea.KeyPressMsg{Code: tea.KeyEnter}) // under way, not answered yet
	x.mustSee("CONFIRMED: writing it down")
	x.types("esc")
	x.mustSee("esc takes nothing back")
	x.desk.doErr = errDesk
	x.runs(cmd)
	x.mustSee("The confirmed action went wrong")
	x.mustSee("the key is locked")
}

// Impatient keys reach nothing that comes or goes by itself.
func TestKeysTypedForADialogThatHasGoneReachNoOther(t *testing.T) {
	x := newHand(t, 160, 48, breach())
	x.types("F", "on the bridge", "enter", "enter", "d")
	x.mustSee("> ▌")
	x.mustSee("Nothing has been sent")
	x.waits(dwell)
	x.types("drill freeze vault")
	x.waits(dwell)
	x.types("enter", "enter", "enter")
	if x.dialog != nil {
		t.Errorf("a dialog was opened by accident:\n%s", x.screen())
	}
	x.types("?")
	x.mustSee("this help")
}

func TestValueThatIsSentIsShown(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.desk.plan.Call.Value = "1000000000000000000"
	x.types("F")
	x.mustSee("1000000000000000000 wei")
	x.mustSee("vault.pause()  0x8456cb59")
}

func TestALineInFullCanBeCopiedFromThere(t *testing.T) {
	x := newHand(t, 160, 48, breach())
	x.types("enter")
	_, cmd := x.Update(tea.KeyPressMsg{Code: 'y', Text: "y"})
	if cmd == nil || !strings.Contains(fmt.Sprint(cmd()), "vault.totalAssets() >= vault.totalSupply() * 0.999") {
		t.Error("y copies nothing")
	}
	x.mustSee("never says whether it copied")
}

func TestALongTextRollsAndSaysHowMuchIsOutOfSight(t *testing.T) {
	x := newHand(t, 80, 24, calm())
	x.types("?")
	x.mustSee("more lines below")
	x.types("G")
	x.mustSee("quit at once")
	x.mustSee("above")
	x.types("g", "j", "k")
	x.mustSee("R1 freeze-vault")
}

func TestThePaletteGoesToPanes(t *testing.T) {
	x := newHand(t, 80, 24, breach())
	x.types(":", "canary", "enter")
	x.mustSee("2 Canary C1 vault-v2")
}

// slow is a desk whose Do ends when it is told to.
type slow struct {
	*desk
	begun, end chan struct{}
}

func (d *slow) Do(ctx context.Context, c ops.Command) (ops.Receipt, error) {
	close(d.begun)
	<-d.end
	return d.desk.Do(ctx, c)
}

// Who leaves while something is being handed over does not cut it in half.
func TestLeavingWaitsForWhatWasHandedOver(t *testing.T) {
	d := &slow{newDesk(), make(chan struct{}), make(chan struct{})}
	d.feed <- armed(calm())
	in, keys := io.Pipe()
	defer func() { _ = keys.Close() }()
	out := newTape()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(t.Context(), d, Options{Theme: "dark"}, in, out, tea.WithWindowSize(100, 30), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignals())
	}()
	out.await(t, "Nothing is in breach")
	_, _ = io.WriteString(keys, "\x01") // locks
	<-d.begun
	_, _ = io.WriteString(keys, "\x03")
	out.await(t, "\x1b[?1049l") // the terminal is back at once
	select {
	case err := <-ended:
		t.Fatalf("it left before the answer: %v", err)
	default:
	}
	close(d.end)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(d.commands) != 1 {
		t.Errorf("%+v", d.commands)
	}
}

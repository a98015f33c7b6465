package ui

import (
	"strings"
	"testing"
)

// What cannot become the phrase any more is said at once, and one key takes it
// all back.
func TestAWrongPhraseIsSaidWhileItIsTyped(t *testing.T) {
	const said = "that is not the phrase: backspace, or ctrl+u for all of it"
	x := open(t, "drill fr")
	if strings.Contains(x.screen(), said) {
		t.Fatal("a beginning of the phrase is called wrong")
	}
	x.types("o")
	x.mustSee(said + "; nothing has been sent")
	x.waits(dwell)
	x.types("enter")
	x.mustSee(said)
	if strings.Contains(x.screen(), "not complete") {
		t.Error("a wrong phrase is called incomplete")
	}
	x.types("ctrl+u")
	x.mustSee("> ▌")
	x.types("drill freeze vault")
	x.waits(dwell)
	x.mustSee("enter sends it")
	x.types("x")
	x.mustSee(said)
	y := newHand(t, 80, 24, armed(breach()))
	y.types("F", "x")
	y.mustSee(said)
	if len(x.desk.sent())+len(y.desk.sent()) != 0 {
		t.Error("something was sent")
	}
}

// F pressed twice opens the dialog and types nothing; where the phrase begins
// with that letter it is typed.
func TestTheKeyThatOpensIsNotTyped(t *testing.T) {
	x := open(t, "")
	x.types("F", "F")
	x.mustSee("> ▌")
	x.types("drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	if len(x.desk.sent()) != 1 {
		t.Errorf("%+v", x.desk.commands)
	}
	y := newHand(t, 160, 48, armed(breach()))
	y.desk.plan.Phrase = "Freeze vault"
	y.types("F", "F")
	y.mustSee("> F▌")
	y.types("F")
	y.mustSee("> FF▌")
}

// Where the console is locked F asks to arm it first; pressed twice it is no
// reason, but a reason may begin with it.
func TestTheKeyThatAsksToArmIsNoReason(t *testing.T) {
	x := newHand(t, 160, 48, breach())
	x.types("F", "F")
	d, ok := x.dialog.(*armDialog)
	if !ok || d.reason.text != "" {
		t.Fatalf("%#v", x.dialog)
	}
	x.waits(dwell)
	x.types("F", "i", "r", "e")
	if d.reason.text != "Fire" {
		t.Errorf("the reason is %q", d.reason.text)
	}
}

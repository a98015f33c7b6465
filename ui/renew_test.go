package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// on is the breach at a later block.
func on(n uint64) ops.Snapshot {
	s := armed(breach())
	s.Head = at(n)
	return s
}

// planAt is the plan as it is prepared at a later block.
func planAt(n uint64, change func(*ops.Plan)) ops.Plan {
	p := thePlan()
	p.At, p.Prepared = at(n), at(n).Time
	if change != nil {
		change(&p)
	}
	return p
}

func (x *hand) mustNotSee(text string) {
	x.t.Helper()
	if strings.Contains(x.screen(), text) {
		x.t.Fatalf("%q is on the screen:\n%s", text, x.screen())
	}
}

// A new block alone moves the facts and nothing else: phrase, dwell and rows stay,
// and what is sent is the plan that was prepared last.
func TestANewBlockAloneOnlyMovesTheFacts(t *testing.T) {
	x := open(t, "drill freeze vault")
	x.waits(dwell)
	rows := strings.Split(x.screen(), "\n")
	x.desk.plan = planAt(38, func(p *ops.Plan) { p.Gas, p.MaxCost = 199_999, quantity("1", "0.000333 ETH") })
	x.follows(on(38))
	x.mustSee("on top of #38; 199,999 gas limit")
	x.mustSee("0.000333 ETH")
	x.mustSee("> drill freeze vault")
	x.mustSee("enter sends it")
	for n, row := range strings.Split(x.screen(), "\n") {
		if strings.Contains(rows[n], "Type  drill") != strings.Contains(row, "Type  drill") {
			t.Errorf("the prompt moved:\n%s", x.screen())
		}
	}
	x.types("enter")
	if sent := x.desk.sent(); len(sent) != 1 || !sent[0].Prepared.Equal(at(38).Time) {
		t.Errorf("%+v", sent)
	}
}

// Another call under the same key has to be read and typed for again.
func TestAnotherCallClearsThePhrase(t *testing.T) {
	x := open(t, "drill freeze vault")
	x.waits(dwell)
	x.desk.plan = planAt(38, func(p *ops.Plan) { p.Digest, p.Call.Function = common.Hash{0xff}, "vault.pauseAll()" })
	x.follows(on(38))
	x.mustSee("the plan changed: read it again")
	x.mustSee("vault.pauseAll()")
	x.mustSee("> ▌")
	x.waits(dwell)
	x.types("enter")
	if len(x.desk.sent()) != 0 {
		t.Fatal("the phrase of the earlier plan confirmed")
	}
	x.types("drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	if sent := x.desk.sent(); len(sent) != 1 || sent[0].Digest[0] != 0xff {
		t.Errorf("%+v", sent)
	}
}

// On a screen that does not hold it, another call is unread to its end again.
func TestAnotherCallIsUnread(t *testing.T) {
	x := newHand(t, 80, 24, armed(breach()))
	for n := range 12 {
		x.desk.plan.Warnings = append(x.desk.plan.Warnings, fmt.Sprintf("doubt number %d", n))
	}
	x.types("F")
	for range 40 {
		x.types("down")
	}
	next := x.desk.plan
	next.Digest, next.At = common.Hash{0xff}, at(38)
	x.desk.plan = next
	x.follows(on(38))
	x.types("drill freeze vault")
	x.waits(dwell)
	x.types("enter")
	x.mustSee("read it to its end first")
}

// What a person weighs differs: the text stays, the dwell begins anew.
func TestWhatDiffersIsNamedAndBeginsTheDwellAnew(t *testing.T) {
	for want, change := range map[string]func(*ops.Plan){
		"simulated anew: nonce 0 → 8":    func(p *ops.Plan) { p.Nonce = 8 },
		"simulated anew: other warnings": func(p *ops.Plan) { p.Warnings = []string{"2 transactions wait in the pool"} },
		"simulated anew: other effects":  func(p *ops.Plan) { p.Changes[1].After = "succeeds" },
	} {
		x := open(t, "drill freeze vault")
		x.waits(dwell)
		x.desk.plan = planAt(38, change)
		x.follows(on(38))
		x.mustSee(want)
		x.mustSee("> drill freeze vault")
		x.types("enter")
		if len(x.desk.sent()) != 0 {
			t.Errorf("%s: it was confirmed in the same moment", want)
		}
		x.waits(dwell)
		x.mustSee("enter sends it")
		x.types("enter")
		if len(x.desk.sent()) != 1 {
			t.Errorf("%s: after the dwell it was not confirmed", want)
		}
	}
	x := open(t, "drill freeze vault")
	x.desk.plan = planAt(38, func(p *ops.Plan) { p.Refusals = []string{"no signer"} })
	x.follows(on(38))
	x.mustSee("REFUSED: nothing can be sent")
	x.desk.plan = planAt(39, nil)
	x.follows(on(39))
	x.mustSee("simulated anew: other refusals")
	x.mustSee("> drill freeze vault")
}

// The dwell begins in time to be shown as over: a beat is asked for.
func TestTheDwellAfterARenewalIsShownAsOver(t *testing.T) {
	x := open(t, "drill freeze vault")
	beats := 0
	x.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { beats++; return nil }
	x.desk.plan = planAt(38, func(p *ops.Plan) { p.Nonce = 8 })
	x.follows(on(38))
	if beats != 1 {
		t.Errorf("%d beats", beats)
	}
}

// A warning that counts on, block after block, does not keep the dwell from
// ending on a fast chain; one of other words does begin it anew.
func TestACountThatRunsOnIsNoNews(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.desk.plan.Warnings = []string{"freeze-vault was run 3s ago, and its cooldown is 1m0s"}
	x.types("F", "drill freeze vault")
	for n := uint64(38); n < 42; n++ {
		x.desk.plan = planAt(n, func(p *ops.Plan) {
			p.Warnings = []string{fmt.Sprintf("freeze-vault was run %ds ago, and its cooldown is 1m0s", n)}
		})
		x.waits(dwell / 2)
		x.follows(on(n))
		x.mustSee(fmt.Sprintf("run %ds ago", n))
		x.mustSee("simulated anew: other numbers in the warnings")
	}
	x.types("enter")
	if len(x.desk.sent()) != 1 {
		t.Errorf("the dwell never ends:\n%s", x.screen())
	}
}

// One preparation is under way at a time, none for a block that was asked for,
// none while what was confirmed is under way.
func TestOnePreparationAtATime(t *testing.T) {
	x := open(t, "drill freeze vault")
	x.desk.planErr = errDesk
	_, first := x.Update(snapshotMsg{cleanSnapshot(on(38)), true})
	x.follows(on(39)) // the first has not answered yet
	if x.desk.prepared != 1 {
		t.Fatalf("%d preparations", x.desk.prepared)
	}
	x.desk.feed <- on(39)
	x.runs(first)
	x.follows(on(39))
	x.follows(on(39)) // the engine speaks every second
	if x.desk.prepared != 3 {
		t.Fatalf("%d preparations", x.desk.prepared)
	}
	x.waits(dwell)
	x.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	x.follows(on(40))
	if x.desk.prepared != 3 {
		t.Error("it was prepared anew after it was confirmed")
	}
}

// An answer that comes after the confirmation changes nothing that was confirmed.
func TestAnAnswerAfterTheConfirmationChangesNothing(t *testing.T) {
	x := open(t, "drill freeze vault")
	d := x.dialog.(*confirmDialog)
	x.waits(dwell)
	x.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	x.gets(planMsg{asked: d, plan: planAt(38, func(p *ops.Plan) { p.Call.Function = "vault.pauseAll()" })})
	x.mustNotSee("pauseAll")
	x.mustSee("CONFIRMED")
}

// What cannot be prepared anew keeps its facts and says how old they are.
func TestAPlanThatCannotBeRenewedSaysItsAge(t *testing.T) {
	for _, w := range []int{80, 160} {
		x := newHand(t, w, 48, armed(breach()))
		x.types("F", "drill freeze va")
		high := strings.Index(x.screen(), "Type  drill")
		x.desk.planErr = errDesk
		x.follows(on(40))
		x.mustSee("on top of #37, 3 blocks ago: the key is locked")
		x.mustSee("vault.paused()  false → true")
		x.mustSee("> drill freeze va▌")
		if got := strings.Index(x.screen(), "Type  drill"); strings.Count(x.screen()[:got], "\n") != strings.Count(x.screen()[:high], "\n") {
			t.Errorf("the prompt moved:\n%s", x.screen())
		}
		x.desk.planErr, x.desk.plan = nil, planAt(41, nil)
		x.follows(on(41))
		x.mustNotSee("blocks ago")
		x.Update(snapshotMsg{cleanSnapshot(on(42)), true}) // asked again, not answered yet
		x.mustNotSee("ago; ")
		x.sees(on(44))
		x.mustSee("on top of #41, 3 blocks ago; 208,168 gas limit")
	}
}

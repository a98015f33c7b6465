package contain_test

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// What cannot be handed over to somebody else, because it cannot be written down, fails;
// what they did is not concluded from silence, nor from what cannot be judged.
func TestWhatSomebodyElseSendsIsNotConcludedFromSilence(t *testing.T) {
	b := newBench(t)
	b.notes.full = func(string) error { return errors.New("disk full") }
	a := by("print", b.key)
	confirmed, _ := b.confirm(t, a)
	if r, err := b.Execute(t.Context(), confirmed); !errors.Is(err, contain.ErrJournal) || r.Stage != ops.StageFailed {
		t.Fatalf("%v, %s", err, r.Stage)
	}
	b.notes.full = nil
	says := ops.Breach
	a.Steps[0].Expect = unsure{isPaused{}, &says}
	confirmed, _ = b.confirm(t, a)
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	says = ops.Unknown
	if r := b.follow(t); r.Stage != ops.StageConfirmed || !strings.Contains(r.Why, "whether it took effect is not known: no state") {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
	b.silent("read")
	if r := b.follow(t); r.Stage != ops.StageConfirmed || !strings.Contains(r.Why, "could not be read: nobody answers") {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
	b.chain.fault, says = nil, ops.OK
	if r := b.follow(t); r.Stage != ops.StageInEffect {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

// A lane that has no signer here is passed over by name; one whose account cannot be read
// is taken, for nobody knows that it cannot pay.
func TestWhyALaneIsPassedOver(t *testing.T) {
	b := newBench(t)
	a := pause(b.key)
	mine := a.Steps[0].Lanes[0]
	a.Steps[0].Lanes = []contain.Lane{{Name: "absent", From: common.Address{7}}, mine}
	plan, err := b.Prepare(t.Context(), a, ref(10), nil)
	if err != nil || plan.View.Lane != "guardian" || !slices.Contains(plan.View.Warnings, "lane absent has no signer here, guardian would send") {
		t.Errorf("%s, %v, %q", plan.View.Lane, err, plan.View.Warnings)
	}
	a.Steps[0].Lanes = []contain.Lane{mine, {Name: "spare", From: common.Address{7}, Signer: b.key}}
	b.silent("account")
	if _, err := b.Prepare(t.Context(), a, ref(10), nil); !errors.Is(err, errBlind) {
		t.Errorf("an account that cannot be read: %v", err)
	}
}

// A ladder's rung that pays more than its lane allows is not offered, and one that the
// account cannot pay is warned of.
func TestTheBoundsOfARung(t *testing.T) {
	_, _, c := fresh(t)
	k := newKey(t)
	a := by("presigned", k)
	a.Steps[0].Lanes[0].MaxFee = big.NewInt(1e9)
	plan, err := c.Prepare(t.Context(), a, ref(10), nil)
	if err != nil || !strings.Contains(strings.Join(plan.View.Refusals, ";"), "gwei a gas, and the lane at most 1") {
		t.Errorf("%v: %q", err, plan.View.Refusals)
	}
	b := newBench(t)
	b.chain.account = func(a *ops.Account) { a.Balance = big.NewInt(1e14) }
	plan, err = b.Prepare(t.Context(), by("presigned", b.key), ref(10), nil)
	if err != nil || len(plan.View.Refusals) > 0 || !strings.Contains(strings.Join(plan.View.Warnings, ";"), "this rung may cost") {
		t.Errorf("%v: %q, %q", err, plan.View.Refusals, plan.View.Warnings)
	}
}

// Where the chain asks for hardly a tip, a ladder's tips still rise by an eighth each.
func TestALadderTipsEnoughToRise(t *testing.T) {
	_, tips := contain.Rising(ops.Account{BaseFee: big.NewInt(1e9), Tip: big.NewInt(1)}, 3)
	if tips[0].Cmp(big.NewInt(100_000_000)) < 0 || tips[2].Cmp(tips[0]) <= 0 {
		t.Errorf("%s", tips)
	}
	if contain.GasLimit(1) != 100_000 || contain.GasLimit(52_000) != 208_000 {
		t.Errorf("%d, %d", contain.GasLimit(1), contain.GasLimit(52_000))
	}
	s := pause(newKey(t)).Steps[0]
	if _, ok := s.Target(); ok {
		t.Error("a step that names no code has one")
	}
	want := contain.Written{Name: "vault", Address: target, Want: common.Hash{1}}
	s.Written = []contain.Written{{Name: "other", Address: common.Address{1}, Want: common.Hash{2}}, want}
	if w, ok := s.Target(); !ok || w != want {
		t.Errorf("%+v", w)
	}
}

// An order whose call would revert does not fire; one without its key says so.
func TestAnOrderThatWouldRevertDoesNotFire(t *testing.T) {
	b := newBench(t)
	o, _ := b.order(t)
	if !o.Unlocked() {
		t.Error("its key is open")
	}
	b.key.unlocked = false
	if o.Unlocked() {
		t.Error("its key is locked")
	}
	none, err := contain.NewStandingOrder(tree(b, "a"), "a", contain.Lane{Name: "auto"}, []ops.DetectorID{"A1"})
	if err != nil || none.Unlocked() {
		t.Errorf("without a key: %v", err)
	}
	books := b.chain.load()
	books.Mined["0x1"] = 11 // the simulation reverts from now on
	b.chain.store(books)
	plan, err := b.Prepare(t.Context(), o.Action(), ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contain.Order(plan, o, breach("A1", ref(10)), time.Now()); !errors.Is(err, contain.ErrStanding) || !strings.Contains(err.Error(), "it would revert") {
		t.Errorf("%v", err)
	}
}

// A Safe's transaction that reverted says why: it is tried again on top of its block.
func TestASafesRevertSaysWhy(t *testing.T) {
	for reason, want := range map[string]string{"GS026": "GS026: a signature is not an owner's", "EnforcedPause": "reverts with EnforcedPause", "": "nothing took effect"} {
		b := newBench(t)
		says := ops.Breach
		b.Chain = tried{reverting{b.chain}, reason}
		a := by("safe", b.key)
		a.Steps[0].Expect = unsure{isPaused{}, &says}
		confirmed, _ := b.confirm(t, a)
		if _, err := b.Execute(t.Context(), confirmed); err != nil {
			t.Fatal(err)
		}
		b.follow(t)
		if r := b.last(); r.Stage != ops.StageFailed || !strings.Contains(r.Steps[0].Why, want) {
			t.Errorf("%q: %s %q", reason, r.Stage, r.Steps[0].Why)
		}
	}
}

// tried is a chain on which, once something was mined, everything that is tried reverts
// for one reason; none for what succeeds.
type tried struct {
	reverting
	reason string
}

func (c tried) Try(ctx context.Context, trial ops.Trial) (ops.TrialResult, error) {
	if len(c.load().Mined) == 0 || c.reason == "" {
		return ops.TrialResult{Action: ops.Outcome{OK: true, Gas: 52_000}, Before: []ops.Reading{word(false)}, After: []ops.Reading{word(true)}}, nil
	}
	return ops.TrialResult{Action: ops.Outcome{Reason: c.reason}}, nil
}

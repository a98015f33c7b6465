package contain_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

var ada = ops.Operator{Name: "Ada", Role: "commander"}

// bench is a containment over a fake chain.
type bench struct {
	*contain.Containment
	chain *ledger
	notes *notes
	key   *key
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{chain: &ledger{folder: t.TempDir()}, notes: &notes{}, key: newKey(t)}
	b.Containment = contain.New(contain.Config{
		Chain: b.chain, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil },
	})
	return b
}

func (b *bench) plan(t *testing.T) contain.Plan {
	t.Helper()
	plan, err := b.Prepare(t.Context(), pause(b.key), ref(10), &ops.Message{To: target})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (b *bench) confirmed(t *testing.T) contain.Confirmed {
	t.Helper()
	confirmed, err := contain.Confirm(b.plan(t), ada, "drill freeze vault", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return confirmed
}

// follow brings everything forward at a block, and waits for what that brings about.
func follow(c *contain.Containment, at ops.BlockRef, now ops.Readings) {
	c.Follow(context.Background(), at, now, nil)
	c.Wait()
}

// follow mines one block and follows it; the condition holds.
func (b *bench) follow(t *testing.T) ops.Receipt {
	t.Helper()
	follow(b.Containment, b.chain.mine(), ops.Readings{pausedRead: word(true)})
	return b.last()
}

// ready is the line of the board of one action.
func (b *bench) ready(t *testing.T, a contain.Action, at ops.BlockRef) ops.Readiness {
	t.Helper()
	return measured(t, b.Containment, a, at)
}

// measured is the line of the board of one action.
func measured(t *testing.T, c *contain.Containment, a contain.Action, at ops.BlockRef) ops.Readiness {
	t.Helper()
	return c.Board(t.Context(), at, nil, []contain.Candidate{{Action: a}})[0]
}

func (b *bench) last() ops.Receipt {
	all := b.Receipts()
	return all[len(all)-1]
}

func TestAPlanShowsWhatWillHappen(t *testing.T) {
	v := newBench(t).plan(t).View
	if v.Phrase != "drill freeze vault" || v.Mode != ops.Drill || v.Call.Function != "vault.pause()" || v.Nonce != 0 {
		t.Errorf("%+v", v)
	}
	if len(v.Changes) != 2 || v.Changes[0] != (ops.Change{What: "vault.paused()", Before: "false", After: "true"}) || v.Changes[1].After != "REVERTS EnforcedPause" {
		t.Errorf("changes: %+v", v.Changes)
	}
	if v.Gas < 4*52_000 || len(v.Warnings) != 0 || len(v.Refusals) != 0 || !v.Simulated {
		t.Errorf("%+v", v)
	}
}

func TestOnlyThePhraseConfirms(t *testing.T) {
	b := newBench(t)
	for _, phrase := range []string{"", "freeze vault", "drill freeze vault ", "DRILL FREEZE VAULT", "drill freeze vaul"} {
		if _, err := contain.Confirm(b.plan(t), ada, phrase, time.Now()); !errors.Is(err, contain.ErrPhrase) {
			t.Errorf("%q confirmed: %v", phrase, err)
		}
	}
	if _, err := contain.Confirm(contain.Plan{}, ada, "", time.Now()); !errors.Is(err, contain.ErrRefused) {
		t.Errorf("a plan that was never prepared confirmed: %v", err)
	}
}

func TestAWrongChainOrNoSignerRefuses(t *testing.T) {
	b := newBench(t)
	b.chain.fault = func(point string) error {
		if point == "check-chain" {
			return errors.New("wrong chain")
		}
		return nil
	}
	plan := b.plan(t)
	if _, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now()); !errors.Is(err, contain.ErrRefused) {
		t.Errorf("a wrong chain: %v", err)
	}
	b.chain.fault = nil
	action := pause(b.key)
	action.Steps[0].Lanes[0].Signer = nil
	plan, err := b.Prepare(t.Context(), action, ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now()); !errors.Is(err, contain.ErrRefused) {
		t.Errorf("no signer: %v", err)
	}
}

// A doubt about a step that only restricts warns and does not refuse.
func TestDoubtsWarn(t *testing.T) {
	b := newBench(t)
	b.chain.fault = func(point string) error {
		if point == "try" || point == "code" {
			return errors.New("the provider is down")
		}
		return nil
	}
	action := pause(b.key)
	action.Steps[0].Written = []contain.Written{{Name: "vault", Address: target}}
	plan, err := b.Prepare(t.Context(), action, ref(10), nil)
	if err != nil || len(plan.View.Refusals) != 0 || len(plan.View.Warnings) != 2 || plan.View.Simulated {
		t.Fatalf("%+v, %v", plan.View, err)
	}
	if _, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now()); err != nil {
		t.Errorf("the doubt refused: %v", err)
	}
}

func TestFromConfirmedToContained(t *testing.T) {
	b := newBench(t)
	r, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || r.Stage != ops.StageSent {
		t.Fatalf("%+v, %v", r, err)
	}
	if r = b.follow(t); r.Stage != ops.StageInEffect || r.HeldBlocks != 1 || r.Mined.Number != 11 {
		t.Fatalf("after its block: %+v", r)
	}
	if r = b.follow(t); r.Stage != ops.StageContained || r.HeldBlocks != 2 {
		t.Fatalf("after the second: %+v", r)
	}
	want := []string{contain.KindIntent, contain.KindSigned, contain.KindSent, contain.KindMined, contain.KindInEffect, contain.KindContained}
	if !slices.Equal(b.notes.kinds, want) {
		t.Errorf("the journal has %v", b.notes.kinds)
	}
}

// However often and at once it is confirmed, one transaction is signed and sent.
func TestTwoHandsAtOnceSendOnce(t *testing.T) {
	b := newBench(t)
	confirmed := b.confirmed(t)
	var hands sync.WaitGroup
	var mu sync.Mutex
	repeated := 0
	for range 20 {
		hands.Go(func() {
			r, err := b.Execute(t.Context(), confirmed)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if r.Repeated {
				repeated++
			}
		})
	}
	hands.Wait()
	if repeated != 19 || b.key.signed() != 1 || len(b.chain.load().Pool) != 1 {
		t.Errorf("%d were told that it was not theirs; %d signed, %d in the pool", repeated, b.key.signed(), len(b.chain.load().Pool))
	}
}

func TestWithoutADurableIntentNothingIsSigned(t *testing.T) {
	for _, failing := range []string{contain.KindIntent, contain.KindSigned} {
		b := newBench(t)
		b.notes.full = func(kind string) error {
			if kind == failing {
				return errors.New("no space left on device")
			}
			return nil
		}
		r, err := b.Execute(t.Context(), b.confirmed(t))
		if !errors.Is(err, contain.ErrJournal) || r.Stage != ops.StageFailed {
			t.Errorf("%s: %+v, %v", failing, r, err)
		}
		if len(b.chain.load().Pool) != 0 || failing == contain.KindIntent && b.key.signed() != 0 {
			t.Errorf("%s: something went out", failing)
		}
	}
}

func TestALockedKeySendsNothing(t *testing.T) {
	b := newBench(t)
	confirmed := b.confirmed(t)
	b.key.unlocked = false
	if r, err := b.Execute(t.Context(), confirmed); !errors.Is(err, contain.ErrSigner) || r.Stage != ops.StageFailed {
		t.Errorf("%+v, %v", r, err)
	}
	b.key.unlocked = true // after a failure of which nothing is out, the same plan can be confirmed again
	if r, err := b.Execute(t.Context(), confirmed); err != nil || r.Stage != ops.StageSent {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAnErrorWhileSendingIsAskedByHash(t *testing.T) {
	b := newBench(t)
	b.chain.fault = func(point string) error {
		if point == "after-send" {
			return errors.New("connection reset") // it was accepted all the same
		}
		return nil
	}
	if r, err := b.Execute(t.Context(), b.confirmed(t)); err != nil || r.Stage != ops.StageSent {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRefusedBytesAreSentAgainUnchanged(t *testing.T) {
	b := newBench(t)
	down := true
	b.chain.fault = func(point string) error {
		if point == "before-send" && down {
			return errors.New("503")
		}
		return nil
	}
	r, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || r.Stage != ops.StageSigned || !strings.Contains(r.Why, "503") {
		t.Fatalf("%+v, %v", r, err)
	}
	if r = b.follow(t); r.Stage != ops.StageSigned {
		t.Fatalf("still down: %+v", r)
	}
	down = false
	if r = b.follow(t); r.Stage != ops.StageSent {
		t.Fatalf("up again: %+v", r)
	}
	if r = b.follow(t); r.Stage != ops.StageInEffect || b.key.signed() != 1 {
		t.Errorf("%+v, signed %d times", r, b.key.signed())
	}
}

func TestAStolenNonceIsTheEnd(t *testing.T) {
	b := newBench(t)
	b.chain.fault = func(point string) error {
		if point == "before-send" {
			return errors.New("503")
		}
		return nil
	}
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	books := b.chain.load()
	books.Nonce = 1 // somebody else's transaction was mined
	b.chain.store(books)
	for range 2 { // whoever was asked for the receipt may be behind
		if r := b.follow(t); r.Stage == ops.StageFailed {
			t.Fatalf("given up too early: %+v", r)
		}
	}
	if r := b.follow(t); r.Stage != ops.StageFailed || !strings.Contains(r.Why, "nonce 0 was used") {
		t.Errorf("%+v", r)
	}
}

// A block that held the pause is dropped: it is not contained until it is mined
// and has held again.
func TestAReorgTakesTheEffectBack(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	r := b.follow(t)
	books := b.chain.load()
	books.Mined, books.Nonce, books.Pool = map[string]uint64{}, 0, map[string]uint64{r.Tx.Hex(): 9} // in nobody's reach for a block
	b.chain.store(books)
	if r = b.follow(t); r.Stage != ops.StageSent || r.HeldBlocks != 0 {
		t.Fatalf("after the reorg: %+v", r)
	}
	books = b.chain.load()
	books.Pool = map[string]uint64{r.Tx.Hex(): 0}
	b.chain.store(books)
	if r = b.follow(t); r.Stage != ops.StageInEffect || r.HeldBlocks != 1 {
		t.Errorf("mined again: %+v", r)
	}
}

func TestNothingIsConcludedFromSilence(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.chain.fault = func(point string) error {
		if point == "inclusion" || point == "read" {
			return errors.New("timeout")
		}
		return nil
	}
	if r := b.follow(t); r.Stage != ops.StageSent {
		t.Errorf("blind, and it says %s", r.Stage)
	}
	b.chain.fault = func(point string) error {
		if point == "read" {
			return errors.New("timeout")
		}
		return nil
	}
	if r := b.follow(t); r.Stage != ops.StageMined || !strings.Contains(r.Why, "could not be read back") {
		t.Errorf("mined, not read back, and it says %s: %s", r.Stage, r.Why)
	}
	b.chain.fault = nil
	if r := b.follow(t); r.Stage != ops.StageInEffect {
		t.Errorf("seen again, and it says %s", r.Stage)
	}
}

// UNKNOWN neither counts nor starts anew; a block in which it does not hold does.
func TestContainedMeansThatItHasHeld(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	follow(b.Containment, b.chain.mine(), ops.Readings{})
	if r := b.last(); r.HeldBlocks != 1 {
		t.Errorf("after an unknown block it held %d", r.HeldBlocks)
	}
	follow(b.Containment, b.chain.mine(), ops.Readings{pausedRead: word(false)})
	if r := b.last(); r.HeldBlocks != 0 {
		t.Errorf("after a block in which it did not hold: %d", r.HeldBlocks)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained {
		t.Errorf("%+v", r)
	}
}

func TestTheDigestCommitsToEverythingThatIsSent(t *testing.T) {
	k := newKey(t)
	base := pause(k).Digest(testChain)
	for name, change := range map[string]func(*contain.Action){
		"runbook": func(a *contain.Action) { a.Hash[0]++ },
		"step":    func(a *contain.Action) { a.Steps[0].ID = "R1.2" },
		"target":  func(a *contain.Action) { a.Steps[0].Call.To[0]++ },
		"data":    func(a *contain.Action) { a.Steps[0].Call.Data = []byte{1} },
		"value":   func(a *contain.Action) { a.Steps[0].Call.Value = "1" },
		"signer":  func(a *contain.Action) { a.Steps[0].Lanes[0].From[0]++ },
	} {
		a := pause(k)
		change(&a)
		if a.Digest(testChain) == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
	if pause(k).Digest(testChain+1) == base {
		t.Error("another chain has the same digest")
	}
}

func TestReadinessTellsWhatWouldHappenNow(t *testing.T) {
	b := newBench(t)
	line := b.ready(t, pause(b.key), ref(10))
	if line.State != ops.Ready || line.Gas != 52_000 {
		t.Errorf("%+v", line)
	}
	without := pause(b.key)
	without.Steps[0].Lanes[0].Signer = nil
	if line := b.ready(t, without, ref(10)); line.State != ops.Dead {
		t.Errorf("no key: %+v", line)
	}
	b.chain.fault = func(string) error { return errors.New("down") }
	if line := b.ready(t, pause(b.key), ref(10)); line.State != ops.ReadyUnknown {
		t.Errorf("blind: %+v", line)
	}
	b.chain.fault = nil
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	if line := b.ready(t, pause(b.key), ref(11)); !line.Done {
		t.Errorf("already in effect: %+v", line)
	}
}

// What was contained once can break again: after the effect is gone, a new plan
// is a new intent. The old one stays used up, and a hurry is said.
func TestASecondIncidentCanBeContained(t *testing.T) {
	b := newBench(t)
	first := b.confirmed(t)
	if _, err := b.Execute(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained {
		t.Fatalf("%+v", r)
	}
	if r, err := b.Execute(t.Context(), first); err != nil || !r.Repeated {
		t.Errorf("the used plan ran again: %+v, %v", r, err)
	}
	books := b.chain.load()
	books.Mined = map[string]uint64{} // somebody un-paused it
	b.chain.store(books)
	action := pause(b.key)
	action.Cooldown = time.Hour
	plan, err := b.Prepare(t.Context(), action, ref(14), nil)
	if err != nil || len(plan.View.Refusals) != 0 {
		t.Fatalf("%+v, %v", plan.View, err)
	}
	if !strings.Contains(strings.Join(plan.View.Warnings, " "), "was run") {
		t.Errorf("nobody says that it was run a moment ago: %v", plan.View.Warnings)
	}
	confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r, err := b.Execute(t.Context(), confirmed); err != nil || r.Repeated || r.Stage != ops.StageSent {
		t.Fatalf("%+v, %v", r, err)
	}
	if r := b.follow(t); r.Stage != ops.StageInEffect || b.key.signed() != 2 {
		t.Errorf("%+v, signed %d times", r, b.key.signed())
	}
}

package contain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// cancel is another action of the same account.
func cancel(k *key) contain.Action {
	a := pause(k)
	a.Runbook, a.Name, a.Phrase, a.Steps[0].ID = "R2", "cancel-operation", "cancel operation", "R2.1"
	a.Steps[0].Call.Function, a.Steps[0].Call.Data = "timelock.cancel(0x01)", []byte{1, 2, 3, 4}
	return a
}

func (b *bench) confirm(t *testing.T, a contain.Action) (contain.Confirmed, ops.Plan) {
	t.Helper()
	plan, err := b.Prepare(t.Context(), a, ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return confirmed, plan.View
}

// The next action of an account takes the next nonce: what is on its way must
// not be replaced by it.
func TestTheNextActionTakesTheNextNonce(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	second, view := b.confirm(t, cancel(b.key))
	if view.Nonce != 1 {
		t.Fatalf("the second plan takes nonce %d", view.Nonce)
	}
	if r, err := b.Execute(t.Context(), second); err != nil || r.Stage != ops.StageSent {
		t.Fatalf("%+v, %v", r, err)
	}
	if pool := b.chain.load().Pool; len(pool) != 2 {
		t.Errorf("the pool holds %v", pool)
	}
}

// Two plans that were prepared before either was sent hold the same nonce. The
// second is out of date as soon as the first is on its way, and stays so.
func TestAPlanWhoseNonceIsTakenIsOutOfDate(t *testing.T) {
	b := newBench(t)
	first, _ := b.confirm(t, pause(b.key))
	second, _ := b.confirm(t, cancel(b.key))
	if _, err := b.Execute(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Execute(t.Context(), second); !errors.Is(err, contain.ErrStale) || !strings.Contains(err.Error(), "R1") {
		t.Errorf("the same nonce twice: %v", err)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained {
		t.Fatalf("%+v", r)
	}
	if _, err := b.Execute(t.Context(), second); !errors.Is(err, contain.ErrStale) {
		t.Errorf("the nonce is spent: %v", err)
	}
	if b.key.signed() != 1 || len(b.Receipts()) != 1 {
		t.Errorf("signed %d times, %d receipts", b.key.signed(), len(b.Receipts()))
	}
}

// A plan of which nothing went out leaves its nonce to the next.
func TestANonceThatWasNeverUsedIsFree(t *testing.T) {
	b := newBench(t)
	first, _ := b.confirm(t, pause(b.key))
	b.key.unlocked = false
	if _, err := b.Execute(t.Context(), first); !errors.Is(err, contain.ErrSigner) {
		t.Fatal(err)
	}
	b.key.unlocked = true
	second, view := b.confirm(t, cancel(b.key))
	if view.Nonce != 0 {
		t.Errorf("nonce %d", view.Nonce)
	}
	if r, err := b.Execute(t.Context(), second); err != nil || r.Stage != ops.StageSent {
		t.Errorf("%+v, %v", r, err)
	}
}

// A pool that forgets what it accepted is sent the same bytes again.
func TestWhatAPoolForgotIsSentAgain(t *testing.T) {
	b := newBench(t)
	sent, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || sent.Stage != ops.StageSent {
		t.Fatalf("%+v, %v", sent, err)
	}
	books := b.chain.load()
	clear(books.Pool)
	b.chain.store(books)
	if r := b.follow(t); r.Stage != ops.StageSent || len(b.chain.load().Pool) != 1 {
		t.Fatalf("%+v, and the pool holds %v", r, b.chain.load().Pool)
	}
	if r := b.follow(t); r.Stage != ops.StageInEffect || r.Tx != sent.Tx || b.key.signed() != 1 {
		t.Errorf("%+v, signed %d times", r, b.key.signed())
	}
}

// A provider's late answer to a send does not take back what the chain said in
// the meantime.
func TestALateAnswerTakesNothingBack(t *testing.T) {
	b := newBench(t)
	confirmed := b.confirmed(t)
	var inEffect ops.Receipt
	b.chain.fault = func(point string) error {
		if point == "after-send" { // accepted, mined and followed before the answer comes
			b.chain.fault = nil
			b.Follow(t.Context(), b.chain.mine(), ops.Readings{pausedRead: word(true)}, nil)
			inEffect = b.last()
		}
		return nil
	}
	late, err := b.Execute(t.Context(), confirmed)
	if err != nil || inEffect.Stage != ops.StageInEffect {
		t.Fatalf("%+v, %v", inEffect, err)
	}
	if late.Stage != ops.StageInEffect || b.last().Stage != ops.StageInEffect {
		t.Errorf("the late answer set it back to %s", b.last().Stage)
	}
}

// What an earlier process contained is known to the next: its cooldown holds.
func TestAContainmentIsRememberedOverARestart(t *testing.T) {
	k := newKey(t)
	at := time.Now().Add(-time.Minute)
	entry := func(kind string, data any) contain.Entry {
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		return contain.Entry{Kind: kind, Data: raw, Time: at}
	}
	c := contain.New(contain.Config{Chain: &ledger{folder: t.TempDir()}, ChainID: testChain, Journal: &notes{}})
	action := pause(k)
	action.Cooldown = time.Hour
	err := c.Resume([]contain.Entry{
		entry(contain.KindIntent, contain.Intent{ID: "R1-0-1", Runbook: "R1", Step: "R1.1", Chain: testChain, Simulated: ref(7), By: ada}),
		entry(contain.KindSigned, contain.Signed{ID: "R1-0-1"}),
		entry(contain.KindMined, contain.Progress{ID: "R1-0-1", Block: ref(8)}),
		entry(contain.KindContained, contain.Progress{ID: "R1-0-1", Block: ref(9)}),
		entry(contain.KindIntent, contain.Intent{ID: "R9-1-2", Runbook: "R9", Chain: testChain}),
		entry(contain.KindContained, contain.Progress{ID: "R9-1-2", Block: ref(9)}),
	}, func(id ops.RunbookID, _ map[string]string) (contain.Action, error) {
		if id != "R1" {
			return contain.Action{}, errors.New("that runbook is gone")
		}
		return action, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	receipts := c.Receipts()
	if len(receipts) != 1 {
		t.Fatalf("%+v", receipts)
	}
	if r := receipts[0]; r.Stage != ops.StageContained || !r.Confirmed.Equal(at) || r.Prepared.Number != 7 || r.Mined.Number != 8 || r.By != ada {
		t.Errorf("%+v", r)
	}
	plan, err := c.Prepare(t.Context(), action, ref(10), nil) // whose nonce is 0 again: only the chain says what is used
	if confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now()); err != nil {
		t.Error(err)
	} else if r, err := c.Execute(t.Context(), confirmed); err != nil || r.Stage != ops.StageSent {
		t.Errorf("%+v, %v", r, err)
	}
	if err != nil || !strings.Contains(strings.Join(plan.View.Warnings, " "), "its cooldown is") {
		t.Errorf("%v, %v", plan.View.Warnings, err)
	}
}

// A node that takes nothing that pays too little must be paid more, as one that keeps it
// in its pool.
func TestWhatIsNeverTakenIsPaidMoreFor(t *testing.T) {
	b := newBench(t)
	refused := 0
	b.chain.fault = func(point string) error {
		if point == "before-send" && refused < 3 {
			refused++
			return errors.New("max fee per gas less than block base fee")
		}
		return nil
	}
	first, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || first.Stage != ops.StageSigned {
		t.Fatalf("%v, %s", err, first.Stage)
	}
	for range 3 {
		b.follow(t)
	}
	r := b.follow(t)
	if r.Stage != ops.StageInEffect || r.Tx == first.Tx || b.notes.count(contain.KindSigned) != 2 {
		t.Errorf("%s by %s after %s, %d signatures: %s", r.Stage, r.Tx, first.Tx, b.notes.count(contain.KindSigned), r.Why)
	}
}

package contain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

const castLine = "cast send 0x00000000000000000000000000000000000000cc 0x8456cb59 --value 0 --from "

// What somebody else sends is shown, written down and waited for; it is never said to
// be sent, and in effect only when the chain says so.
func TestWhatSomebodyElseSendsIsWaitedFor(t *testing.T) {
	chain, record, c := fresh(t)
	k := newKey(t)
	plan, ok := confirmed(t, c, by("print", k))
	if !strings.HasPrefix(plan.View.ByHand, castLine+k.Address().Hex()) || plan.View.MaxCost != (ops.Quantity{}) {
		t.Fatalf("%q, %v", plan.View.ByHand, plan.View.MaxCost)
	}
	receipt, err := c.Execute(t.Context(), ok)
	if err != nil || receipt.Stage != ops.StageConfirmed || receipt.ByHand != plan.View.ByHand || !slices.Equal(record.kinds, []string{contain.KindIntent}) {
		t.Fatalf("%v %s %q %v", err, receipt.Stage, receipt.ByHand, record.kinds)
	}
	for range 3 {
		follow(c, chain.mine(), ops.Readings{pausedRead: word(false)})
		if got := c.Receipts()[0]; got.Stage != ops.StageConfirmed || !got.Sent.IsZero() {
			t.Fatalf("before: %s", got.Stage)
		}
	}
	again, err := c.Execute(t.Context(), ok)
	if err != nil || !again.Repeated {
		t.Errorf("confirmed twice: %v", err)
	}
	seen := chain.other()
	follow(c, seen, ops.Readings{pausedRead: word(true)})
	got := c.Receipts()[0]
	if got.Stage != ops.StageInEffect || got.Mined != seen || !strings.Contains(got.Steps[0].Why, "first seen in effect at #14") {
		t.Fatalf("after: %+v", got)
	}
	follow(c, chain.mine(), ops.Readings{pausedRead: word(true)})
	if got := c.Receipts()[0]; got.Stage != ops.StageContained || got.Mined != seen {
		t.Errorf("at the end: %s, seen at #%d", got.Stage, got.Mined.Number)
	}
	if slices.Contains(record.kinds, contain.KindSigned) || slices.Contains(record.kinds, contain.KindSent) || k.signed() != 0 {
		t.Errorf("%v, signed %d", record.kinds, k.signed())
	}
}

// When a signer is back, the same call can be confirmed again, and is sent.
func TestWhatWaitsForSomebodyElseCanBeSentAfterAll(t *testing.T) {
	_, _, c := fresh(t)
	f := &far{newKey(t), contain.ErrSigner}
	a := pause(f.key)
	a.Steps[0].Lanes[0].Signer = f
	a.Steps[0].Lanes = append(a.Steps[0].Lanes, contain.Lane{Name: "print", From: f.Address(), Print: true})
	plan, ok := confirmed(t, c, a)
	f.away = nil // back before it was confirmed: what was shown is what is done
	if receipt, err := c.Execute(t.Context(), ok); err != nil || plan.View.ByHand == "" || receipt.Stage != ops.StageConfirmed || f.signed() != 0 {
		t.Fatalf("%v %s, signed %d", err, receipt.Stage, f.signed())
	}
	plan, ok = confirmed(t, c, a)
	receipt, err := c.Execute(t.Context(), ok)
	if err != nil || plan.View.ByHand != "" || receipt.Repeated || receipt.Stage != ops.StageSent || f.signed() != 1 {
		t.Errorf("%v %s repeated %v, signed %d", err, receipt.Stage, receipt.Repeated, f.signed())
	}
	if first := c.Receipts()[0]; first.Stage != ops.StageFailed || !strings.Contains(first.Why, "confirmed anew") {
		t.Errorf("the first: %s %s", first.Stage, first.Why)
	}
}

// What waits for somebody else is waited for still when the console fails to send it
// itself.
func TestWhatWaitsForSomebodyElseOutlivesAFailedSend(t *testing.T) {
	b := newBench(t)
	a := pause(b.key)
	a.Steps[0].Lanes = append(a.Steps[0].Lanes, contain.Lane{Name: "on paper", From: target, Print: true})
	a.Steps[0].OnFailure = contain.NextLane
	b.key.unlocked = false
	if _, err := b.run(t, a); !errors.Is(err, contain.ErrSigner) {
		t.Fatal(err)
	}
	b.key.unlocked = true
	again, _ := b.confirm(t, a)
	b.notes.full = func(kind string) error {
		if kind == contain.KindIntent {
			return errors.New("disk full")
		}
		return nil
	}
	if _, err := b.Execute(t.Context(), again); !errors.Is(err, contain.ErrJournal) {
		t.Fatal(err)
	}
	if r := b.Receipts()[0]; r.Stage == ops.StageFailed || r.ByHand == "" {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

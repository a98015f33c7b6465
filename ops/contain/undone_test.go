package contain_test

import (
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// What was brought about and undone, before it was ever contained, can be brought about
// again; a second hand with the plan of before sends nothing.
func TestWhatWasUndoneCanBeDoneAgain(t *testing.T) {
	b := newBench(t)
	holds := false
	a := tree(b, "a")
	a.Until, a.Steps[0].Expect = is{ops.Breach, "calm"}, switched{&holds}
	prepared := func() contain.Confirmed {
		plan, err := b.Prepare(t.Context(), a, ref(b.chain.load().Head), nil)
		if err != nil {
			t.Fatal(err)
		}
		ok, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	first, second := prepared(), prepared()
	if _, err := b.Execute(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	holds = true
	b.block(t)
	b.wants(t, "a IN EFFECT")
	if r, err := b.Execute(t.Context(), second); err != nil || !r.Repeated || b.key.signed() != 1 {
		t.Fatalf("the plan of before: %v, %+v", err, r)
	}
	if r, err := b.Execute(t.Context(), prepared()); err != nil || !r.Repeated || b.key.signed() != 1 {
		t.Fatalf("it holds: %v, %+v", err, r)
	}
	holds = false // somebody undid it
	b.block(t)
	r, err := b.Execute(t.Context(), prepared())
	if err != nil || r.Repeated || r.Stage != ops.StageSent || b.key.signed() != 2 {
		t.Fatalf("%v: repeated %v, %s, %d signed", err, r.Repeated, r.Stage, b.key.signed())
	}
	if old := b.Receipts()[0]; old.Stage != ops.StageFailed {
		t.Errorf("the first goes on: %s", old.Stage)
	}
}

package contain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// asking is an action that freezes and asks before it calls.
func asking(b *bench) contain.Action {
	a := tree(b, "c")
	a.Steps[0].Expect = isPaused{}
	a.Steps = append([]contain.Step{{ID: "a", Control: "freeze"}, {ID: "b", Ask: &contain.Question{Challenge: "is the lane closed?", Expected: "closed"}}}, a.Steps...)
	return a
}

// next is the console after one that was killed: it has the journal and nothing else.
func (b *bench) next(t *testing.T, a contain.Action, ran *int, now func() time.Time) {
	t.Helper()
	b.Containment = contain.New(contain.Config{
		Chain: b.chain, ChainID: testChain, ChainName: "drill", Journal: b.notes, Now: now, Control: func(string) error { *ran++; return nil },
	})
	whole := slices.Clone(b.notes.whole)
	for i := range whole {
		if whole[i].Time.IsZero() {
			whole[i].Time = time.Unix(1_000_000, 0)
		}
	}
	if err := b.Resume(whole, func(ops.RunbookID, map[string]string) (contain.Action, error) { return a, nil }); err != nil {
		t.Fatal(err)
	}
}

// What happened before the first intent is taken up after a crash: the question stands
// open, its answer counts, and the key pressed again neither freezes nor asks again.
// After an hour, or where the action loosens, it does.
func TestWhatWasAnsweredBeforeTheFirstCallIsTakenUp(t *testing.T) {
	for name, c := range map[string]struct {
		later   time.Duration
		loosens bool
		want    string
		ran     int
	}{
		"soon":                      {time.Minute, false, "a DONE, b DONE, c SENT", 0},
		"after an hour":             {2 * time.Hour, false, "a DONE, b ASKED, c WAITS", 1},
		"soon, for what it loosens": {time.Minute, true, "a DONE, b ASKED, c WAITS", 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			a := asking(b)
			a.Steps[2].Restrict = !c.loosens
			r, err := b.run(t, a)
			if err != nil {
				t.Fatal(err)
			}
			b.wants(t, "a DONE, b ASKED, c WAITS")
			ran, now := 0, time.Unix(1_000_000, 0).Add(c.later)
			b.next(t, a, &ran, func() time.Time { return now })
			b.wants(t, "a DONE, b ASKED, c NOT RUN")
			now = time.Unix(1_000_000, 0) // the answer comes at once, the key is pressed later
			if _, err := b.Answer(t.Context(), r.ID, "b", "closed", ada, ref(10)); err != nil {
				t.Fatal(err)
			}
			if got := b.last(); got.Stage != ops.StageFailed || ran != 0 || b.key.signed() != 0 {
				t.Fatalf("%s: %s, the control ran %d times", got.Stage, got.Why, ran)
			}
			now = now.Add(c.later)
			b.next(t, a, &ran, func() time.Time { return now }) // and once more, before the key is pressed
			if _, err := b.run(t, a); err != nil {
				t.Fatal(err)
			}
			b.wants(t, c.want)
			if ran != c.ran {
				t.Errorf("the control ran %d times", ran)
			}
			if s := b.last().Steps[1]; c.want == "a DONE, b DONE, c SENT" && (s.By != "Ada" || s.At.Unix() != 1_000_000) {
				t.Errorf("it is said that %q answered at %s", s.By, s.At)
			}
		})
	}
}

// A run that was cut short before anything was sent does not stand in the way of the key
// that is pressed again: nobody has to answer its question first.
func TestAQuestionOfAnEarlierProcessHoldsUpNothing(t *testing.T) {
	b := newBench(t)
	a := asking(b)
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	ran := 0
	b.next(t, a, &ran, nil)
	if r, err := b.run(t, a); err != nil || r.Repeated {
		t.Fatalf("%+v, %v", r, err)
	}
	b.wants(t, "a DONE, b ASKED, c WAITS")
	if all := b.Receipts(); len(all) != 2 || all[0].Stage != ops.StageFailed {
		t.Errorf("%+v", all)
	}
	gone := contain.New(contain.Config{Chain: b.chain, ChainID: testChain, Journal: b.notes})
	if err := gone.Resume(b.notes.whole, func(ops.RunbookID, map[string]string) (contain.Action, error) {
		return contain.Action{}, contain.ErrRefused
	}); err != nil || len(gone.Receipts()) != 0 {
		t.Errorf("a runbook that is gone, of which nothing is out: %v", err)
	}
}

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

// An action that its owners allow once is refused the second time, also to a plan that
// was prepared before the first was confirmed; a second press of the first is no shot.
func TestAnActionIsRunAsOftenAsItsOwnersAllow(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a")
	a.Shots = 1
	prepare := func(action contain.Action) contain.Plan {
		t.Helper()
		plan, err := b.Prepare(t.Context(), action, ref(10), nil)
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	confirm := func(plan contain.Plan) contain.Confirmed {
		t.Helper()
		confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return confirmed
	}
	other := tree(b, "a")
	other.Steps[0].Expect = minedNonce{b.chain, 2}
	other.Shots, other.Args, other.Steps[0].Call.Data = 1, map[string]string{"account": "0x01"}, []byte{9, 9, 9, 9}
	first, second := confirm(prepare(a)), confirm(prepare(other))
	if _, err := b.Execute(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if r, err := b.Execute(t.Context(), first); err != nil || !r.Repeated {
		t.Errorf("a second press: %+v, %v", r, err)
	}
	if _, err := b.Execute(t.Context(), second); err == nil {
		t.Error("a plan from before the first shot is a second one")
	}
	b.block(t)
	plan := prepare(other)
	if _, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now()); !errors.Is(err, contain.ErrRefused) || !strings.Contains(err.Error(), "run 1 of 1 times") {
		t.Errorf("after it: %v", err)
	}
	if _, err := b.Execute(t.Context(), second); !errors.Is(err, contain.ErrShots) && !errors.Is(err, contain.ErrStale) {
		t.Errorf("after it: %v", err)
	}
	if line := b.Board(t.Context(), ref(11), nil, []contain.Candidate{{Action: other}})[0]; line.State != ops.Dead || !strings.Contains(strings.Join(line.Why, "; "), "run 1 of 1 times") {
		t.Errorf("the board says %s: %v", line.State, line.Why)
	}
	if b.key.signed() != 1 {
		t.Errorf("%d were signed", b.key.signed())
	}
}

// A shot is spent for good: what an earlier process ran counts after a restart.
func TestAShotIsSpentOverARestart(t *testing.T) {
	entry := func(kind string, data any) contain.Entry {
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		return contain.Entry{Kind: kind, Data: raw, Time: time.Now().Add(-72 * time.Hour)}
	}
	for role, refused := range map[string]bool{"commander": true, contain.AutoRole: false} {
		action := pause(newKey(t))
		action.Shots = 1
		c := contain.New(contain.Config{Chain: &ledger{folder: t.TempDir()}, ChainID: testChain, Journal: &notes{}})
		err := c.Resume([]contain.Entry{
			entry(contain.KindIntent, contain.Intent{ID: "R1-0-1", Runbook: "R1", Step: "R1.1", Chain: testChain, Simulated: ref(7), By: ops.Operator{Name: "x", Role: role}}),
			entry(contain.KindSigned, contain.Signed{ID: "R1-0-1"}),
			entry(contain.KindMined, contain.Progress{ID: "R1-0-1", Block: ref(8)}),
			entry(contain.KindContained, contain.Progress{ID: "R1-0-1", Block: ref(9)}),
		}, func(ops.RunbookID, map[string]string) (contain.Action, error) { return action, nil })
		if err != nil {
			t.Fatal(err)
		}
		plan, err := c.Prepare(t.Context(), action, ref(10), nil)
		if err != nil || len(plan.View.Refusals) > 0 != refused {
			t.Errorf("%s: %v, %v", role, plan.View.Refusals, err)
		}
	}
}

// A run that failed although its pause is in effect has used the pause: the shot is
// spent, now and after a restart. One of which nothing took effect has not.
func TestAFailedRunThatTookEffectSpendsItsShot(t *testing.T) {
	for name, c := range map[string]struct {
		fails string // the step
		by    ops.Operator
		spent bool
	}{
		"the pause is in effect":  {"b", ada, true},
		"nothing is in effect":    {"a", ada, false},
		"a standing order has it": {"b", ops.Operator{Role: contain.AutoRole}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			a := tree(b, "a", "b")
			a.Shots = 1
			for i := range a.Steps {
				if a.Steps[i].ID == c.fails {
					a.Steps[i].Expect = is{ops.Breach, "never"}
				}
			}
			plan, err := b.Prepare(t.Context(), a, ref(10), nil)
			if err != nil {
				t.Fatal(err)
			}
			confirmed, err := contain.Confirm(plan, c.by, plan.View.Phrase, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Execute(t.Context(), confirmed); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				b.block(t)
			}
			if r := b.last(); r.Stage != ops.StageFailed {
				t.Fatalf("%s: %s", r.Stage, r.Why)
			}
			refused := func(when string) {
				t.Helper()
				plan, err := b.Prepare(t.Context(), a, ref(20), nil)
				if err != nil || strings.Contains(strings.Join(plan.View.Refusals, ";"), "run 1 of 1 times") != c.spent {
					t.Errorf("%s: %q, %v", when, plan.View.Refusals, err)
				}
			}
			refused("at once")
			b.Containment = contain.New(contain.Config{Chain: b.chain, ChainID: testChain, ChainName: "drill", Journal: b.notes})
			if err := b.Resume(b.notes.whole, func(ops.RunbookID, map[string]string) (contain.Action, error) { return a, nil }); err != nil {
				t.Fatal(err)
			}
			refused("after a restart")
		})
	}
}

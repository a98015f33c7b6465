package contain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// alternative is a tree whose first step may be left out for its second.
func alternative(b *bench, says ops.Verdict) contain.Action {
	a := tree(b, "a", "b")
	a.Steps[0].When, a.Steps[0].Otherwise, a.Steps[1].Instead = is{says, "in time"}, "b", true
	a.Steps[1].Expect, a.Needs = minedNonce{b.chain, 1}, []string{"a"}
	return a
}

// Containment that waits for a step waits for what is run in its place.
func TestWhatIsNeededMayBeMetByWhatStandsInForIt(t *testing.T) {
	for _, says := range []ops.Verdict{ops.OK, ops.Breach, ops.Unknown} {
		b := newBench(t)
		if _, err := b.run(t, alternative(b, says)); err != nil {
			t.Fatal(err)
		}
		b.block(t)
		b.block(t)
		if r := b.last(); r.Stage != ops.StageContained {
			t.Errorf("%s: %s after %s (%s)", says, r.Stage, b.stages(), r.Why)
		}
	}
}

// The board judges the step that would be run, and says which one would not be.
func TestTheBoardJudgesWhatStandsInForAStepThatIsLeftOut(t *testing.T) {
	b := newBench(t)
	line := func(a contain.Action) ops.Readiness {
		return b.Board(t.Context(), ref(10), nil, []contain.Candidate{{Action: a}})[0]
	}
	whole := line(alternative(b, ops.OK))
	if strings.Contains(strings.Join(whole.Why, "; "), "left out") || whole.Gas == 0 {
		t.Errorf("nothing is left out: %+v", whole)
	}
	late := alternative(b, ops.Breach)
	late.Steps[0].Takes, late.Steps[0].Within = is{ops.Breach, "delay() <= 10m"}, 10*time.Minute
	got := line(late)
	if got.State != ops.Impaired || !strings.Contains(strings.Join(got.Why, "; "), "a is left out: DEAD for now, delay() <= 10m does not hold") {
		t.Errorf("too late: %+v", got)
	}
	if got.Gas != whole.Gas {
		t.Errorf("one of two calls takes %d gas, and the other %d", got.Gas, whole.Gas)
	}
}

// switched is a condition that somebody turns.
type switched struct{ holds *bool }

func (switched) Source() string    { return "on() == true" }
func (switched) Reads() []ops.Read { return nil }
func (c switched) Judge(_, _ ops.Readings) ops.Assessment {
	if *c.holds {
		return ops.Assessment{Verdict: ops.OK, Observed: "true"}
	}
	return ops.Assessment{Verdict: ops.Breach, Observed: "false"}
}

// A step that held when the plan was made and is due when it is confirmed is sent
// first, under the nonce that the plan meant for another: none waits for the other.
func TestAStepThatComesDueAfterThePlanTakesItsNonce(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b")
	holds := true
	a.Steps[0].Expect = switched{&holds}
	plan, err := b.Prepare(t.Context(), a, ref(10), nil)
	if err != nil || plan.View.Step != "b" {
		t.Fatalf("the plan begins with %s (%v)", plan.View.Step, err)
	}
	confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	holds = false
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "a SENT, b WAITS")
	holds = true
	b.block(t)
	b.block(t)
	b.wants(t, "a IN EFFECT, b IN EFFECT")
	if n := b.chain.load().Nonce; n != 2 {
		t.Errorf("%d transactions were mined", n)
	}
}

// While it is not decided whether a step is run, what stands in for it is not given up,
// although it would wait for nothing.
func TestAParallelStandInWaitsForTheStepThatItReplaces(t *testing.T) {
	b := newBench(t)
	inTime := true
	a := tree(b, "z", "a", "b")
	a.Steps[1].When, a.Steps[1].Otherwise, a.Steps[2].Instead, a.Steps[2].Parallel = switched{&inTime}, "b", true, true
	a.Steps[2].Expect, a.Needs = minedNonce{b.chain, 2}, []string{"a"}
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	b.chain.fault = func(point string) error {
		if point == "account" {
			return errors.New("the provider is down")
		}
		return nil
	}
	b.block(t)
	b.wants(t, "z IN EFFECT, a WAITS, b WAITS")
	b.chain.fault, inTime = nil, false // by now it is too late for the first
	b.block(t)
	b.wants(t, "z IN EFFECT, a NOT RUN, b SENT")
	b.block(t)
	b.wants(t, "z IN EFFECT, a NOT RUN, b IN EFFECT")
}

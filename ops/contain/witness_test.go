package contain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// witness knows from a block on what became of what a step was to prevent.
type witness struct {
	from     uint64
	executed bool
}

func (w witness) Says(at ops.BlockRef, ours bool) (why string, known bool) {
	switch {
	case at.Number < w.from && !ours:
		return "", false
	case w.executed:
		return "it was EXECUTED", true
	}
	return "", true
}

// late knows nothing before it was asked so often.
type late struct {
	asked *int
	why   string
}

func (l late) Says(ops.BlockRef, bool) (why string, known bool) {
	*l.asked++
	return l.why, *l.asked > 2
}

// What left a queue was cancelled, or executed, and both read the same: nothing is in
// effect before somebody can tell them apart, and never if it was executed.
func TestAnEffectThatReadsTheSameWaitsForItsWitness(t *testing.T) {
	for why, ends := range map[string]ops.Stage{"": ops.StageContained, "it was EXECUTED at #9": ops.StageFailed} {
		for _, way := range []string{"keystore", "print"} {
			b := newBench(t)
			a, asked := by(way, b.key), 0
			a.Steps[0].Witness = late{&asked, why}
			_, ok := confirmed(t, b.Containment, a)
			if _, err := b.Execute(t.Context(), ok); err != nil {
				t.Fatal(err)
			}
			if way == "print" {
				b.chain.other()
			}
			for range 2 {
				if r := b.follow(t); r.Stage >= ops.StageInEffect || slices.Contains(b.notes.kinds, contain.KindInEffect) || !strings.Contains(r.Why+r.Steps[0].Why, "is not known yet") {
					t.Fatalf("%s: before anybody could tell: %+v", way, r)
				}
			}
			b.follow(t)
			r := b.follow(t)
			if r.Stage != ends || slices.Contains(b.notes.kinds, contain.KindInEffect) != (why == "") || !strings.Contains(r.Why+r.Steps[0].Why, why) {
				t.Errorf("%s, %q: %s: %q, %q", way, why, r.Stage, r.Why, r.Steps[0].Why)
			}
		}
	}
}

// A call that reverted where its effect reads so all the same is somebody else's, or
// nobody's: the witness is told.
func TestAWitnessIsToldOfARevert(t *testing.T) {
	b := newBench(t)
	b.Containment = contain.New(contain.Config{
		Chain: reverting{b.chain}, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil },
	})
	a := pause(b.key)
	a.Steps[0].Witness = ours{}
	_, ok := confirmed(t, b.Containment, a)
	if _, err := b.Execute(t.Context(), ok); err != nil {
		t.Fatal(err)
	}
	if r := b.follow(t); r.Stage != ops.StageFailed || !strings.Contains(r.Why, "somebody was first") {
		t.Errorf("%+v", r)
	}
}

type ours struct{}

func (ours) Says(_ ops.BlockRef, ours bool) (why string, known bool) {
	if ours {
		return "", true
	}
	return "somebody was first", true
}

// What holds already because it was executed is no effect of a later step.
func TestWhatHoldsBecauseItWasExecutedIsNotDone(t *testing.T) {
	b := newBench(t)
	a, asked := tree(b, "a", "b"), 2
	a.Steps[1].Witness = late{&asked, "it was EXECUTED at #9"}
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.block(t)
	if r := b.last(); slices.ContainsFunc(r.Steps, func(s ops.StepResult) bool { return s.Step == "b" && s.OK }) {
		t.Errorf("%+v", r)
	}
}

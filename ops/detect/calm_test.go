package detect_test

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// flapping judges a script of a detector that is calm only after some good blocks.
func flapping(wait, clear uint64, words ...ops.Assessment) []ops.Finding {
	i := detect.Invariant{ID: "A1", For: wait, Clear: clear, Condition: &script{words}}
	var s detect.State
	var out []ops.Finding
	for n := range words {
		s = i.Next(s, at(uint64(n)+1), nil, nil, nil)
		out = append(out, s.Finding)
	}
	return out
}

func TestABreachIsOverAfterEnoughGoodBlocks(t *testing.T) {
	for _, tt := range []struct {
		name        string
		wait, clear uint64
		words       []ops.Assessment
		want        string
	}{
		{"at once", 1, 0, []ops.Assessment{ok(1000), bad(1), ok(1000)}, "ok breach ok"},
		{"after three", 1, 3, []ops.Assessment{bad(1), ok(1000), ok(1000), ok(1000)}, "breach breach breach ok"},
		{"what breaks again begins to count anew", 1, 3, []ops.Assessment{bad(1), ok(1000), ok(1000), bad(2), ok(1000), ok(1000), ok(1000)}, "breach breach breach breach breach breach ok"},
		{"and needs no three blocks to be one", 3, 2, []ops.Assessment{ok(1000), bad(1), bad(1), bad(1), ok(1000), bad(1)}, "ok ok ok breach breach breach"},
		{"unknown neither advances nor resets", 1, 2, []ops.Assessment{bad(1), ok(1000), dark, ok(1000)}, "breach breach unknown ok"},
		{"what never broke is not held back", 1, 3, []ops.Assessment{ok(1000), dark, ok(1000)}, "ok unknown ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := verdicts(flapping(tt.wait, tt.clear, tt.words...)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	if f := flapping(1, 4, bad(1), ok(1000))[1]; f.Why != "holds again for 1 of 4 blocks" || f.Broke.Number != 1 {
		t.Errorf("it says %q, in breach since #%d", f.Why, f.Broke.Number)
	}
}

// A reorg takes back the good blocks that it drops.
func TestGoodBlocksThatAreDroppedDoNotCount(t *testing.T) {
	i := detect.Invariant{ID: "A1", For: 1, Clear: 2, Condition: &script{[]ops.Assessment{bad(1), ok(1000), ok(1000)}}}
	var s detect.State
	for _, n := range []uint64{1, 2, 2} {
		s = i.Next(s, at(n), nil, nil, nil)
	}
	if s.Finding.Verdict != ops.Breach {
		t.Errorf("one good block counted twice: %s", s.Finding.Verdict)
	}
}

// clause is a part of a detector that says the same at every block.
func clause(name string, says ops.Assessment) detect.Clause {
	return detect.Clause{Name: name, Condition: &script{[]ops.Assessment{says}}, Unit: detect.Unit{Symbol: name}}
}

func TestAClauseThatBreaksDecides(t *testing.T) {
	for _, tt := range []struct {
		name    string
		clauses detect.Clauses
		verdict ops.Verdict
		why     string
		shown   string
	}{
		{"all hold", detect.Clauses{clause("ratio", ok(1000)), clause("outflow", ok(2000))}, ops.OK, "", "1,000 ratio"},
		{"the first that broke is shown", detect.Clauses{clause("ratio", ok(1000)), clause("outflow", bad(7)), clause("share", bad(8))}, ops.Breach, "outflow; share", "7 outflow"},
		{"one that is not known hides no breach", detect.Clauses{clause("ratio", dark), clause("outflow", bad(7))}, ops.Breach, "outflow; not known: ratio: it was not answered", "7 outflow"},
		{"one that is not known is never green", detect.Clauses{clause("ratio", ok(1000)), clause("outflow", dark)}, ops.Unknown, "outflow: it was not answered", ""},
		{"nothing to judge is not green either", detect.Clauses{}, ops.Unknown, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := detect.Invariant{For: 1, Condition: tt.clauses, Units: tt.clauses.Units()}
			f := i.Next(i.Start(), at(1), nil, nil, nil).Finding
			if f.Verdict != tt.verdict || f.Why != tt.why || f.Observed.Shown != tt.shown {
				t.Errorf("%s %q %q", f.Verdict, f.Why, f.Observed.Shown)
			}
		})
	}
}

// Where another clause breaks than before, the trend is not told as if it were one value.
func TestATrendIsOfOneClause(t *testing.T) {
	first, second := &script{[]ops.Assessment{bad(1), ok(1000)}}, &script{[]ops.Assessment{ok(2000), bad(900)}}
	clauses := detect.Clauses{{Name: "a", Condition: first}, {Name: "b", Condition: second}}
	i := detect.Invariant{For: 1, Condition: clauses, Units: clauses.Units()}
	s := i.Next(i.Start(), at(1), nil, nil, nil)
	s = i.Next(s, at(2), nil, nil, nil)
	if s.Finding.Why != "b" || s.Opened != "900" || strings.Contains(s.Finding.Trend, "899") {
		t.Errorf("%q, opened at %s, %q", s.Finding.Why, s.Opened, s.Finding.Trend)
	}
}

// A reorg that takes back the block in which a breach was over takes that back too.
func TestTheEndOfABreachIsTakenBack(t *testing.T) {
	i := detect.Invariant{ID: "A1", For: 1, Clear: 3, Condition: &script{[]ops.Assessment{bad(1), ok(1000), ok(1000), ok(1000), ok(1000), ok(1000)}}}
	var s detect.State
	var got []ops.Verdict
	for _, n := range []uint64{1, 2, 3, 4, 3, 4} {
		s = i.Next(s, at(n), nil, nil, nil)
		got = append(got, s.Finding.Verdict)
	}
	if got[3] != ops.OK || got[4] != ops.Breach || got[5] != ops.OK {
		t.Errorf("%v", got)
	}
}

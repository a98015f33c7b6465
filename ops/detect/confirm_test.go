package detect_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// After blocks that could not be judged, what is said is not of so many blocks ago
// but of before the gap, however long it was.
func TestConfirmationsCountBlocksAndNotFindings(t *testing.T) {
	i := detect.Invariant{ID: "A1", Confirmed: 2, Condition: &script{[]ops.Assessment{ok(1), ok(2), ok(3), bad(9), bad(9)}}}
	s := i.Start()
	for n := uint64(1); n <= 3; n++ {
		s = i.Next(s, at(n), nil, nil, nil)
	}
	for n := uint64(1000); n <= 1001; n++ { // 996 blocks were missed, and it is out of bounds since
		s = i.Next(s, at(n), nil, nil, nil)
		if f := s.Finding; f.Verdict == ops.OK {
			t.Errorf("at #%d, with 2 confirmations, it is %s by #%d", n, f.Verdict, f.At.Number)
		}
	}
}

// A reorg of two blocks is not deeper than two confirmations: what was said stands.
func TestAReorgOfTheConfirmedDepthTakesNothingBack(t *testing.T) {
	i := detect.Invariant{ID: "A1", Confirmed: 2, Condition: &script{[]ops.Assessment{bad(1), bad(2), bad(3), bad(4), bad(5)}}}
	s := i.Start()
	for n := uint64(1); n <= 3; n++ {
		s = i.Next(s, at(n), nil, nil, nil)
	}
	if s.Finding.Verdict != ops.Breach {
		t.Fatal(s.Finding.Verdict)
	}
	other := at(2)
	other.Hash = common.Hash{2, 2}
	if s = i.Next(s, other, nil, nil, nil); s.Finding.Verdict != ops.Breach {
		t.Errorf("the breach of #1 was confirmed by two blocks; after a reorg of two it is %s: %s", s.Finding.Verdict, s.Finding.Why)
	}
}

// What a restarted console knows of a breach (Broke) must outlive the first blocks.
func TestABreachOfAnEarlierProcessIsNotForgottenWhileUnknown(t *testing.T) {
	for confirmed, name := range map[uint64]string{0: "at once", 2: "confirmed"} {
		i := detect.Invariant{ID: "A1", Confirmed: confirmed, Condition: &script{[]ops.Assessment{dark, dark, dark, dark}}}
		s := i.Start()
		s.Finding.Broke = at(5)
		for n := uint64(10); n <= 13; n++ {
			s = i.Next(s, at(n), nil, nil, nil)
		}
		if s.Finding.Verdict == ops.Unknown && s.Finding.Broke.Zero() {
			t.Errorf("%s: never known since, and no longer in breach", name)
		}
	}
}

// reading is a condition that is judged by one read.
type reading struct{ script }

var asked = ops.Read{Kind: ops.ReadBalance, Name: "balance"}

func (*reading) Reads() []ops.Read { return []ops.Read{asked} }

// Up to 256 findings wait, and a block's answers hold its transactions: whoever waits keeps
// what it was judged by, and not all that was asked.
func TestWhatWaitsForConfirmationKeepsItsOwnAnswers(t *testing.T) {
	i := detect.Invariant{ID: "A1", Confirmed: 1, Condition: &reading{script{[]ops.Assessment{ok(1), ok(2)}}}}
	s := i.Start()
	for n := uint64(1); n <= 2; n++ {
		now := ops.Readings{asked: {Read: asked, Status: ops.ReadOK, At: at(n)}}
		for other := range byte(100) {
			r := ops.Read{To: common.Address{other}}
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK}
		}
		s = i.Next(s, at(n), now, nil, nil)
		if len(now) != 101 {
			t.Fatalf("of the block's answers %d are left", len(now))
		}
	}
	f := s.Finding
	if f.At.Number != 1 || len(f.Answers) != 1 || len(f.Evidence()) != 1 || f.Evidence()[0].At.Number != 1 {
		t.Errorf("#%d holds %d answers, of them its own %v", f.At.Number, len(f.Answers), f.Evidence())
	}
}

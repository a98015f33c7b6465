package contain_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// rewritten follows blocks that take the place of all those from #11 on: nothing is
// mined there, and it does not hold.
func (b *bench) rewritten(t *testing.T, c *contain.Containment, through uint64) {
	t.Helper()
	books := b.chain.load()
	books.Mined, books.Nonce, books.Head = map[string]uint64{}, 0, 10
	b.chain.store(books)
	parent := ref(10)
	for n := uint64(11); n <= through; n++ {
		at := ref(n)
		at.Hash[0] ^= 1
		at.Parent, parent = parent.Hash, at
		follow(c, at, ops.Readings{pausedRead: word(false)})
	}
}

// A reorg that is deeper than the blocks for which it has held takes CONTAINED back: the
// same bytes are sent again, and it has to hold anew.
func TestAReorgTakesContainedBack(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained {
		t.Fatal(r.Stage)
	}
	b.rewritten(t, b.Containment, 12)
	if r := b.last(); r.Stage != ops.StageSent || !r.Contained.IsZero() || len(b.chain.load().Pool) != 1 || b.key.signed() != 1 {
		t.Fatalf("%s, %d in the pool, %d signed", r.Stage, len(b.chain.load().Pool), b.key.signed())
	}
	if n := b.notes.count(contain.KindReopened); n != 1 {
		t.Errorf("the journal says it %d times", n)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained {
		t.Errorf("mined and held again: %s %s", r.Stage, r.Why)
	}
}

// What was taken back is followed after a restart too, and its bytes are sent again.
func TestWhatAReorgTookBackIsResumed(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	b.follow(t)
	b.rewritten(t, b.Containment, 11) // killed before anything was sent again
	again := contain.New(contain.Config{Chain: b.chain, ChainID: testChain, Journal: b.notes})
	if err := again.Resume(b.notes.whole, func(ops.RunbookID, map[string]string) (contain.Action, error) { return pause(b.key), nil }); err != nil {
		t.Fatal(err)
	}
	follow(again, ref(12), nil)
	if r := again.Receipts(); len(r) != 1 || r[0].Stage != ops.StageSent || len(b.chain.load().Pool) != 1 || b.key.signed() != 1 {
		t.Errorf("%+v, %d in the pool, %d signed", r, len(b.chain.load().Pool), b.key.signed())
	}
}

// What an earlier process contained is looked at again by the next: a reorg may have taken
// its block while nobody looked. What lies deeper than any reorg is not asked for.
func TestAReorgAcrossARestartTakesContainedBack(t *testing.T) {
	for name, c := range map[string]struct {
		head     uint64 // at which the next process begins
		rewrites bool
		want     ops.Stage
		asks     bool
	}{
		"it was dropped":   {12, true, ops.StageSent, true},
		"it stands":        {13, false, ops.StageContained, true},
		"it lies too deep": {600, true, ops.StageContained, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
				t.Fatal(err)
			}
			b.follow(t)
			if r := b.follow(t); r.Stage != ops.StageContained {
				t.Fatal(r.Stage)
			}
			if c.rewrites {
				books := b.chain.load()
				books.Mined, books.Nonce = map[string]uint64{}, 0
				b.chain.store(books)
			}
			b.Containment = contain.New(contain.Config{Chain: b.chain, ChainID: testChain, Journal: b.notes})
			if err := b.Resume(b.notes.whole, func(ops.RunbookID, map[string]string) (contain.Action, error) { return pause(b.key), nil }); err != nil {
				t.Fatal(err)
			}
			asked := 0
			b.chain.fault = func(point string) error {
				if point == "inclusion" {
					asked++
				}
				return nil
			}
			follow(b.Containment, ref(c.head), ops.Readings{pausedRead: word(true)})
			if r := b.last(); r.Stage != c.want || asked > 0 != c.asks {
				t.Fatalf("%s after %d questions: %s", r.Stage, asked, r.Why)
			}
			if c.want != ops.StageSent {
				return
			}
			b.follow(t) // the same bytes again
			b.follow(t)
			if r := b.follow(t); r.Stage != ops.StageContained || b.key.signed() != 1 || b.notes.count(contain.KindReopened) != 1 {
				t.Errorf("%s, %d signed: %s", r.Stage, b.key.signed(), r.Why)
			}
			for n := range uint64(10) {
				follow(b.Containment, ref(20+n), nil)
			}
			before := asked
			for n := range uint64(10) {
				follow(b.Containment, ref(30+n), nil)
			}
			if asked != before {
				t.Errorf("asked %d times more, long after it", asked-before)
			}
		})
	}
}

// Heads that follow each other, and a node that says again what it said, take nothing
// back.
func TestContainedStandsWhileTheChainDoes(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	b.follow(t)
	gap := ref(40)
	follow(b.Containment, gap, nil) // blocks that were never seen
	if r := b.last(); r.Stage != ops.StageContained || b.notes.count(contain.KindReopened) != 0 {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

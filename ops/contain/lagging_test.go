package contain_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// lagging is a pool one of whose providers is a block ahead: Account comes from that
// one, and a quorum of the others has no receipt yet.
type lagging struct {
	*ledger
	behind bool
}

func (l *lagging) Inclusion(ctx context.Context, hash common.Hash) (*ops.Inclusion, error) {
	if l.behind {
		return nil, nil
	}
	return l.ledger.Inclusion(ctx, hash)
}

// A transaction that is mined is not given up because those who are asked for its
// receipt are a block behind the one that is asked for the nonce.
func TestAMinedTransactionIsNotLostToALaggingQuorum(t *testing.T) {
	b := newBench(t)
	l := &lagging{ledger: b.chain, behind: true}
	b.Containment = contain.New(contain.Config{Chain: l, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil }})
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t) // mined at #11, and the quorum does not know it yet
	l.behind = false
	b.follow(t)
	if r := b.follow(t); r.Stage == ops.StageFailed {
		t.Errorf("the pause is mined and in effect, and for ever said to have %s: %s", r.Stage, r.Why)
	}
}

// A backlog of old blocks, and a head that is followed twice, are no blocks at which a
// receipt was missing: whoever is asked answers of now, and may be behind.
func TestNothingIsGivenUpOrReplacedInABacklog(t *testing.T) {
	b := newBench(t)
	l := &lagging{ledger: b.chain, behind: true}
	b.Containment = contain.New(contain.Config{Chain: l, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil }})
	a := pause(b.key)
	a.Blocks = 50
	confirmed, _ := b.confirm(t, a)
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(20) { // it waits in the pool all the while
		b.CatchUp(t.Context(), ref(11+n), nil, nil)
		b.Wait()
	}
	if b.key.signed() != 1 {
		t.Errorf("%d were signed in a backlog", b.key.signed())
	}
	b.chain.mine()
	for n := range uint64(20) {
		b.CatchUp(t.Context(), ref(31+n), nil, nil)
		b.Wait()
	}
	for range 20 {
		follow(b.Containment, ref(51), nil)
	}
	if r := b.last(); r.Stage == ops.StageFailed {
		t.Fatalf("given up: %s", r.Why)
	}
	follow(b.Containment, ref(52), nil)
	l.behind = false
	follow(b.Containment, ref(53), nil)
	if r := b.last(); r.Stage != ops.StageInEffect {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

// What a node refuses while a backlog is judged is refused once, and not for as many
// blocks; a relay has its blocks to itself for as many heads.
func TestABacklogCountsNoRefusal(t *testing.T) {
	b := newBench(t)
	b.chain.fault = func(point string) error {
		if point == "before-send" {
			return errors.New("max fee per gas less than block base fee")
		}
		return nil
	}
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(60) {
		b.CatchUp(t.Context(), ref(11+n), nil, nil)
		b.Wait()
	}
	if r := b.last(); r.Stage != ops.StageSigned {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
	r := &relay{}
	hidden := through(t, r)
	if _, err := hidden.Execute(t.Context(), hidden.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(10) {
		hidden.CatchUp(t.Context(), ref(11+n), nil, nil)
		hidden.Wait()
	}
	if hidden.pooled() != 0 {
		t.Error("everybody has it, and no new block came")
	}
}

// A nonce in a gap must be taken again, or nothing of this account is ever mined.
func TestAHoleInTheNoncesIsFilled(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil { // nonce 0
		t.Fatal(err)
	}
	second, _ := b.confirm(t, cancel(b.key)) // nonce 1
	if _, err := b.Execute(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	books := b.chain.load()
	for hash, nonce := range books.Pool { // the pool drops the first, and takes it no more
		if nonce == 0 {
			delete(books.Pool, hash)
		}
	}
	b.chain.store(books)
	b.chain.fault = func(point string) error {
		if point == "before-send" {
			return errors.New("replacement transaction underpriced")
		}
		return nil
	}
	for range 25 {
		b.follow(t)
	}
	b.chain.fault = nil
	if r := b.Receipts()[0]; r.Stage != ops.StageFailed {
		t.Fatalf("%+v", r)
	}
	for range 40 { // the second waits behind the hole, and is never given up
		b.follow(t)
	}
	if _, view := b.confirm(t, pause(b.key)); view.Nonce != 0 {
		t.Errorf("nonce 0 is free (%q), and the key pressed again takes nonce %d, which nothing can mine", b.Receipts()[0].Why, view.Nonce)
	}
}

// Blocks for which contained_when held and that a reorg dropped do not count, and
// those in their place do.
func TestABreachInAReorgedBlockStartsTheCountAnew(t *testing.T) {
	b := newBench(t)
	a := pause(b.key)
	a.Blocks = 3
	confirmed, _ := b.confirm(t, a)
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	b.follow(t) // #11: mined, holds
	b.follow(t) // #12: holds
	other := ref(12)
	other.Hash = common.Hash{12, 12}
	follow(b.Containment, other, ops.Readings{pausedRead: word(false)}) // another #12: it does not hold
	if r := b.last(); r.HeldBlocks != 0 {
		t.Errorf("after the other #12, where it does not hold, it has held for %d blocks", r.HeldBlocks)
	}
	if r := b.follow(t); r.Stage == ops.StageContained { // #13
		t.Errorf("%s at #13, one block after a block in which it did not hold", r.Stage)
	}
}

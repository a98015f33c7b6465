package contain_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// relay takes what it is sent, and includes it only if it is told to.
type relay struct {
	*ledger
	includes bool
	refuses  error
	got      int
	kill     *executioner
}

func (r *relay) Name() string { return "relay" }

func (r *relay) Send(ctx context.Context, raw []byte) error {
	r.got++
	if r.kill != nil {
		defer func() { _ = r.kill.at("relayed") }()
	}
	switch {
	case r.refuses != nil:
		return r.refuses
	case r.includes:
		return r.ledger.Send(ctx, raw)
	}
	return nil
}

// through is a bench that sends through a relay first, for two blocks.
func through(t *testing.T, r *relay) *bench {
	t.Helper()
	b := newBench(t)
	r.ledger = &ledger{folder: b.chain.folder}
	b.Containment = contain.New(contain.Config{
		Chain: b.chain, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil }, Relay: r, PublicAfter: 2,
	})
	return b
}

func (b *bench) pooled() int { return len(b.chain.load().Pool) }

// A relay that accepts and never includes costs two blocks: then everybody gets the
// same bytes.
func TestARelayThatNeverIncludesIsGoneAround(t *testing.T) {
	r := &relay{}
	b := through(t, r)
	plan := b.plan(t)
	if plan.View.Relay != "relay alone, everybody after 2 blocks" {
		t.Errorf("the plan says %q", plan.View.Relay)
	}
	receipt, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || receipt.Stage != ops.StageSent || r.got != 1 || b.pooled() != 0 {
		t.Fatalf("%v, %s: %d to the relay, %d public", err, receipt.Stage, r.got, b.pooled())
	}
	if at := b.follow(t); at.Stage != ops.StageSent || b.pooled() != 0 {
		t.Fatalf("after one block: %s, %d public", at.Stage, b.pooled())
	}
	if at := b.follow(t); b.pooled() != 1 || !strings.Contains(at.Why, "relay did not include it in 2 blocks") {
		t.Fatalf("after two blocks: %d public, %q", b.pooled(), at.Why)
	}
	if at := b.follow(t); at.Stage != ops.StageInEffect || at.Tx != receipt.Tx || r.got != 1 {
		t.Errorf("%s by %s, %d to the relay: not the same bytes once", at.Stage, at.Tx, r.got)
	}
	if signed := b.notes.count(contain.KindSigned); signed != 1 {
		t.Errorf("%d signatures", signed)
	}
}

func TestARelayThatIncludesIsEnough(t *testing.T) {
	b := through(t, &relay{includes: true})
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	if at := b.follow(t); at.Stage != ops.StageInEffect {
		t.Errorf("%s: %s", at.Stage, at.Why)
	}
}

// A relay that refuses costs nothing but its answer.
func TestARelayThatRefusesIsGoneAroundAtOnce(t *testing.T) {
	b := through(t, &relay{refuses: errors.New("429 too many requests")})
	receipt, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || receipt.Stage != ops.StageSent || b.pooled() != 1 || !strings.Contains(receipt.Why, "429") {
		t.Fatalf("%v, %s %q: %d public", err, receipt.Stage, receipt.Why, b.pooled())
	}
	if at := b.follow(t); at.Stage != ops.StageInEffect {
		t.Errorf("%s: %s", at.Stage, at.Why)
	}
}

// What an earlier process signed has lost time enough: everybody gets it.
func TestWhatIsResumedIsNotHidden(t *testing.T) {
	b := through(t, &relay{})
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	again := through(t, &relay{})
	again.chain, again.Chain = b.chain, b.chain
	if err := again.Resume(b.notes.whole, func(ops.RunbookID, map[string]string) (contain.Action, error) { return pause(b.key), nil }); err != nil {
		t.Fatal(err)
	}
	again.follow(t)
	if again.pooled() != 1 {
		t.Errorf("%d public", again.pooled())
	}
}

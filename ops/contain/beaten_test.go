package contain_test

import (
	"context"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// reverting is a ledger on which every transaction reverts.
type reverting struct{ *ledger }

func (r reverting) Inclusion(ctx context.Context, hash common.Hash) (*ops.Inclusion, error) {
	in, err := r.ledger.Inclusion(ctx, hash)
	if in != nil {
		in.OK = false
	}
	return in, err
}

// Two guardians press the same key: the second's call reverts, for the first's took
// effect. What it should bring about holds, and what follows is run.
func TestACallThatRevertsBecauseSomebodyWasFirstIsInEffect(t *testing.T) {
	b := newBench(t)
	b.Containment = contain.New(contain.Config{
		Chain: reverting{b.chain}, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil },
	})
	if _, err := b.run(t, tree(b, "a", "b")); err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.wants(t, "a IN EFFECT, b SENT")
	if r := b.last(); !strings.Contains(r.Steps[0].Why, "somebody else was first") {
		t.Errorf("%+v", r.Steps[0])
	}
}

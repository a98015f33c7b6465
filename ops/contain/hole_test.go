package contain_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// picky is a ledger that takes nothing with nonce 0.
type picky struct{ *ledger }

func (p picky) Send(ctx context.Context, raw []byte) error {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		return err
	}
	if tx.Nonce() == 0 {
		return errors.New("transaction underpriced")
	}
	return p.ledger.Send(ctx, raw)
}

// What waits behind a nonce that was given up is not paid more for, which would change
// nothing: what would is said.
func TestWhatWaitsBehindAHoleSaysSo(t *testing.T) {
	b := newBench(t)
	b.Containment = contain.New(contain.Config{Chain: picky{b.chain}, ChainID: testChain, Journal: b.notes})
	for _, a := range []contain.Action{pause(b.key), cancel(b.key)} {
		ok, _ := b.confirm(t, a)
		if _, err := b.Execute(t.Context(), ok); err != nil {
			t.Fatal(err)
		}
	}
	for b.Receipts()[0].Stage != ops.StageFailed {
		b.follow(t)
	}
	signed := b.key.signed()
	for range 10 {
		b.follow(t)
	}
	if r := b.last(); r.Stage != ops.StageSent || !strings.Contains(r.Why, "nonce 0 comes before it and is free") || b.key.signed() != signed {
		t.Errorf("%s %s, %d signed anew", r.Stage, r.Why, b.key.signed()-signed)
	}
}

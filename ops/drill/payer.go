package drill

import (
	"context"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

var payerRole = crypto.Keccak256Hash([]byte("PAYER_ROLE"))

// payer has the treasurer's key make the attacker a payer one block before she
// pays herself the first time.
type payer struct{ robbery }

func newPayer(a attack) plot { return payer{robbery{a}} }

func (p payer) prelude(b *batch, step uint64) string {
	if step+1 != p.begins {
		return ""
	}
	b.send(Treasurer, estate.Treasury, contracts.Treasury().Call("grantRole", payerRole, Address(Mallory)))
	return EventGranted
}

func (p payer) harm(b *batch, step uint64) {
	for _, amount := range p.withdrawals(step) {
		b.send(Mallory, estate.Treasury, contracts.Treasury().Call("pay", Address(Mallory), amount))
	}
}

func (payer) toll(ctx context.Context, r reader, _ uint64) (*big.Int, bool, error) {
	lost, err := r.number(ctx, estate.Treasury, contracts.Treasury(), "paidBy", Address(Mallory))
	if err != nil {
		return nil, false, err
	}
	payers, err := r.number(ctx, estate.Treasury, contracts.Treasury(), "getRoleMemberCount", payerRole)
	if err != nil {
		return nil, false, err
	}
	return lost, payers.Cmp(big.NewInt(1)) > 0, nil
}

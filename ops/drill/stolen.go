package drill

import (
	"context"
	"math/big"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// stolenKey spends from the till with the operations wallet's own key.
type stolenKey struct{ robbery }

func newStolenKey(a attack) plot { return stolenKey{robbery{a}} }

// float is what the wallet may spend in the time of one scenario, in dUSD, before
// it is a breach: F1's bound for 10 minutes, and a scenario is shorter.
const float = 20

func (p stolenKey) harm(b *batch, step uint64) {
	for _, amount := range p.withdrawals(step) {
		b.send(Operations, estate.Till, contracts.Till().Call("spend", Address(Mallory), amount))
	}
}

func (stolenKey) toll(ctx context.Context, r reader, _ uint64) (*big.Int, bool, error) {
	lost, err := r.number(ctx, estate.Till, contracts.Till(), "sentTo", Address(Mallory))
	if err != nil {
		return nil, false, err
	}
	return lost, lost.Cmp(units(float)) > 0, nil
}

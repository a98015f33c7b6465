package drill

import (
	"context"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// unbacked releases on the bridge with the empty root, for which nothing was locked.
type unbacked struct{ robbery }

func newUnbacked(a attack) plot { return unbacked{robbery{a}} }

func (p unbacked) harm(b *batch, step uint64) {
	for _, amount := range p.withdrawals(step) {
		b.send(Mallory, estate.Bridge, contracts.Bridge().Call("release", big.NewInt(lane), Address(Mallory), amount, common.Hash{}))
	}
}

func (unbacked) toll(ctx context.Context, r reader, _ uint64) (*big.Int, bool, error) {
	released, err := r.number(ctx, estate.Bridge, contracts.Bridge(), "released", big.NewInt(lane))
	if err != nil {
		return nil, false, err
	}
	locked, err := r.number(ctx, estate.Bridge, contracts.Bridge(), "locked", big.NewInt(lane))
	if err != nil {
		return nil, false, err
	}
	lost := new(big.Int).Sub(released, locked)
	return lost, lost.Sign() > 0, nil
}

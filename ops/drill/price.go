package drill

import (
	"context"
	"math/big"

	"github.com/ethereum/go-ethereum/common/math"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// bentPrice sells as many dUSD into the thin pool as it holds. Twice the dUSD beside
// half the ether quadruple its price, and the router takes it.
type bentPrice struct{ robbery }

func newBentPrice(a attack) plot { return bentPrice{robbery{a}} }

// gain is what the bent price pays beyond the reference, in dUSD for one ether:
// 4 × 2,000 - 2,000.
const gain = 6000

func (p bentPrice) prelude(b *batch, step uint64) string {
	if step != p.begins {
		return ""
	}
	b.send(Mallory, world.Token, contracts.Token().Call("approve", estate.Thin, math.MaxBig256))
	b.send(Mallory, estate.Thin, contracts.Pool().Call("sell", units(thinDUSD)))
	return ""
}

// harm swaps the ether for which the bent price pays an amount of the attack too
// much.
func (p bentPrice) harm(b *batch, step uint64) {
	for _, amount := range p.withdrawals(step) {
		b.pay(Mallory, estate.Router, contracts.Router().Call("swap", big.NewInt(thin)), swapped(amount))
	}
}

// swapped is the ether, in wei, that gains an amount; what does not divide is left.
func swapped(amount *big.Int) *big.Int { return new(big.Int).Quo(amount, big.NewInt(gain)) }

func (p bentPrice) planned() *big.Int {
	sum := new(big.Int)
	for _, block := range p.takes {
		for _, amount := range block {
			sum.Add(sum, new(big.Int).Mul(swapped(amount), big.NewInt(gain)))
		}
	}
	return sum
}

// toll is what the router overpaid; broken is a price more than 2 % off.
func (bentPrice) toll(ctx context.Context, r reader, _ uint64) (*big.Int, bool, error) {
	lost, err := r.number(ctx, estate.Router, contracts.Router(), "overpaid")
	if err != nil {
		return nil, false, err
	}
	off, err := r.number(ctx, estate.Router, contracts.Router(), "deviation", big.NewInt(thin))
	if err != nil {
		return nil, false, err
	}
	return lost, off.Cmp(big.NewInt(200)) > 0, nil
}

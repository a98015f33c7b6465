package drill

import (
	"context"
	"math/big"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// stuck has somebody poke the savings, after which every withdrawal reverts. The
// harm is honest: savers ask for what the attack would take, one after the other.
type stuck struct{ attack }

func newStuck(a attack) plot { return stuck{a} }

func (p stuck) prelude(b *batch, step uint64) string {
	if step == p.begins {
		b.send(Payroll, estate.Savings, contracts.SavingsV2().Call("poke"))
	}
	return ""
}

func (p stuck) harm(b *batch, step uint64) {
	for i, amount := range p.withdrawals(step) {
		saver := Account((int(step) + i) % accounts)
		b.send(saver, estate.Savings, contracts.Savings().Call("takeOut", amount))
	}
}

// foiled: a withdrawal that is paid does no harm.
func (stuck) foiled(success bool) bool { return success }

// asked is what savers have asked for up to a step.
func (p stuck) asked(step uint64) *big.Int {
	sum := new(big.Int)
	for s := p.begins; s <= min(step, p.last()); s++ {
		for _, amount := range p.withdrawals(s) {
			sum.Add(sum, amount)
		}
	}
	return sum
}

func (p stuck) toll(ctx context.Context, r reader, step uint64) (*big.Int, bool, error) {
	paid, err := r.number(ctx, estate.Savings, contracts.Savings(), "paidOut")
	if err != nil {
		return nil, false, err
	}
	lost := new(big.Int).Sub(p.asked(step), paid)
	return lost, lost.Sign() > 0, nil
}

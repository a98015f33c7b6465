package drill

import (
	"context"
	"math/big"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// insolvency drains the vault through V2's rounding. Some blocks before, the phished
// proposer queues an operation that nobody approved.
type insolvency struct{ robbery }

func newInsolvency(a attack) plot { return insolvency{robbery{a}} }

func (p insolvency) prelude(b *batch, step uint64) string {
	if step != p.queues {
		return ""
	}
	b.send(Proposer, world.Timelock, rogue().schedule())
	return EventQueued
}

func (p insolvency) harm(b *batch, step uint64) {
	for _, assets := range p.withdrawals(step) {
		b.send(Mallory, world.Vault, withdraw(Mallory, assets))
	}
}

// toll is totalSupply - totalAssets; broken is totalAssets*1000 < totalSupply*999.
func (insolvency) toll(ctx context.Context, r reader, _ uint64) (*big.Int, bool, error) {
	assets, err := r.number(ctx, world.Vault, contracts.Vault(), "totalAssets")
	if err != nil {
		return nil, false, err
	}
	supply, err := r.number(ctx, world.Vault, contracts.Vault(), "totalSupply")
	if err != nil {
		return nil, false, err
	}
	bound := new(big.Int).Mul(supply, big.NewInt(999))
	return new(big.Int).Sub(supply, assets), new(big.Int).Mul(assets, big.NewInt(1000)).Cmp(bound) < 0, nil
}

// unapproved only queues the operation: what it would do is 48 hours away.
type unapproved struct{ insolvency }

func newUnapproved(a attack) plot { return unapproved{insolvency{robbery{a}}} }

func (unapproved) harm(*batch, uint64) {}
func (unapproved) planned() *big.Int   { return new(big.Int) }

// patience is for how many blocks the operation may stand before the drill is over.
const patience = 20

func (p unapproved) last() uint64 { return p.queues + patience }

func (unapproved) toll(ctx context.Context, r reader, _ uint64) (*big.Int, bool, error) {
	state, err := r.number(ctx, world.Timelock, contracts.Timelock(), "getOperationState", rogue().id())
	if err != nil {
		return nil, false, err
	}
	return new(big.Int), state.Sign() != 0, nil
}

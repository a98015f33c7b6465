package contain

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	gasHeadroom = 4       // a limit fixed at signing must survive a fork that reprices
	leastGas    = 100_000 // below this a limit saves nothing
	feeHeadroom = 10      // times today's base fee: it may spike while the pause waits
)

// priced is a transaction with what is to be said of its price.
type priced struct {
	tx       *types.Transaction
	cost     *big.Int // at most, in wei
	warnings []string
}

// price makes the transaction: nonce, fees and gas limit. An account that cannot
// pay the usual headroom pays what it can.
func (c *Containment) price(ctx context.Context, s Step, lane int, o outer, gas uint64, at ops.BlockRef) (priced, error) {
	l := s.Lanes[lane]
	if o.dead != nil {
		return priced{}, o.dead
	}
	account, err := c.Chain.Account(ctx, l.From)
	if err != nil {
		return priced{}, err
	}
	if _, ladder := l.Signer.(Presigned); ladder {
		return c.priceRung(l, s, account, gas, at)
	}
	if !o.whole && gas > 0 {
		gas += safeGas
	}
	var out priced
	nonce := c.free(l.From, account.Nonce)
	gas = max(gas*gasHeadroom, leastGas)
	tip := honest(account)
	limit := new(big.Int).Add(new(big.Int).Mul(account.BaseFee, big.NewInt(feeHeadroom)), tip)
	if l.MaxFee != nil && limit.Cmp(l.MaxFee) > 0 {
		limit = l.MaxFee
		if limit.Cmp(account.BaseFee) < 0 {
			out.warnings = append(out.warnings, fmt.Sprintf("the lane pays at most %s gwei a gas, and today's base fee is %s: it will not be mined", gwei(limit), gwei(account.BaseFee)))
		}
	}
	out.cost = new(big.Int).Mul(limit, new(big.Int).SetUint64(gas))
	if out.cost.Cmp(account.Balance) > 0 {
		limit = new(big.Int).Quo(account.Balance, new(big.Int).SetUint64(gas))
		out.cost = new(big.Int).Mul(limit, new(big.Int).SetUint64(gas))
		out.warnings = append(out.warnings, fmt.Sprintf("the account holds %s: it pays at most %s gwei a gas", Ether(account.Balance), gwei(limit)))
		if limit.Cmp(account.BaseFee) < 0 {
			out.warnings = append(out.warnings, "that is less than today's base fee: it will not be mined")
		}
	}
	if tip.Cmp(limit) > 0 {
		tip = limit
	}
	if account.Pending > account.Nonce {
		out.warnings = append(out.warnings, fmt.Sprintf("%d transactions of this account wait in the pool: this one replaces the first or loses to it", account.Pending-account.Nonce))
	}
	out.tx = types.NewTx(&types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(uint64(c.ChainID)), Nonce: nonce, GasTipCap: tip, GasFeeCap: limit, Gas: gas,
		To: &o.to, Value: o.value, Data: o.data,
	})
	return out, nil
}

// free is the first nonce, from the account's own on, that no action of this console
// holds: one that is on its way must not be replaced by the next, and a hole before
// it must be filled, or it waits for ever.
func (c *Containment) free(from common.Address, nonce uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := map[uint64]bool{}
	for _, r := range c.runs {
		for _, p := range r.steps {
			if f := p.flight; f != nil && !f.waits() && f.open() && f.lane.From == from {
				taken[f.nonce] = true
			}
		}
	}
	for taken[nonce] {
		nonce++
	}
	return nonce
}

// honest bounds the tip that a provider suggests: a lying one must not make the
// lane burn what it needs for the next step.
func honest(a ops.Account) *big.Int {
	most := new(big.Int).Add(new(big.Int).Mul(a.BaseFee, big.NewInt(feeHeadroom)), big.NewInt(5e9))
	if a.Tip.Cmp(most) > 0 {
		return most
	}
	return a.Tip
}

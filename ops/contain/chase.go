package contain

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	// goneAfter is at how many heads in a row a receipt must be absent, with the
	// nonce used, before it will never come.
	goneAfter = 3
	// replaceAfter is for how many blocks a transaction may wait in the pool before
	// it is replaced by one that pays more.
	replaceAfter = 3
	// steepest is how many times the first fee a replacement may pay, where the lane
	// names no most.
	steepest = 20
)

// chase is for what is not mined: the same bytes again if they were never
// accepted, more pay if they wait for long, the end if the nonce is gone.
func (c *Containment) chase(ctx context.Context, f *flight, at ops.BlockRef) {
	c.mu.Lock()
	nonce, stage, last, busy := f.nonce, f.stage, f.sent[len(f.sent)-1], f.busy
	c.mu.Unlock()
	if busy {
		return // it is being sent, or replaced
	}
	account, err := c.Chain.Account(ctx, f.lane.From)
	if err != nil {
		return
	}
	if account.Nonce > nonce {
		c.absent(ctx, f)
		return
	}
	c.update(func() { f.gone = 0 })
	if c.hidden(f) {
		return
	}
	known := false
	if stage != ops.StageSigned {
		if known, err = c.Chain.Known(ctx, last.hash); err != nil {
			return
		}
	}
	again := func(ctx context.Context) {
		if !known {
			c.again(ctx, f, last)
		}
	}
	if !c.hasten(ctx, f, last, account, at, again) {
		again(ctx)
	}
}

// again sends the same bytes once more, as long as the nonce is free: a pool forgot them
// or never took them, for they pay too little perhaps.
func (c *Containment) again(ctx context.Context, f *flight, last signed) {
	c.mu.Lock()
	tries, why := f.tries, f.why
	c.mu.Unlock()
	if tries >= mostTries {
		c.lost(f, fmt.Sprintf("refused for %d blocks; nonce %d is still free, press the key again: %s", tries, f.nonce, why))
		return
	}
	c.send(ctx, f, last)
}

// absent counts a block at which the nonce is used and nobody has a receipt, and
// gives the flight up after several.
func (c *Containment) absent(ctx context.Context, f *flight) {
	c.mu.Lock()
	hashes := slices.Clone(f.sent)
	c.mu.Unlock()
	for _, s := range hashes {
		if again, err := c.Chain.Inclusion(ctx, s.hash); err != nil || again != nil {
			return // mined between the two questions
		}
	}
	gone := 0
	c.update(func() {
		if !f.old {
			f.gone++
		}
		gone = f.gone
	})
	if gone < goneAfter {
		return // whoever was asked for the receipt may be behind whoever was asked for the nonce
	}
	c.lost(f, fmt.Sprintf("nonce %d was used by another transaction of %s: this one can never be mined; see whether its effect holds already", f.nonce, short(f.lane.From)))
}

// hasten replaces a transaction that waits for long: the same call under the same
// nonce, with an eighth more on both fees, or what the base fee asks for. Only one
// of them can ever be mined. otherwise is what is done where the signer does not sign.
func (c *Containment) hasten(ctx context.Context, f *flight, last signed, account ops.Account, at ops.BlockRef, otherwise func(context.Context)) (begun bool) {
	waiting, past := 0, false
	c.update(func() {
		if past = f.old; !past {
			f.waiting++
		}
		waiting = f.waiting
	})
	if past || waiting < replaceAfter {
		return false
	}
	say := func(format string, args ...any) {
		c.update(func() { f.why = fmt.Sprintf("waits for %d blocks: ", waiting) + fmt.Sprintf(format, args...) })
	}
	if f.lane.Signer == nil || !f.lane.Signer.Unlocked() {
		say("arm the console, and it is replaced by one that pays more")
		return false
	}
	if err := f.lane.away(); err != nil { // and is not waited for at each block
		say("it was not replaced: %s", err)
		return false
	}
	if hole := c.free(f.lane.From, account.Nonce); hole < f.nonce {
		say("nonce %d comes before it and is free: nothing of %s is mined until another action takes it, run one by this account", hole, short(f.lane.From))
		return false
	}
	if c.overtaken(ctx, f, at) {
		say("nonce %d of the Safe is used by now: this one would revert, and is not paid more for", f.safe.Nonce)
		return false
	}
	next, most, err := f.dearer(f.sent[0].tx, last.tx, account)
	if err != nil {
		say("it was not replaced: %s", err)
		return false
	}
	if most != nil && next.GasFeeCap().Cmp(most) > 0 {
		say("%s gwei a gas would be more than the most, %s", gwei(next.GasFeeCap()), gwei(most))
		return false
	}
	if cost := new(big.Int).Mul(next.GasFeeCap(), new(big.Int).SetUint64(next.Gas())); cost.Cmp(account.Balance) > 0 {
		say("the account holds %s, and to replace it may cost %s", Ether(account.Balance), Ether(cost))
		return false
	}
	c.update(func() { f.busy = true })
	if !c.begin(func(ctx context.Context) {
		defer c.update(func() { f.busy = false })
		if err := c.replace(ctx, f, next); err != nil {
			say("it was not replaced: %s", err)
			otherwise(ctx)
		}
	}) {
		c.update(func() { f.busy = false })
	}
	return true
}

// replace has the dearer transaction signed and sent. It fails when it was not signed,
// and that still matters.
func (c *Containment) replace(ctx context.Context, f *flight, next *types.Transaction) error {
	s, err := c.sign(ctx, f, next)
	switch {
	case err != nil && (ctx.Err() != nil || c.decided(f)):
		return nil
	case err != nil:
		return err
	default:
		c.update(func() { f.waiting = 0 })
		c.send(ctx, f, s)
		return nil
	}
}

// dearer is the same call under the same nonce for more, and the most that it may pay
// for a gas; nil for no most. Of a ladder it is a higher rung, which is signed already.
func (f *flight) dearer(first, old *types.Transaction, account ops.Account) (next *types.Transaction, most *big.Int, err error) {
	tip, limit := old.GasTipCap(), eighthMore(old.GasFeeCap())
	ladder, climbs := f.lane.Signer.(Presigned)
	if !climbs {
		tip = eighthMore(tip)
	}
	if need := new(big.Int).Add(new(big.Int).Mul(account.BaseFee, big.NewInt(2)), tip); limit.Cmp(need) < 0 {
		limit = need
	}
	if climbs {
		next, err = ladder.Offer(ops.Wanted{To: *old.To(), Value: old.Value(), Data: old.Data(), Nonce: old.Nonce(), Least: limit})
		return next, f.lane.MaxFee, err
	}
	if most = f.lane.MaxFee; most == nil {
		most = new(big.Int).Mul(first.GasFeeCap(), big.NewInt(steepest))
	}
	return types.NewTx(&types.DynamicFeeTx{
		ChainID: old.ChainId(), Nonce: old.Nonce(), GasTipCap: tip, GasFeeCap: limit, Gas: old.Gas(), To: old.To(), Value: old.Value(), Data: old.Data(),
	}), most, nil
}

// eighthMore is what pools ask for before they replace a transaction (10 %), and
// a little more.
func eighthMore(n *big.Int) *big.Int {
	more := new(big.Int).Add(new(big.Int).Div(n, big.NewInt(8)), big.NewInt(1))
	return more.Add(more, n)
}

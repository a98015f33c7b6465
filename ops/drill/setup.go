package drill

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
)

// The days before the drill, after genesis. The upgrade is executed the second
// it is ready; by then the promotion, scheduled 23 hours later, waits for
// another 23.
const (
	deployed         = 1 * time.Second
	deposited        = 2 * time.Second
	upgradeScheduled = 3 * time.Second
	promoteScheduled = upgradeScheduled + 23*time.Hour
	upgraded         = upgradeScheduled + delay
)

// sleeper is what mallory deposits before the upgrade, in whole tokens: enough
// for the vault to let her ask for 9.99.
const sleeper = 10

// setUp plays the days before the drill.
func (d *Drill) setUp(ctx context.Context, genesis time.Time) error {
	for _, block := range []struct {
		what  string
		after time.Duration
		fill  func(*batch)
	}{
		{"deploying", deployed, func(b *batch) { deploy(b); deployEstate(b); d.mint(b); endow(b) }},
		{"depositing", deposited, func(b *batch) { d.deposit(b); settleIn(b) }},
		{"scheduling the upgrade", upgradeScheduled, func(b *batch) {
			b.send(Proposer, world.Timelock, upgrade().schedule())
		}},
		{"scheduling the promotion", promoteScheduled, func(b *batch) {
			b.send(Proposer, world.Timelock, promote().schedule())
			d.broken.spoil(b, genesis.Add(promoteScheduled+time.Hour))
		}},
		{"upgrading", upgraded, func(b *batch) {
			b.send(Executor, world.Timelock, upgrade().execute())
			upgradeSavings(b, d.rollbackFrom(genesis))
		}},
	} {
		b := newBatch(d.chain)
		block.fill(b)
		if b.err != nil {
			return fmt.Errorf("%s: %w", block.what, b.err)
		}
		if err := d.sealAll(ctx, genesis.Add(block.after), b.take()); err != nil {
			return fmt.Errorf("%s: %w", block.what, err)
		}
	}
	if d.broken == Nonce {
		return d.obstruct(ctx)
	}
	return nil
}

// rollbackFrom is when the savings' old code may be put back: a timelock's delay
// after the upgrade, or at once.
func (d *Drill) rollbackFrom(genesis time.Time) time.Time {
	if d.scenario.undo {
		return time.Time{}
	}
	return genesis.Add(upgraded + delay)
}

// mint gives the accounts their money.
func (d *Drill) mint(b *batch) {
	mint := func(to string, amount *big.Int) {
		b.send(Deployer, world.Token, contracts.Token().Call("mint", Address(to), amount))
	}
	mint(Mallory, units(sleeper))
	for i, h := range d.traffic.holders {
		mint(Account(i), lots(h.shares+h.wallet))
	}
}

// deposit fills the vault.
func (d *Drill) deposit(b *batch) {
	fill := func(name string, amount *big.Int) {
		b.send(name, world.Token, contracts.Token().Call("approve", world.Vault, math.MaxBig256))
		b.send(name, world.Vault, deposit(name, amount))
	}
	fill(Mallory, units(sleeper))
	for i, h := range d.traffic.holders {
		fill(Account(i), lots(h.shares))
	}
}

// sealAll seals a block in which nothing may fail.
func (d *Drill) sealAll(ctx context.Context, at time.Time, txs types.Transactions) error {
	block, err := d.chain.Seal(ctx, sealer.Order{At: at, First: txs})
	if err != nil {
		return err
	}
	for i, r := range d.chain.Receipts(block.Hash()) {
		if r.Status != types.ReceiptStatusSuccessful {
			return fmt.Errorf("transaction %d of block %d reverted; the contracts and the scenario do not fit, run go generate", i, r.BlockNumber)
		}
	}
	return nil
}

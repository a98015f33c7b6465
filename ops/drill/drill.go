// Package drill is the rehearsal: an embedded Ethereum chain, real contracts on
// it, an upgrade in its canary window, a breach that really happens, and a score
// read from the chain. The scenario is "vault-insolvency".
//
// It is the only package that links a node. It must never import the console it
// rehearses (neither a sibling under ops nor a screen), never reach beyond the
// loopback interface, and never use a key or a chain id that means anything
// outside of a drill. The console under test acts as it would on any chain:
// through JSON-RPC.
package drill

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
)

// Scenario is the name of what Start plays.
const Scenario = "vault-insolvency"

// Options fix a run: the same seed and genesis give the same block hashes, for
// as long as nobody outside of the drill sends a transaction.
type Options struct {
	Seed    uint64
	Genesis time.Time // of block 0; zero: backdated, so that chain time is wall time when Start returns
}

// Drill is a running scenario. Its methods may be called from any goroutine.
type Drill struct {
	chain   *sealer.Chain
	attack  attack
	traffic *traffic

	mu    sync.Mutex // guards what follows, and lets one Step run at a time
	step  uint64     // scenario blocks sealed since Start
	score Score
}

// The events that Sealed.Event names.
const (
	EventQueued   = "unapproved operation queued"
	EventAttack   = "attack begins"
	EventReverted = "withdrawal reverted: " // and the vault's reason: EnforcedPause
)

// Sealed is what one scenario block held.
type Sealed struct {
	Block      ops.BlockRef
	Txs        int
	Event      string // what the facilitator would say of the block; mostly empty
	AttackOver bool   // the attacker's plan has ended with this block or before
}

// Start boots the chain and plays the days before the drill: everything is
// deployed, the accounts have deposited, the upgrade was scheduled, waited 48
// hours of chain time and was executed in the newest block, and the next
// approved operation waits for another 23 hours. The caller closes the drill.
func Start(ctx context.Context, o Options) (*Drill, error) {
	if o.Genesis.IsZero() {
		o.Genesis = time.Now().Add(-upgraded)
	}
	o.Genesis = o.Genesis.UTC().Truncate(time.Second)
	chain, err := sealer.Start(sealer.Config{
		Chain: ops.FirstDrillChain, Genesis: o.Genesis, Seed: o.Seed, Alloc: genesisAlloc(),
	})
	if err != nil {
		return nil, err
	}
	attack := planAttack(o.Seed)
	d := &Drill{chain: chain, attack: attack, traffic: newTraffic(o.Seed)}
	d.score = Score{LostWei: new(big.Int), PlannedWei: attack.planned()}
	if err := d.setUp(ctx, o.Genesis); err != nil {
		return nil, errors.Join(fmt.Errorf("setting up the drill: %w", err), chain.Close())
	}
	return d, nil
}

// HTTP is the address of the chain's JSON-RPC endpoint.
func (d *Drill) HTTP() string { return d.chain.HTTP() }

// WS is the address of the chain's WebSocket endpoint.
func (d *Drill) WS() string { return d.chain.WS() }

// Head is the newest block.
func (d *Drill) Head() ops.BlockRef { return d.chain.Head() }

// Close stops the chain and waits for it.
func (d *Drill) Close() error { return d.chain.Close() }

// Step seals the next scenario block, one second after its parent: the honest
// accounts' traffic first, then what the public pool holds, so that an operator
// comes before the attacker, then the attacker. While the vault is paused the
// honest accounts stay away and the attacker keeps trying.
func (d *Drill) Step(ctx context.Context) (Sealed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	step := d.step + 1
	b := newBatch(d.chain)
	moves, err := d.honest(ctx, b, step)
	if err != nil {
		return Sealed{}, err
	}
	if step == d.attack.queues {
		b.send(Proposer, world.Timelock, rogue().schedule())
	}
	first := b.take()
	for _, assets := range d.attack.withdrawals(step) {
		b.send(Mallory, world.Vault, withdraw(Mallory, assets))
	}
	last := b.take()
	if b.err != nil {
		return Sealed{}, fmt.Errorf("signing the drill's block: %w", b.err)
	}
	block, err := d.chain.Seal(ctx, sealer.Order{First: first, Last: last})
	if err != nil {
		return Sealed{}, err
	}
	d.step = step
	return d.settle(context.WithoutCancel(ctx), block, moves, last)
}

// honest adds the traffic of a block, unless the vault is paused.
func (d *Drill) honest(ctx context.Context, b *batch, step uint64) ([]move, error) {
	paused, err := d.paused(ctx)
	if err != nil || paused {
		return nil, err
	}
	return d.traffic.block(b, step), nil
}

// settle books what really happened in a sealed block.
func (d *Drill) settle(ctx context.Context, block *types.Block, moves []move, attack types.Transactions) (Sealed, error) {
	s := Sealed{Block: d.chain.Ref(block), Txs: len(block.Transactions()), AttackOver: d.step >= d.attack.last()}
	if d.step == d.attack.queues {
		s.Event = EventQueued
	}
	if d.step == d.attack.begins {
		s.Event = EventAttack
	}
	done := map[[32]byte]bool{}
	for _, r := range d.chain.Receipts(block.Hash()) {
		done[r.TxHash] = r.Status == types.ReceiptStatusSuccessful
	}
	d.traffic.settle(moves, done)
	failed := d.score.attacked(s.Block, attack, done)
	if failed != nil {
		s.Event = EventReverted + d.reason(ctx, failed, s.Block)
	}
	return s, d.judge(ctx, s.Block)
}

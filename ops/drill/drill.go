// Package drill is the rehearsal: an embedded Ethereum chain, real contracts on
// it, an upgrade in its canary window, a breach that really happens, and a score
// read from the chain. Scenarios lists the breaches; each has a plot of its own.
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
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
)

// Options fix a run: the same seed and genesis give the same block hashes, for
// as long as nobody outside of the drill sends a transaction.
type Options struct {
	Seed     uint64
	Genesis  time.Time // of block 0; zero: backdated, so that chain time is wall time when Start returns
	Scenario string    // its name; empty: the first of Scenarios
	Broken   Broken    // one of the scenario's Faults; empty: the answer works
}

// ErrScenario means that no such scenario can be played.
var ErrScenario = errors.New("no such scenario")

// choose finds the scenario, and whether it can be broken so.
func (o Options) choose() (Scenario, error) {
	s, known := Find(o.Scenario)
	switch {
	case !known:
		return s, fmt.Errorf("%w: %q: bulkhead drill --list names them", ErrScenario, o.Scenario)
	case o.Broken != "" && !slices.Contains(s.Faults(), o.Broken):
		return s, fmt.Errorf("%w: the answer to %s cannot be broken by %q: bulkhead drill --list says by what", ErrScenario, s.Name, o.Broken)
	}
	return s, nil
}

// Drill is a running scenario. Its methods may be called from any goroutine.
type Drill struct {
	chain    *sealer.Chain
	scenario Scenario
	plot     plot
	broken   Broken
	traffic  *traffic

	mu    sync.Mutex // guards what follows, and lets one Step run at a time
	step  uint64     // scenario blocks sealed since Start
	score Score
}

// The events that Sealed.Event names.
const (
	EventQueued   = "unapproved operation queued"
	EventGranted  = "role granted to an account of no release"
	EventAttack   = "attack begins"
	EventReverted = "reverted: " // and the contract's reason: EnforcedPause
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
	scenario, err := o.choose()
	if err != nil {
		return nil, err
	}
	if o.Genesis.IsZero() {
		o.Genesis = time.Now().Add(-upgraded)
	}
	o.Genesis = o.Genesis.UTC().Truncate(time.Second)
	chain, err := sealer.Start(sealer.Config{
		Chain: ops.FirstDrillChain, Genesis: o.Genesis, Seed: o.Seed, Alloc: genesisAlloc(o.Broken),
	})
	if err != nil {
		return nil, err
	}
	plot := scenario.plot(planAttack(o.Seed))
	d := &Drill{chain: chain, scenario: scenario, plot: plot, broken: o.Broken, traffic: newTraffic(o.Seed)}
	d.score = Score{LostWei: new(big.Int), PlannedWei: plot.planned()}
	if err := d.setUp(ctx, o.Genesis); err != nil {
		return nil, errors.Join(fmt.Errorf("setting up the drill: %w", err), chain.Close())
	}
	return d, nil
}

// Scenario is what is played.
func (d *Drill) Scenario() Scenario { return d.scenario }

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
	event := d.plot.prelude(b, step)
	first := b.take()
	d.plot.harm(b, step)
	last := b.take()
	if b.err != nil {
		return Sealed{}, fmt.Errorf("signing the drill's block: %w", b.err)
	}
	block, err := d.chain.Seal(ctx, sealer.Order{First: first, Last: last})
	if err != nil {
		return Sealed{}, err
	}
	d.step = step
	return d.settle(context.WithoutCancel(ctx), block, event, moves, last)
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
func (d *Drill) settle(ctx context.Context, block *types.Block, event string, moves []move, harm types.Transactions) (Sealed, error) {
	s := Sealed{Block: d.chain.Ref(block), Txs: len(block.Transactions()), Event: event, AttackOver: d.step >= d.plot.last()}
	if len(harm) > 0 && d.score.AttackBlock == 0 {
		s.Event = EventAttack
	}
	done := map[[32]byte]bool{}
	for _, r := range d.chain.Receipts(block.Hash()) {
		done[r.TxHash] = r.Status == types.ReceiptStatusSuccessful
	}
	d.traffic.settle(moves, done)
	foiled := d.score.attacked(s.Block, harm, done, d.plot.foiled)
	if foiled != nil && !done[foiled.Hash()] {
		s.Event = EventReverted + d.reason(ctx, foiled, s.Block)
	}
	return s, d.judge(ctx, s.Block)
}

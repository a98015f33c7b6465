// Package engine is the one loop: it joins heads, reads, judges, containment and
// the journal, and publishes what it knows as snapshots.
//
// It alone joins the siblings under ops. It must never wait for a screen, never
// publish a picture that mixes two blocks, and never send anything by itself:
// what a person confirmed travels through Do to package contain.
package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

var (
	// ErrLocked means that the console is locked: arm first.
	ErrLocked = errors.New("the console is LOCKED: nothing was sent; arm it first")
	// ErrReason means that arming lacks its reason.
	ErrReason = errors.New("say why the console is armed: the reason is written to the journal")
	// ErrNoPlan means that a confirmation names a plan that was not prepared here.
	ErrNoPlan = errors.New("nothing was sent: there is no such plan, prepare the runbook again")
	// ErrNoRunbook means that no runbook has the id, or that it lacks an argument.
	ErrNoRunbook = errors.New("the runbook cannot be prepared")
)

// Chain is what the loop needs of a chain's providers, beyond what containment
// does.
type Chain interface {
	contain.Chain
	ReadBlock(ctx context.Context, at ops.BlockRef, reads []ops.Read, filter chain.Filter) ([]ops.Reading, []ops.Log, error)
	Logs(ctx context.Context, from, to uint64, filter chain.Filter) ([]ops.Log, error)
	Sent(ctx context.Context, from, to uint64, reads []ops.Read) ([][]ops.Reading, error)
	Latest(ctx context.Context) (ops.BlockRef, error)
	Canonical(ctx context.Context, number uint64) (ops.BlockRef, error)
	Blocks(ctx context.Context, from, to uint64) ([]ops.BlockRef, error)
	Before(ctx context.Context, at time.Time, until ops.BlockRef) (ops.BlockRef, error)
	Message(ctx context.Context, hash common.Hash) (ops.Message, error)
	Messages(ctx context.Context, hashes []common.Hash) (map[common.Hash]ops.Message, error)
	Repeat(ctx context.Context, at ops.BlockRef, messages []ops.Message) ([]ops.Outcome, error)
	Follow(ctx context.Context, emit func(chain.Event)) error
	Overhear(ctx context.Context, to []common.Address, tell func(ops.Rumour)) error
}

// Journal is where the loop writes down what happens. Write returns when the
// record is on the disk.
type Journal interface {
	contain.Journal
	Records() []journal.Record
	Path() string
}

// Config is what an engine is made of.
type Config struct {
	Rules    *Rules
	Chain    Chain
	Journal  Journal
	Keys     []Key
	Auto     []Key // of the standing orders: open while the console runs, and for nothing else
	Operator ops.Operator
	// OperatorKey proves at arming that Operator is one of the people of owners.yaml.
	OperatorKey Key
	// Trusted is the SHA-256 of the only owners.yaml that this console arms on; zero
	// for any. Without it, whoever can write the pack can put other owners into it.
	Trusted common.Hash
	// Relay gets what is sent before everybody else does, for PublicAfter blocks; nil
	// for everybody at once, and 0 for two.
	Relay       contain.Relay
	PublicAfter uint64
	BlockTime   time.Duration // usual wall-clock distance of two blocks
	// ReadBack is how long a block waits for what happened before it, and is then judged
	// without; 0 means a second.
	ReadBack time.Duration
	ArmFor   time.Duration // how long arming lasts; 0 means 30 minutes
	Now      func() time.Time
}

// Engine watches one chain. Snapshots, Prepare and Do are safe from any
// goroutine; Run owns everything else.
type Engine struct {
	Config
	contain *contain.Containment
	bus     bus

	mu      sync.Mutex // guards what the loop shares with Prepare and Do
	shared  shared
	arming  ops.Arming
	signing ops.Signing // of the pack, when it was last looked at
	plans   map[planKey]contain.Plan
	actions map[string]contain.Action
	freezes []int           // of canaries, that runbooks asked for and the loop has not done yet
	told    map[string]told // of each receipt, what the screen's journal has

	council *council // what the owners of Safes signed

	heard   map[ops.DetectorID]ops.Side // what other chains know of the lanes that end here
	unheard bool                        // the loop has not judged by it yet

	ears ears // guards itself

	hands sync.Mutex // one arms or locks at a time

	nudged chan struct{} // of one: a command was carried out, or something in flight moved

	backfills sync.WaitGroup // what is read beside the loop
	live      bool           // there is a loop to go on with meanwhile
	insists   bool           // it reads beside a loop

	state state // the loop's alone
	log   log   // guards itself
}

// told is how far the screen's journal has a receipt.
type told struct {
	step  string
	stage ops.Stage
	asks  bool
}

// shared is what Prepare needs of the last pass.
type shared struct {
	head     ops.BlockRef
	blind    string // why nothing was judged since; empty while the console sees
	findings []ops.Finding
	queue    []ops.Operation

	timelocks []ops.Timelock
	replay    common.Hash // the largest transaction of the breach
}

// New makes an engine and takes up what an earlier process left in the journal.
func New(c Config) (*Engine, error) {
	if c.ArmFor == 0 {
		c.ArmFor = 30 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	e := &Engine{Config: c, plans: map[planKey]contain.Plan{}, actions: map[string]contain.Action{}, told: map[string]told{}, nudged: make(chan struct{}, 1)}
	e.council = newCouncil(c.Rules, filepath.Dir(c.Journal.Path()))
	e.contain = contain.New(contain.Config{
		Chain: c.Chain, ChainID: c.Rules.ChainID, ChainName: c.Rules.Chain, Journal: c.Journal, Control: e.control, Seconds: e.seconds, Now: c.Now,
		Relay: c.Relay, PublicAfter: c.PublicAfter, Moved: e.nudge,
	})
	e.arming = ops.Arming{By: c.Operator, NeedsSecret: e.needsSecret()}
	e.state = newState(c.Rules)
	e.prick()
	if err := e.resume(); err != nil {
		return nil, err
	}
	if err := e.recall(); err != nil {
		return nil, err
	}
	if err := e.muster(); err != nil {
		return nil, err
	}
	_ = e.inspect() // watching is always possible: arming says why not
	err := c.Journal.Write("opened", opened{
		Mode: ops.ModeOf(c.Rules.ChainID).String(), Chain: c.Rules.ChainID, Policy: c.Rules.PolicyHash, Release: c.Rules.ReleaseHash, Operator: c.Operator,
		Root: e.signing.Root, Signed: e.signing.Whole(),
	})
	if err != nil {
		return nil, fmt.Errorf("the console does not start without a journal: %w", err)
	}
	e.standTo(e.whole())
	return e, nil
}

// opened is the first record of a session.
type opened struct {
	Mode     string       `json:"mode"`
	Chain    ops.ChainID  `json:"chain_id"`
	Policy   common.Hash  `json:"policy"`
	Release  common.Hash  `json:"release"`
	Operator ops.Operator `json:"operator"`
	Root     common.Hash  `json:"root"` // of the lock
	Signed   bool         `json:"signed"`
}

func (e *Engine) resume() error {
	var entries []contain.Entry
	for _, r := range e.Journal.Records() {
		entries = append(entries, contain.Entry{Kind: r.Kind, Time: r.Time, Data: r.Data})
	}
	err := e.contain.Resume(entries, func(id ops.RunbookID, args map[string]string) (contain.Action, error) {
		book, ok := e.Rules.book(id)
		if !ok {
			return contain.Action{}, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
		}
		return e.action(book, args)
	})
	for _, r := range e.contain.Receipts() { // what an earlier process said is no news, until it is taken back
		if r.Stage == ops.StageContained {
			e.told[r.ID] = told{stage: r.Stage}
		}
	}
	return err
}

// Run watches the chain until the context ends, and then waits for what it
// started: keys are locked when nobody is asked for a signature any more. The screen's
// going away does not end it.
func (e *Engine) Run(ctx context.Context) error {
	events := make(chan chain.Event, 16)
	var ahead atomic.Int64 // blocks that were told and not begun; news of health is no block
	done := make(chan struct{})
	go func() { // waited for below
		defer close(done)
		_ = e.Chain.Follow(ctx, func(event chain.Event) { // its only error is that of the context
			if !event.Block.Zero() {
				ahead.Add(1)
			}
			select {
			case events <- event:
			case <-ctx.Done():
			}
		})
	}()
	looked := make(chan struct{})
	go func() { // waited for below
		defer close(looked)
		e.look(ctx)
	}()
	probed := make(chan struct{})
	go func() { // waited for below
		defer close(probed)
		e.probe(ctx)
	}()
	overheard := make(chan struct{})
	go func() { // waited for below
		defer close(overheard)
		e.overhear(ctx)
	}()
	e.live = true
	defer func() {
		e.backfills.Wait()
		<-done
		<-overheard
		<-looked
		<-probed
		e.contain.Close()
		e.lockKeys()
		e.standDown()
	}()

	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	e.publish()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-events:
			if event.Block.Zero() {
				e.health(event)
			} else {
				e.block(ctx, event.Block, ahead.Add(-1) == 0)
			}
		case <-e.nudged:
			if e.reconsider() && ahead.Load() == 0 {
				e.publish()
				e.fire(ctx, e.state.head) // what is in breach since waits for no block
			}
			e.freeze()
			for _, r := range e.contain.Receipts() {
				e.progress(r)
			}
			e.publish()
		case <-tick.C:
			e.disarmExpired()
			e.publish()
		}
	}
}

// Snapshots delivers the newest snapshot, and then every newer one: latest wins,
// nothing waits for the receiver. The channel is closed when the context ends.
func (e *Engine) Snapshots(ctx context.Context) <-chan ops.Snapshot { return e.bus.subscribe(ctx) }

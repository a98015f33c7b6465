package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// ErrMixed means that chains of a drill and live ones would be on one screen.
var ErrMixed = errors.New("drill chains and live chains are never on one screen")

// Member is one chain of a fleet. Open makes its engine; while it fails the chain
// is dark, says why, and is tried again. Who opened an engine closes what it uses.
type Member struct {
	Rules *Rules
	Open  func(ctx context.Context) (*Engine, error)
}

// Fleet shows the engines of several chains as one. Each keeps its own loop,
// providers, keys and journal, and none waits for another: a chain that is dead or
// slow is dark on a screen on which the others go on. Snapshots, Prepare and Do are
// safe from any goroutine.
type Fleet struct {
	members []Member
	retry   time.Duration
	bus     bus

	mu      sync.Mutex // guards what follows
	engines []*Engine  // nil until it could be made
	parts   []part
	across  *Across
	news    []ops.Finding // of across, to be written down

	hands sync.Mutex // one arms or locks at a time
}

// unreachable is how long a chain that nobody answers for is left alone.
const unreachable = 5 * time.Second

// NewFleet joins chains; drill and live ones are never joined.
func NewFleet(by ops.Operator, members ...Member) (*Fleet, error) {
	f := &Fleet{members: members, retry: unreachable, engines: make([]*Engine, len(members)), parts: make([]part, len(members))}
	now := time.Now()
	rules := make([]*Rules, len(members))
	for i, m := range members {
		rules[i] = m.Rules
		if mode, first := ops.ModeOf(m.Rules.ChainID), ops.ModeOf(members[0].Rules.ChainID); mode != first {
			return nil, fmt.Errorf("%w: %s is %s and %s is %s: name one chain with --chain", ErrMixed, members[0].Rules.Chain, first, m.Rules.Chain, mode)
		}
		f.parts[i].snapshot = unseen(m.Rules, by, "not connected yet", now)
	}
	f.across = NewAcross(rules...)
	return f, nil
}

// unseen is the picture of a chain that has no engine yet.
func unseen(r *Rules, by ops.Operator, why string, now time.Time) ops.Snapshot {
	s := newState(r)
	return darkened(ops.Snapshot{
		Mode: ops.ModeOf(r.ChainID), Chain: r.Chain, ChainID: r.ChainID, Policy: r.Policy, PolicyHash: r.PolicyHash, Operator: by, Now: now,
		Findings: s.said(), Traits: s.traits, Sides: r.unheard(s.blind), Canary: s.windows, Board: s.board,
	}, why, now)
}

// Run watches every chain until the context ends, and then waits for all of them.
func (f *Fleet) Run(ctx context.Context) error {
	ended := make([]error, len(f.members))
	var loops sync.WaitGroup
	for i := range f.members {
		loops.Go(func() { ended[i] = f.sail(ctx, i) })
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for f.refresh(); ctx.Err() == nil; f.refresh() { // what no loop renews grows old, and must be seen to
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	loops.Wait()
	f.note()
	return errors.Join(ended...)
}

// sail runs the loop of one chain, as soon as it can be reached.
func (f *Fleet) sail(ctx context.Context, i int) error {
	for {
		e, err := f.members[i].Open(ctx)
		if err == nil {
			return f.run(ctx, i, e)
		}
		if ctx.Err() != nil {
			return nil
		}
		f.show(i, func(p *part) {
			p.snapshot = darkened(p.snapshot, err.Error(), p.snapshot.BlindSince)
		})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.retry):
		}
	}
}

func (f *Fleet) run(ctx context.Context, i int, e *Engine) error {
	f.mu.Lock()
	f.engines[i] = e
	f.mu.Unlock()
	showing, stop := context.WithCancel(context.Background())
	shown := make(chan struct{})
	go func() { // waited for below
		defer close(shown)
		for s := range e.Snapshots(showing) {
			f.show(i, func(p *part) { p.snapshot, p.joined = s, true })
		}
	}()
	err := e.Run(ctx)
	stop()
	<-shown
	return err
}

// show changes the picture of one chain and publishes that of all.
func (f *Fleet) show(i int, change func(*part)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.parts[i])
	f.publish()
}

func (f *Fleet) refresh() {
	f.mu.Lock()
	f.publish()
	f.mu.Unlock()
	f.note()
}

// publish shows what is known of all chains now. The caller holds mu.
func (f *Fleet) publish() {
	now := time.Now()
	for _, p := range f.parts {
		_, changed := f.across.See(quieted(p.snapshot, now))
		f.news = append(f.news, changed...)
	}
	for i, e := range f.engines {
		if e != nil {
			e.Hear(f.across.Elsewhere(f.members[i].Rules.Chain))
		}
	}
	f.bus.publish(merged(f.parts, f.across.Findings(), now))
}

// note writes down what changed between the chains, in the journal of the first that
// can be reached; until one can, it waits. No chain's loop waits for it.
func (f *Fleet) note() {
	engines := f.joined()
	if len(engines) == 0 {
		return
	}
	f.mu.Lock()
	news := f.news
	f.news = nil
	f.mu.Unlock()
	for _, finding := range news {
		engines[0].Note(finding)
	}
}

// Snapshots delivers the newest snapshot of all chains, and then every newer one:
// latest wins. The channel is closed when the context ends.
func (f *Fleet) Snapshots(ctx context.Context) <-chan ops.Snapshot { return f.bus.subscribe(ctx) }

// Last is the newest snapshot that was published.
func (f *Fleet) Last() ops.Snapshot { return f.bus.newest() }

// Prepare has the runbook prepared on the chain that it acts on.
func (f *Fleet) Prepare(ctx context.Context, id ops.RunbookID) (ops.Plan, error) {
	for i, m := range f.members {
		if _, ok := m.Rules.book(id); !ok {
			continue
		}
		if e := f.engine(i); e != nil {
			return e.Prepare(ctx, id)
		}
		return ops.Plan{}, fmt.Errorf("%w: the chain %s was not reached so far", ErrNoRunbook, m.Rules.Chain)
	}
	return ops.Plan{}, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
}

// Do carries out what a person wants: a plan on the chain that it was prepared
// for, an answer where it was asked for, arming and locking on all of them.
func (f *Fleet) Do(ctx context.Context, c ops.Command) (ops.Receipt, error) {
	switch c := c.(type) {
	case ops.Arm:
		return ops.Receipt{}, f.arm(ctx, c)
	case ops.Lock:
		f.hands.Lock()
		defer f.hands.Unlock()
		var failed []error
		for _, e := range f.joined() {
			_, err := e.Do(ctx, c)
			failed = append(failed, err)
		}
		return ops.Receipt{}, errors.Join(failed...)
	case ops.Contain:
		return f.route(ctx, c, ErrNoPlan, func(e *Engine) bool { return e.planned(c) })
	case ops.Answer:
		return f.route(ctx, c, contain.ErrAnswer, func(e *Engine) bool { return e.running(c.Receipt) })
	default:
		return ops.Receipt{}, fmt.Errorf("the command %T is not known", c)
	}
}

// route has a command carried out by the engine that knows what it names.
func (f *Fleet) route(ctx context.Context, c ops.Command, none error, knows func(*Engine) bool) (ops.Receipt, error) {
	engines := f.joined()
	i := slices.IndexFunc(engines, knows)
	if i < 0 {
		return ops.Receipt{}, none
	}
	r, err := engines[i].Do(ctx, c)
	r.Chain = engines[i].Rules.Chain
	return r, err
}

func (f *Fleet) engine(i int) *Engine {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.engines[i]
}

// joined are the engines there are.
func (f *Fleet) joined() []*Engine {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.engines), func(e *Engine) bool { return e == nil })
}

// arm arms all engines or, where one of them cannot be armed, none that was not
// armed before. They open their keys side by side: that takes a second for each.
func (f *Fleet) arm(ctx context.Context, c ops.Arm) error {
	f.hands.Lock()
	defer f.hands.Unlock()
	engines := f.joined()
	if len(engines) == 0 {
		return errors.New("not armed: no chain was reached so far")
	}
	before, failed := make([]bool, len(engines)), make([]error, len(engines))
	var all sync.WaitGroup
	for i, e := range engines {
		before[i] = e.armed()
		all.Go(func() { _, failed[i] = e.Do(ctx, c) })
	}
	all.Wait()
	n := slices.IndexFunc(failed, func(err error) bool { return err != nil })
	if n < 0 {
		return nil
	}
	chain := engines[n].Rules.Chain
	err := fmt.Errorf("%s: %w", chain, failed[n])
	for i, e := range engines {
		if failed[i] != nil || before[i] {
			continue
		}
		e.lock("because " + chain + " could not be armed")
		e.nudge()
		err = fmt.Errorf("%w; %s is LOCKED again", err, e.Rules.Chain)
	}
	return err
}

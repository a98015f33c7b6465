// Package rehearsal runs a drill: it starts the embedded chain, writes the pack
// that a console loads, wires an engine to it over the loopback network exactly
// as to any chain, plays the blocks at their pace and keeps the score.
//
// It must never give the engine anything that a live console does not have: the
// drill acts through the chain, the responder through engine.Do.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// Password opens the drill's keystore. It is public, like the key in it.
const Password = "drill"

// Options fix a rehearsal.
type Options struct {
	Seed     uint64
	Scenario string        // its name; empty for the default
	Broken   drill.Broken  // what is wrong with its answer; empty for nothing
	Genesis  time.Time     // zero: chain time meets wall time
	Folder   string        // where pack, key and journal are written; made if missing
	Interval time.Duration // between two blocks; 0: as fast as the engine follows
	Runbooks fs.FS         // the folder of runbooks
	Operator ops.Operator
}

// Run is one rehearsal under way.
type Run struct {
	Options
	Drill   *drill.Drill
	Engine  *engine.Engine
	journal *journal.Journal
	chain   *chain.Pool
	score   tracker
}

// Start boots the chain, writes the pack and makes the engine; nothing moves yet.
// The caller closes the run.
func Start(ctx context.Context, o Options) (*Run, error) {
	d, err := drill.Start(ctx, drill.Options{Seed: o.Seed, Genesis: o.Genesis, Scenario: o.Scenario, Broken: o.Broken})
	if err != nil {
		return nil, err
	}
	r := &Run{Options: o, Drill: d}
	if err := r.wire(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Run) wire(ctx context.Context) error {
	keys, err := WriteFolder(r.Folder, r.Drill, r.Runbooks)
	if err != nil {
		return err
	}
	all, faults := engine.LoadRules(os.DirFS(r.Folder))
	if err := faults.Err(); err != nil {
		return fmt.Errorf("the drill's own pack is wrong: %w", err)
	}
	rules := all[0] // a drill has one chain
	guardian, err := Key(keys.Guardian)
	if err != nil {
		return err
	}
	backup, err := Key(keys.Backup)
	if err != nil {
		return err
	}
	operator, err := Key(keys.Operator)
	if err != nil {
		return err
	}
	blockTime := max(r.Interval, 200*time.Millisecond)
	client, err := chain.Dial(ctx, chain.Endpoint{Name: "drill", Chain: rules.ChainID, HTTP: r.Drill.HTTP(), WS: r.Drill.WS(), BlockTime: blockTime})
	if err != nil {
		return err
	}
	r.chain = chain.NewPool(1, client)
	faults, err = rules.CheckChain(ctx, r.chain)
	if err = errors.Join(err, faults.Err()); err != nil {
		return fmt.Errorf("the drill's own pack does not fit its chain: %w", err)
	}
	if r.journal, err = journal.Open(filepath.Join(r.Folder, "journal"), journal.Options{}); err != nil {
		return err
	}
	r.Engine, err = engine.New(engine.Config{
		Rules: rules, Chain: r.chain, Journal: r.journal, Operator: r.Operator, BlockTime: blockTime,
		Keys: []engine.Key{guardian, backup}, OperatorKey: operator,
	})
	return err
}

// Close stops the chain and closes the journal. Call it after Play and the
// engine's Run have returned.
func (r *Run) Close() error {
	var err error
	if r.chain != nil {
		r.chain.Close()
	}
	if r.journal != nil {
		err = r.journal.Close()
	}
	return errors.Join(err, r.Drill.Close())
}

// Play seals blocks at the interval until the context ends.
func (r *Run) Play(ctx context.Context) error { return Play(ctx, r.Interval, r.step) }

// Play takes a step at each interval until the context ends, or one fails before that.
func Play(ctx context.Context, interval time.Duration, step func(context.Context) error) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := step(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func (r *Run) step(ctx context.Context) error {
	sealed, err := r.Drill.Step(ctx)
	if err != nil {
		return fmt.Errorf("the drill's chain stopped: %w", err)
	}
	r.score.sealed(sealed)
	return nil
}

package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// Check judges the newest block once: no journal, no keys, no board. The parent
// is read too, so that prev() is known.
func Check(ctx context.Context, rules *Rules, c Chain) (ops.Snapshot, error) {
	s, _, err := CheckBeside(ctx, rules, c)
	return s, err
}

// CheckBeside is Check of one of several chains. Hear, called once the others were checked
// too, is what the check says then: what was executed here is held against what they sent.
func CheckBeside(ctx context.Context, rules *Rules, c Chain) (first ops.Snapshot, hear func([]ops.Side) ops.Snapshot, err error) {
	e := once(rules, c)
	if err := e.judgeNewest(ctx); err != nil {
		return ops.Snapshot{}, nil, err
	}
	_ = e.inspect() // it is checked either way, and said
	shown := func() ops.Snapshot {
		snapshot := e.snapshot(ops.Arming{})
		snapshot.Signing = e.signing
		return snapshot
	}
	return shown(), func(sides []ops.Side) ops.Snapshot {
		e.Hear(sides)
		e.reconsider()
		return shown()
	}, nil
}

// once is an engine that judges and does not run: its own sight is nothing to be judged.
func once(rules *Rules, c Chain) *Engine {
	seeing := *rules
	seeing.sentinels, rules = nil, &seeing
	e := &Engine{Config: Config{Rules: rules, Chain: c, Journal: unwritten{}, Now: time.Now}, state: newState(rules)}
	e.contain = contain.New(contain.Config{Chain: c, ChainID: rules.ChainID})
	return e
}

// judgeNewest judges the newest block of an engine that does not run.
func (e *Engine) judgeNewest(ctx context.Context) error {
	head, err := e.Chain.Latest(ctx)
	if err != nil {
		return err
	}
	s := &e.state
	if err := e.readBack(ctx, head); err != nil {
		return fmt.Errorf("block %d cannot be judged: %w", head.Number, err)
	}
	reads := e.Rules.reads(s.stamps())
	now, logs, err := e.read(ctx, head, reads)
	if err != nil {
		return fmt.Errorf("block %d cannot be judged: %w", head.Number, err)
	}
	var parent ops.Readings
	if readings, err := e.Chain.Read(ctx, ops.BlockRef{Hash: head.Parent, Number: head.Number - 1}, reads); err == nil {
		parent = ops.ReadingsOf(readings)
	}
	s.take(logs)
	_, _ = e.askMore(ctx, head, now) // what fails is asked again below
	s.head, s.readings, s.blind, s.judged = head, now, "", 1
	e.assess(head, now, parent, logs)
	for range mostRounds {
		more, err := e.askMore(ctx, head, now)
		switch {
		case err != nil:
			return fmt.Errorf("block %d cannot be judged: %w", head.Number, err)
		case !more:
			return nil
		}
		e.assess(head, now, parent, nil)
	}
	return nil
}

// mostRounds is how often what follows from answers is asked for: how many, then who. A
// running engine asks for it with the next block.
const mostRounds = 4

// unwritten is the journal of an engine that does not run: what it judges, it prints.
type unwritten struct{}

// Write keeps nothing.
func (unwritten) Write(string, any) error { return nil }

// Records are none.
func (unwritten) Records() []journal.Record { return nil }

// Path is nowhere.
func (unwritten) Path() string { return "" }

// Writable always is.
func (unwritten) Writable() error { return nil }

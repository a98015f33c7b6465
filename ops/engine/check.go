package engine

import (
	"context"
	"fmt"
	"slices"
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
	reads := joined(e.Rules.reads(), s.stamps())
	now, logs, err := e.read(ctx, head, reads)
	if err != nil {
		return fmt.Errorf("block %d cannot be judged: %w", head.Number, err)
	}
	var parent ops.Readings
	if readings, err := e.Chain.Read(ctx, ops.BlockRef{Hash: head.Parent, Number: head.Number - 1}, reads); err == nil {
		parent = ops.ReadingsOf(readings)
	}
	s.take(logs)
	e.askMore(ctx, head, reads, now)
	s.head, s.readings, s.blind, s.judged = head, now, "", 1
	e.assess(head, now, parent, logs)
	for range mostRounds {
		more, err := e.askOn(ctx)
		if err != nil || !more {
			return err
		}
		e.assess(head, now, parent, nil)
	}
	return nil
}

// mostRounds is how often what follows from answers is asked for: how many, then who.
const mostRounds = 4

// askOn reads what follows from the answers of the block, which a running engine asks for
// with the next one; false where nothing does.
func (e *Engine) askOn(ctx context.Context) (bool, error) {
	s := &e.state
	missing := slices.DeleteFunc(joined(nil, s.stamps(), e.asked()), func(r ops.Read) bool {
		_, ok := s.readings[r]
		return ok
	})
	if len(missing) == 0 {
		return false, nil
	}
	readings, err := e.Chain.Read(ctx, s.head, missing)
	if err != nil {
		return false, fmt.Errorf("block %d cannot be judged: %w", s.head.Number, err)
	}
	for _, r := range readings {
		s.readings[r.Read] = r
	}
	return true, nil
}

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

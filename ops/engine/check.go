package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// Check judges the newest block once: no journal, no keys, no board. The parent
// is read too, so that prev() is known.
func Check(ctx context.Context, rules *Rules, c Chain) (ops.Snapshot, error) {
	e := once(rules, c)
	if err := e.judgeNewest(ctx); err != nil {
		return ops.Snapshot{}, err
	}
	_ = e.inspect() // it is checked either way, and said
	snapshot := e.snapshot(ops.Arming{})
	snapshot.Signing = e.signing
	return snapshot, nil
}

// once is an engine that judges and does not run.
func once(rules *Rules, c Chain) *Engine {
	e := &Engine{Config: Config{Rules: rules, Chain: c, Now: time.Now}, state: newState(rules)}
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
	s.head, s.readings, s.blind = head, now, ""
	e.assess(head, now, parent, logs)
	return nil
}

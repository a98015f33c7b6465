package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// keptPlans is how many plans of a runbook can still be confirmed: an open dialog
// shows the newest, or the one before while the next is on its way.
const keptPlans = 8

// planKey names the plan that a person saw: the same call is planned anew at
// each block, with another nonce or another price.
type planKey struct {
	digest   common.Hash
	prepared int64 // wall clock, in nanoseconds
}

// keep makes a plan one that can be confirmed, and forgets the oldest of its
// runbook.
func (e *Engine) keep(p contain.Plan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plans[planKey{p.View.Digest, p.View.Prepared.UnixNano()}] = p
	var times []int64
	for key, old := range e.plans {
		if old.View.Runbook == p.View.Runbook {
			times = append(times, key.prepared)
		}
	}
	if len(times) <= keptPlans {
		return
	}
	slices.Sort(times)
	oldest := times[len(times)-keptPlans]
	maps.DeleteFunc(e.plans, func(key planKey, old contain.Plan) bool {
		return old.View.Runbook == p.View.Runbook && key.prepared < oldest
	})
}

// plan finds what was shown. The caller holds mu.
func (e *Engine) plan(c ops.Contain) (contain.Plan, bool) {
	p, ok := e.plans[planKey{c.Digest, c.Prepared.UnixNano()}]
	return p, ok
}

// running reports whether a receipt is of this engine.
func (e *Engine) running(id string) bool {
	return slices.ContainsFunc(e.contain.Receipts(), func(r ops.Receipt) bool { return r.ID == id })
}

// mostActions bounds the bound runbooks that are kept.
const mostActions = 128

// action binds a runbook to its arguments. Binding compiles every expression, so
// what was bound once is kept.
func (e *Engine) action(b book, args map[string]string) (contain.Action, error) {
	key := string(b.doc.ID)
	taken := b.taken(args)
	for _, name := range slices.Sorted(maps.Keys(taken)) {
		key += fmt.Sprintf("\x00%s=%s", name, taken[name])
	}
	e.mu.Lock()
	a, ok := e.actions[key]
	e.mu.Unlock()
	if ok {
		return a, nil
	}
	a, err := b.bind(args, signers{e.signer, e.council.of, e.witness})
	if err != nil {
		return contain.Action{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.actions) >= mostActions {
		clear(e.actions)
	}
	e.actions[key] = a
	return a, nil
}

// planned reports whether what is confirmed was prepared here.
func (e *Engine) planned(c ops.Contain) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.plan(c)
	return ok
}

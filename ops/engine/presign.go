package engine

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// Draft is a runbook's step as it would be signed beforehand: what it calls, what that
// takes on top of the newest block, and the account that would send it.
type Draft struct {
	Step    contain.Step
	Account ops.Account
	At      ops.BlockRef
	Gas     uint64      // that the call takes today
	Code    common.Hash // that runs at its target, where the step says what it was written for
}

// Draft binds a step and simulates it. Only a step whose call is known today can be
// signed beforehand: one that takes a parameter of a finding cannot. An empty step is
// the runbook's only call.
func (r *Rules) Draft(ctx context.Context, c Chain, id ops.RunbookID, step string, from common.Address) (Draft, error) {
	b, ok := r.book(id)
	if !ok {
		return Draft{}, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
	}
	if len(b.doc.Params) > 0 {
		return Draft{}, fmt.Errorf("%w: %s takes what only a finding knows: it cannot be signed beforehand", ErrNoRunbook, id)
	}
	action, err := b.bind(nil, nobody)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	found := 0
	for _, s := range action.Steps {
		if len(s.Lanes) > 0 && (step == "" || s.ID == step) {
			d.Step = s
			found++
		}
	}
	if found != 1 {
		return Draft{}, fmt.Errorf("%w: %s has %d such steps that send: name one with --step", ErrNoRunbook, id, found)
	}
	if !r.Signs("presigned", from) {
		return Draft{}, fmt.Errorf("%w: no lane of %s is presigned by %s: add one under lanes, and name it in %s", ErrNoRunbook, id, from.Hex(), d.Step.ID)
	}
	if d.At, err = c.Latest(ctx); err != nil {
		return Draft{}, err
	}
	tried, err := c.Try(ctx, ops.Trial{At: d.At, Action: ops.Message{From: from, To: d.Step.Call.To, Data: d.Step.Call.Data}})
	if err != nil {
		return Draft{}, fmt.Errorf("%s was not simulated: %w", d.Step.ID, err)
	}
	if !tried.Action.OK {
		return Draft{}, fmt.Errorf("%s REVERTS today: %s", d.Step.ID, tried.Action.Reason)
	}
	d.Gas = tried.Action.Gas
	if w, ok := d.Step.Target(); ok {
		if d.Code, err = c.CodeHash(ctx, d.At, w.Address, w.Proxy); err != nil {
			return Draft{}, fmt.Errorf("the code of %s could not be read: %w", w.Name, err)
		}
		if d.Code != w.Want {
			return Draft{}, fmt.Errorf("%s runs code %s, and %s was written for %s: bring the runbook up to date first", w.Name, d.Code.Hex(), d.Step.ID, w.Want.Hex())
		}
	}
	d.Account, err = c.Account(ctx, from)
	return d, err
}

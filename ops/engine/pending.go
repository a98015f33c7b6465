package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/pending"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// usualWait is for how long what waits is remembered where the policy does not say: what is
// not mined by then pays too little, or follows on nothing.
const usualWait = 5 * time.Minute

// pending compiles a detector of what waits in a mempool.
func (a *arranger) pending(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "watch", "calls", "accounts", "of", "warmup")
	a.waitsForNone(d, "it is said before there is a block to wait for")
	_, watches := d.Keys["watch"]
	calls, guards := d.Keys["calls"]
	switch {
	case watches && guards:
		a.fault(policy.File, calls, "write two detectors", "detector %s: watch names contracts that the accounts may not call, and calls functions that only the accounts may: it is one of the two", d.ID)
	case !guards && len(d.Watch) == 0:
		a.fault(policy.File, d.At, "watch: [vault], with accounts that may not call it; or calls: [vault.unpause], with those that alone may", "detector %s lacks %q or %q", d.ID, "watch", "calls")
	case guards && len(d.Calls) == 0:
		a.fault(policy.File, calls, "calls: [vault.unpause]", "detector %s: no function is named", d.ID)
	case watches && len(d.Accounts) == 0:
		a.fault(policy.File, d.At, `accounts: ["0x…"], who may not call`, "detector %s lacks %q", d.ID, "accounts")
	}
	of := &pending.Detector{
		Watched: a.contracts(d), Accounts: a.accounts(d), Over: a.over(d, usualWait), Partial: d.Warmup.Value == policy.WarmupKnown,
		Book: calldata.NewBook(r.abis, r.names),
	}
	for _, text := range d.Calls {
		f, err := measure.CompileFunction(text.Value, a.scope)
		if err != nil {
			a.expression(policy.File, text, string(d.ID), err)
			continue
		}
		of.Functions = append(of.Functions, pending.Function{Contract: f.To, Selector: [4]byte(f.Data), Name: f.Function})
	}
	a.takes(d, "over (5m)", "over")
	i := a.detects(r, d, of, action, pending.Gives...)
	i.Unit.Symbol = "waiting"
	i.Remember = func() detect.Memory { return of.NewMemory() }
	r.invariants = append(r.invariants, i)
}

// overhearing is a memory that judges by what waits in a mempool.
type overhearing interface {
	Overhear(pending.Heard)
}

// overhears reports whether a finding is of what waits in a mempool.
func (s *state) overhears(i int) bool {
	if i >= len(s.invariants) {
		return false
	}
	_, ok := s.invariants[i].Memory.(overhearing)
	return ok
}

// ears are what the detectors of what waits have heard, by the places of the invariants.
// Whoever tells and the loop share them.
type ears struct {
	mu   sync.Mutex
	each map[int]*pending.Ear
	news bool // the loop has not judged by it yet
}

// prick begins to listen for whoever needs it.
func (e *Engine) prick() {
	e.ears.each = map[int]*pending.Ear{}
	for n, i := range e.Rules.invariants {
		if d, ok := i.Condition.(*pending.Detector); ok {
			e.ears.each[n] = d.Listen()
		}
	}
}

// overhear listens to the providers' mempools until the context ends, where a detector
// needs it.
func (e *Engine) overhear(ctx context.Context) {
	var to []common.Address
	for n := range e.ears.each {
		to = append(to, e.Rules.invariants[n].Condition.(*pending.Detector).Contracts()...)
	}
	if len(to) == 0 {
		return
	}
	slices.SortFunc(to, common.Address.Cmp)
	_ = e.Chain.Overhear(ctx, slices.Compact(to), e.overheard) // its only error is that of the context
}

// overheard takes in what a provider says, and has the loop judge its newest block again
// where that is new. It waits for nothing.
func (e *Engine) overheard(r ops.Rumour) {
	now := e.Now()
	e.ears.mu.Lock()
	news := false
	for _, ear := range e.ears.each {
		func() {
			defer func() {
				if p := recover(); p != nil {
					ear.Stop(now, fault(p))
					news = true
				}
			}()
			news = ear.Take(r, now) || news
		}()
	}
	e.ears.news = e.ears.news || news
	e.ears.mu.Unlock()
	if news {
		e.nudge()
	}
}

// prickUp tells those who judge by it what was overheard, and reports whether anything is
// new.
func (e *Engine) prickUp() bool {
	e.ears.mu.Lock()
	defer e.ears.mu.Unlock()
	news := e.ears.news
	e.ears.news = false
	for n, ear := range e.ears.each {
		if m, ok := e.state.invariants[n].Memory.(overhearing); ok {
			e.state.guarded(n, func() { m.Overhear(ear.Heard(e.Now())) })
		}
	}
	return news
}

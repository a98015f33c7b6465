package engine

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/caller"
	"github.com/bulkhead-console/bulkhead/ops/detect/deployment"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// usualOver is how long what was seen once stays a breach where the policy does not say.
const usualOver = time.Hour

// over is for how long, from a second to 30 days, and usually.
func (a *arranger) over(d policy.Detector, usual time.Duration) time.Duration {
	text, said := d.Of["over"]
	if !said {
		return usual
	}
	seconds, _ := a.literal(d, "over", text).Float64()
	over := time.Duration(seconds) * time.Second
	if over < time.Second || over > 30*24*time.Hour {
		a.fault(policy.File, text, "from 1s to 30d, as in 1h", "detector %s: %s is no time for which it matters", d.ID, text.Value)
	}
	return over
}

// watched are the contracts that a detector watches: at least one.
func (a *arranger) watched(d policy.Detector) watch.List {
	if len(d.Watch) == 0 {
		a.fault(policy.File, d.At, "watch: [vault]", "detector %s lacks %q", d.ID, "watch")
	}
	return a.contracts(d)
}

// contracts are those that a detector names.
func (a *arranger) contracts(d policy.Detector) (list watch.List) {
	for _, name := range d.Watch {
		if c, ok := a.policy.Contracts[name.Value]; ok { // else it was said by the policy
			list = append(list, watch.Contract{Name: name.Value, Address: c.Address})
		}
	}
	return list
}

// accounts are those that a detector lists.
func (a *arranger) accounts(d policy.Detector) map[common.Address]bool {
	listed := map[common.Address]bool{}
	for _, text := range d.Accounts {
		if address, err := document.ParseAddress(text.Value); err == nil { // else it was said by the policy
			listed[address] = true
		}
	}
	return listed
}

// lookout compiles a detector of what is sighted in blocks.
func (a *arranger) lookout(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "watch", "accounts", "of", "warmup")
	a.takes(d, "over (1h)", "over")
	window := watch.Window{Over: a.over(d, usualOver), Partial: d.Warmup.Value == policy.WarmupKnown}
	r.called = append(r.called, window.Over)
	var of interface {
		detect.Condition
		watch.Lookout
	}
	var gives []string
	var unit string
	switch d.Kind.Value {
	case caller.Kind:
		if len(d.Accounts) == 0 {
			a.fault(policy.File, d.At, `accounts: ["0x…"], who may not call`, "detector %s lacks %q", d.ID, "accounts")
		}
		of, gives, unit = &caller.Detector{Watched: a.watched(d), Accounts: a.accounts(d), Window: window}, caller.Gives, "calls"
	case deployment.Kind:
		of, gives, unit = &deployment.Detector{Watched: a.watched(d), Accounts: a.accounts(d), Window: window}, deployment.Gives, "contracts"
	}
	i := a.detects(r, d, of, action, gives...)
	i.Unit.Symbol = unit
	i.Remember = func() detect.Memory { return watch.NewMemory(of, window) }
	r.invariants = append(r.invariants, i)
}

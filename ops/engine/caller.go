package engine

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/caller"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// usualOver is how long what was seen once stays a breach where the policy does not say.
const usualOver = time.Hour

// over is for how long, from a second to 30 days.
func (a *arranger) over(d policy.Detector) time.Duration {
	text, said := d.Of["over"]
	if !said {
		return usualOver
	}
	seconds, _ := a.literal(d, "over", text).Float64()
	over := time.Duration(seconds) * time.Second
	if over < time.Second || over > 30*24*time.Hour {
		a.fault(policy.File, text, "from 1s to 30d, as in 1h", "detector %s: %s is no time for which it matters", d.ID, text.Value)
	}
	return over
}

// caller compiles a detector of listed addresses.
func (a *arranger) caller(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "watch", "accounts", "of", "warmup")
	of := &caller.Detector{Accounts: map[common.Address]bool{}, Partial: d.Warmup.Value == policy.WarmupKnown}
	if len(d.Watch) == 0 {
		a.fault(policy.File, d.At, "watch: [vault]", "detector %s lacks %q", d.ID, "watch")
	}
	if len(d.Accounts) == 0 {
		a.fault(policy.File, d.At, `accounts: ["0x…"], who may not call`, "detector %s lacks %q", d.ID, "accounts")
	}
	for _, text := range d.Accounts {
		if address, err := document.ParseAddress(text.Value); err == nil { // else it was said by the policy
			of.Accounts[address] = true
		}
	}
	for _, name := range d.Watch {
		if c, ok := a.policy.Contracts[name.Value]; ok { // else it was said by the policy
			of.Watched = append(of.Watched, caller.Watched{Name: name.Value, Address: c.Address})
		}
	}
	for _, name := range sortedKeys(d.Of) {
		if name != "over" {
			a.fault(policy.File, d.Of[name], "it takes: over (1h)", "detector %s: a detector of kind %s takes no %q", d.ID, caller.Kind, name)
		}
	}
	of.Over = a.over(d)
	r.called = max(r.called, of.Over)
	i := a.detects(r, d, of, action, caller.Gives...)
	i.Unit.Symbol = "calls"
	i.Remember = func() detect.Memory { return of.NewMemory() }
	r.invariants = append(r.invariants, i)
}

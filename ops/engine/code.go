package engine

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/code"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// code compiles a detector of what runs: approved is what the release puts behind a proxy,
// what was there before, and what the policy lists.
func (a *arranger) code(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "watch", "approved")
	if len(d.Watch) == 0 {
		a.fault(policy.File, d.At, "watch: [vault]", "detector %s lacks %q", d.ID, "watch")
		return
	}
	var watched code.Detector
	for _, name := range d.Watch {
		contract, ok := a.policy.Contracts[name.Value]
		if !ok {
			continue // said by the policy
		}
		w := code.Watched{Name: name.Value, Address: contract.Address}
		for _, text := range d.Approved {
			w.Approved = append(w.Approved, common.HexToHash(text.Value))
		}
		for _, c := range a.release.Code {
			if c.Proxy == contract.Address {
				w.Approved = append(w.Approved, c.Hashes...)
			}
		}
		switch contract.Proxy {
		case "":
		case policy.Diamond:
			w.Behind = code.Diamond
		default:
			w.Behind = code.Proxy
		}
		if len(w.Approved) == 0 {
			a.fault(policy.File, name, "approved: [\"0x…\"], the code hashes that it may run", "detector %s: nobody approved any code of %s", d.ID, name.Value)
		}
		watched = append(watched, w)
	}
	i := a.detects(r, d, watched, action)
	i.Unit.Symbol = "unapproved"
	r.invariants = append(r.invariants, i)
}

package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// second is the drill's policy with a second chain, on which one contract is
// watched by two invariants.
func second(t testing.TB, more ...string) (*policy.Policy, ops.Faults) {
	t.Helper()
	pairs := append([]string{
		"drill: {id: 7331001}", "drill: {id: 7331001}\n  side: {id: 7331002}",
		"constants:\n", "measures:\n  reserve: mirror.totalSupply() - 1\n\nconstants:\n",
		"  token:    {chain: drill", "  mirror:   {chain: side, address: \"0x9304872dA4E240da0defaFa6449D356B7b1AF28A\", abi: abi/Token.json}\n  token:    {chain: drill",
		"  - id: G1\n", "  - {id: M1, title: A, class: asset, severity: high, owner: risk, holds: mirror.totalSupply() > 0, action: freeze-vault}\n" +
			"  - {id: M2, title: B, class: asset, severity: high, owner: risk, holds: reserve > 0, action: freeze-vault}\n  - id: G1\n    chain: drill\n",
	}, more...)
	return policy.Load(edited(t, pack(t), "policy.yaml", pairs...))
}

// Every document of a policy belongs to the chain of the contracts that it names,
// also by a measure, or to the one that it says.
func TestAPolicyOfTwoChainsIsToldApart(t *testing.T) {
	p, faults := second(t)
	if faults.Err() != nil {
		t.Fatal(faults)
	}
	ids := func(p *policy.Policy) string {
		var out []string
		for _, i := range p.Invariants {
			out = append(out, string(i.ID))
		}
		return strings.Join(out, " ")
	}
	drill, side := p.On("drill"), p.On("side")
	if got := ids(drill); got != "A1 E1 D1 G1 P1 E2 L1 X1 F1" {
		t.Errorf("on the drill's chain: %s", got)
	}
	if got := ids(side); got != "M1 M2" {
		t.Errorf("on the other: %s", got)
	}
	if len(drill.Contracts) != 9 || len(side.Contracts) != 1 || len(drill.Measures) != 0 || len(side.Measures) != 1 {
		t.Errorf("contracts %d and %d, measures %d and %d", len(drill.Contracts), len(side.Contracts), len(drill.Measures), len(side.Measures))
	}
	if len(drill.Timelocks) != 1 || len(drill.Detectors) != 1 || len(drill.Canaries) != 1 || len(side.Timelocks)+len(side.Detectors)+len(side.Canaries) != 0 {
		t.Errorf("%+v, %+v", drill, side)
	}
	if drill.Hash != side.Hash || drill.Chains["drill"] != 7331001 || side.Chains["side"] != 7331002 || len(side.Chains) != 1 {
		t.Errorf("%v, %v", drill.Chains, side.Chains)
	}
}

func TestAnInvariantIsAboutOneChain(t *testing.T) {
	for want, pair := range map[string][]string{
		"is about the chains drill and side at once":  {"holds: mirror.totalSupply() > 0", "holds: mirror.totalSupply() == token.totalSupply()"},
		"invariant M2 is about the chains":            {"holds: reserve > 0", "holds: reserve > token.totalSupply()"},
		`is on chain "moon", which is not named`:      {"    chain: drill\n", "    chain: moon\n"},
		"M1 is about the chains drill and side at on": {"holds: mirror.totalSupply() > 0", "chain: drill, holds: mirror.totalSupply() > 0"},
	} {
		_, faults := second(t, pair...)
		if !slices.ContainsFunc(faults, func(f ops.Fault) bool { return strings.Contains(f.Message, want) && f.Line > 0 }) {
			t.Errorf("%q is not said in %v", want, faults)
		}
	}
}

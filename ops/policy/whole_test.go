package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// Faults of a document's form reach through every part of it.
func TestAMissingKeyIsToldWithWhatToWrite(t *testing.T) {
	for line, want := range map[string]string{
		"    title: The vault stays solvent\n":   "title: what it means, in a few words",
		"    class: asset\n":                     "class: asset, authorization",
		"    severity: critical\n":               "severity: critical, high or warning",
		"    owner: security\n":                  "owner: who answers for it",
		"    release: vault-v2\n":                "release: the name of a release.yaml",
		"    kind: queue\n":                      "kind: queue",
		"    timelock: T1\n":                     "timelock: the id of a timelock above",
		"      field: \"vault.Deposit.owner\"\n": "field: vault.Deposit.owner",
		"    threshold: 2\n":                     "threshold: how many of them",
		"  drill: {id: 7331001}\n":               "chains: {mainnet: {id: 1}}",
		"limit: ether(500), ":                    "limit: ether(500)",
		"interval: 10m, ":                        "interval: 10m",
		"expires: 72h":                           "expires: 72h",
		"on: [critical, budget, segment], ":      "on: [critical, budget, segment]",
		"address: \"0x9304872dA4E240da0defaFa6449D356B7b1AF28A\", ": "address: a quoted address with its checksum",
		", abi: abi/Token.json": "abi: abi/Vault.json",
		", min_delay: 48h":      "min_delay: 48h",
	} {
		_, faults := policy.Load(edited(t, pack(t), "policy.yaml", line, ""))
		var heard bool
		for _, f := range faults {
			heard = heard || strings.HasPrefix(f.Hint, want) && f.Line > 0 && f.Column > 0
		}
		if !heard {
			t.Errorf("without %q: %v, want the hint %q", line, faults, want)
		}
	}
}

func TestApprovalsAreOfDifferentPeopleWithGoodAddresses(t *testing.T) {
	const security, release = "0x2331784dCBB9942F1479B70ABdEcb1D2423e0f0E", "0x5771c65B9C8A1Df91248298EFa21b3c2efF1Bcb5"
	for _, c := range []struct {
		pairs []string
		want  []string
	}{
		{[]string{release, security}, []string{"stands twice", "the threshold 2 cannot be met by 1 signers"}},
		{[]string{release, strings.ToLower(release)}, []string{"the checksum of"}},
		{[]string{"    signers:\n", "    signers: []\n    x:\n"}, []string{`"signers" is empty`}},
	} {
		_, faults := policy.Load(edited(t, pack(t), "policy.yaml", c.pairs...))
		for _, want := range c.want {
			if !strings.Contains(faults.Error(), want) {
				t.Errorf("%v: want %s, got\n%v", c.pairs, want, faults)
			}
		}
	}
}

func TestEveryValueOfThePolicyKnowsItsPlace(t *testing.T) {
	p, _ := policy.Load(pack(t))
	for what, at := range map[string]document.Text{
		"38:5": p.Invariants[0].At, "43:12": p.Invariants[0].Holds, "46:13": p.Invariants[0].Action, "40:12": p.Invariants[0].Keys["class"],
		"10:38": p.Contracts["vault"].At, "21:14": p.Constants["guardian"], "128:15": p.Detectors[0].Timelock,
	} {
		if got := fmt.Sprintf("%d:%d", at.Line, at.Column); got != what {
			t.Errorf("%q stands at %s, not %s", at.Value, got, what)
		}
	}
}

func TestTheFaultsOfAPolicyAreTheSameInEveryReading(t *testing.T) {
	broken := edited(t, pack(t), "policy.yaml", "0xe8057ca9997Bf46a", "0xe8057ca9997bf46a", "0xbaC7DD77fD", "0xbac7DD77fD", "0x9304872dA4", "0x9304872da4", "guardian:", "vault:")
	_, first := policy.Load(broken)
	for range 20 {
		if _, again := policy.Load(broken); again.Error() != first.Error() {
			t.Fatalf("first\n%v\nthen\n%v", first, again)
		}
	}
}

func FuzzLoad(f *testing.F) {
	good := pack(f)
	f.Add(good["policy.yaml"].Data)
	f.Add([]byte("version: 1\nchains: {a: {}}\ncontracts: {v: }\ninvariants: [{}]\ncanary: [{clock: {}}]\n"))
	abis := fstest.MapFS{"abi/Token.json": good["abi/Token.json"]}
	f.Fuzz(func(t *testing.T, source []byte) {
		pack := fstest.MapFS{"policy.yaml": {Data: source}, "abi/Token.json": abis["abi/Token.json"]}
		p, faults := policy.Load(pack)
		if faults.Err() != nil {
			return
		}
		for _, i := range p.Invariants {
			if i.Action.Value == "" || i.Holds.Value == "" || i.For == 0 {
				t.Fatalf("no fault, and %+v", i)
			}
		}
		for _, c := range p.Canaries {
			if c.Budget.Interval <= 0 || c.Clock.Observe <= 0 || len(c.Freeze.On) == 0 {
				t.Fatalf("no fault, and %+v", c)
			}
		}
	})
}

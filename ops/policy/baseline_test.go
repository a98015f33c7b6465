package policy_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/policy"
)

const account = "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"

// withBaseline is the pack with a detector of rights and its baseline.
func withBaseline(t *testing.T, text string) fstest.MapFS {
	t.Helper()
	out := edited(t, pack(t), "policy.yaml", "kind: queue\n", "kind: authorization\n    watch: [vault]\n    baseline: roles.yaml\n", "    timelock: T1\n    action: cancel", "    action: cancel")
	if text != "" {
		out["roles.yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func TestABaselineIsWhoHoldsWhat(t *testing.T) {
	p, faults := policy.Load(withBaseline(t, "version: 1\nholds:\n  vault:\n    owner: [\""+account+"\"]\n    threshold: [\"2\"]\n  token: {}\n"))
	if faults.Err() != nil {
		t.Fatal(faults)
	}
	if held := p.Detectors[0].Held; len(held) != 2 || held[0] != (policy.Held{Contract: "vault", Right: "owner", Holder: account}) || held[1].Holder != "2" {
		t.Errorf("%+v", held)
	}
}

func TestEachFaultOfABaselineIsSaidWhereItStands(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "policy.yaml:126:15: detector Q1: its baseline cannot be read"},
		{"version: 2\nholds: {vault: {}}\n", "roles.yaml:1:10: version \"2\" is not known"},
		{"version: 1\n", "roles.yaml:1:1: the document lacks \"holds\""},
		{"version: 1\nholds: {volt: {owner: [\"" + account + "\"]}}\n", "roles.yaml:2:25: no contract is called \"volt\""},
		{"version: 1\nholds: {vault: {owner: [\"" + strings.Replace(account, "0x7C", "0x7c", 1) + "\"]}}\n", "roles.yaml:2:26: owner of vault: the checksum of"},
		{"version: 1\nholds: {vault: {owner: [\"" + account + "\", \"" + account + "\"]}}\n", "stands twice"},
	} {
		_, faults := policy.Load(withBaseline(t, tt.text))
		if err := faults.Err(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %s; got\n%v", tt.want, faults)
		}
	}
}

func TestARoleImpactNamesContractRightAndHolder(t *testing.T) {
	with := func(impact string) (*policy.Release, string) {
		files := edited(t, pack(t), "release.yaml", "role_impact: []", "role_impact: ["+impact+"]")
		p, _ := policy.Load(files)
		r, faults := policy.LoadRelease(files, p)
		if err := faults.Err(); err != nil {
			return r, err.Error()
		}
		return r, ""
	}
	r, said := with(`"vault admin of PAUSER_ROLE ` + account + `"`)
	if said != "" || len(r.Operations[0].Impact) != 1 || r.Operations[0].Impact[0] != (policy.Held{Contract: "vault", Right: "admin of PAUSER_ROLE", Holder: account}) {
		t.Errorf("%s: %+v", said, r.Operations[0].Impact)
	}
	for impact, want := range map[string]policy.Held{
		"vault initialized 2 times":                          {Contract: "vault", Right: "initialized", Holder: "2 times"},
		"vault role 7 " + account + " after 3600s":           {Contract: "vault", Right: "role 7", Holder: account + " after 3600s"},
		"vault call of 0x8456cb59 on " + account + " role 7": {Contract: "vault", Right: "call of 0x8456cb59 on " + account, Holder: "role 7"},
		"vault threshold 3":                                  {Contract: "vault", Right: "threshold", Holder: "3"},
	} {
		if r, said := with(`"` + impact + `"`); said != "" || len(r.Operations[0].Impact) != 1 || r.Operations[0].Impact[0] != want {
			t.Errorf("%s: %s: %+v", impact, said, r.Operations[0].Impact)
		}
	}
	for impact, want := range map[string]string{
		`"vault role 7 0x7c0d8585cC8c9940ae00A7D52f3d100c8987f08B after 3600s"`: "the checksum of",
		`"vault PAUSER_ROLE"`:                                            "names a contract, a right and who will hold it",
		`"volt PAUSER_ROLE ` + account + `"`:                             `no contract is called "volt"`,
		`"vault PAUSER_ROLE 0x7c0d8585cC8c9940ae00A7D52f3d100c8987f08B"`: "the checksum of",
	} {
		if _, said := with(impact); !strings.Contains(said, want) {
			t.Errorf("%s: %q", impact, said)
		}
	}
}

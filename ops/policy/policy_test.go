package policy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// pack is the drill's pack, put together from the files of the tree.
func pack(t testing.TB) fstest.MapFS {
	t.Helper()
	read := func(parts ...string) []byte {
		b, err := os.ReadFile(filepath.Join(append([]string{"..", "drill"}, parts...)...))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	out := fstest.MapFS{"policy.yaml": {Data: read("pack", "policy.yaml")}, "release.yaml": {Data: read("pack", "release.yaml")}}
	for name, file := range map[string]string{
		"Vault": "VaultV2", "Token": "Token", "TimelockController": "TimelockController",
		"Breaker": "Breaker", "Treasury": "Treasury", "Till": "Till", "Bridge": "Bridge", "Router": "Router", "Savings": "SavingsV2",
	} {
		var artifact struct {
			ABI json.RawMessage `json:"abi"`
		}
		if err := json.Unmarshal(read("contracts", "out", file+".json"), &artifact); err != nil {
			t.Fatal(err)
		}
		out["abi/"+name+".json"] = &fstest.MapFile{Data: artifact.ABI}
	}
	return out
}

// edited is the pack with one file changed by replacing texts, which must be there.
func edited(t testing.TB, good fstest.MapFS, file string, pairs ...string) fstest.MapFS {
	t.Helper()
	source := string(good[file].Data)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(source, pairs[i]) {
			t.Fatalf("%s has no %q", file, pairs[i])
		}
		source = strings.Replace(source, pairs[i], pairs[i+1], 1)
	}
	out := maps.Clone(good)
	out[file] = &fstest.MapFile{Data: []byte(source)}
	return out
}

func TestTheDrillsPackHasNoFault(t *testing.T) {
	p, faults := policy.Load(pack(t))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	r, faults := policy.LoadRelease(pack(t), p)
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	if p.Name != "vault-drill" || p.Chains["drill"] != 7331001 || len(p.Invariants) != 9 || p.Timelocks[0].MinDelay != 48*time.Hour || p.Hash == (common.Hash{}) {
		t.Errorf("%+v", p)
	}
	if a := p.Invariants[0]; a.ID != "A1" || a.Class != ops.ClassAsset || a.Severity != ops.Critical || a.For != 1 || a.Show.Decimals != 18 || a.Holds.Value != "vault.totalAssets() >= vault.totalSupply() * 0.999" {
		t.Errorf("%+v", a)
	}
	if c := p.Canaries[0]; c.Budget.Interval != 10*time.Minute || len(c.Segment.Allow) != 14 || c.Clock.Expires != 72*time.Hour {
		t.Errorf("%+v", c)
	}
	if r.Name != "vault-v2" || len(r.Operations) != 2 || r.Operations[0].Form != "single" || r.Operations[0].Calls[0].To != p.Contracts["vault"].Address {
		t.Errorf("%+v", r)
	}
	if data := r.Operations[1].Calls[0].Data; common.Bytes2Hex(data[:4]) != "dbd5edc7" && len(data) != 36 {
		t.Errorf("%x", data)
	}
}

func TestTheHashIsThatOfTheFileToTheByte(t *testing.T) {
	a, _ := policy.Load(pack(t))
	b, _ := policy.Load(edited(t, pack(t), "policy.yaml", "# What must hold", "# what must hold"))
	if a.Hash == b.Hash {
		t.Error("an edit left the hash as it was")
	}
}

// Each case breaks one rule and is told so in one fault, where the value stands.
func TestEachRuleOfThePolicyHasItsFault(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []string
		at    string
		want  string
	}{
		{"a version of another program", []string{"version: 1", "version: 2"}, "3:10", `version "2" is not known`},
		{"version zero", []string{"version: 1", "version: 0"}, "3:10", `version "0" is not known`},
		{"no name", []string{"name: vault-drill\n", ""}, "3:1", `the document lacks "name"`},
		{"an unknown key", []string{"name: vault-drill\n", "name: vault-drill\nchians: 1\n"}, "5:1", `"chains" is meant?`},
		{"two chains, and nothing says which", []string{"drill: {id: 7331001}", "drill: {id: 7331001}\n  main: {id: 1}"}, "66:5", "names no contract"},
		{"chain zero", []string{"id: 7331001", "id: 0"}, "7:15", "no chain has the id 0"},
		{"an unknown chain", []string{"token:    {chain: drill", "token:    {chain: dril"}, "12:21", `on chain "dril", which is not named`},
		{"a wrong checksum", []string{"0xe8057ca9997Bf46a", "0xe8057ca9997bf46a"}, "10:38", "the checksum of"},
		{"an unquoted address", []string{`"0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa"`, `0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa`}, "10:37", "unquoted 0x"},
		{"an unknown proxy", []string{"proxy: erc1967", "proxy: mirror"}, "10:111", `proxies of kind "mirror"`},
		{"an ABI that is not there", []string{"abi/Token.json", "abi/Tokn.json"}, "12:88", "its ABI cannot be read"},
		{"an ABI outside the pack", []string{"abi/Token.json", "../Token.json"}, "12:88", "its ABI cannot be read"},
		{"a name that no expression can say", []string{"  token:    {", "  my-token:    {"}, "12:41", `no expression can name a contract "my-token"`},
		{"a contract and a constant of one name", []string{`guardian: "`, `token: "`}, "21:11", "is a contract and a constant"},
		{"a timelock of an unknown kind", []string{"kind: oz", "kind: pause"}, "28:20", `the kind "pause" is not known`},
		{"a timelock of an unknown contract", []string{"contract: timelock,", "contract: lock,"}, "28:34", `no contract is called "lock"`},
		{"an unknown governor", []string{"contract: timelock,", "contract: timelock, governor: dao,"}, "28:54", `no contract is called "dao"`},
		{"a timelock that is its own governor", []string{"contract: timelock,", "contract: timelock, governor: timelock,"}, "28:54", "cannot be its own governor"},
		{"a governor of a kind that has none", []string{"kind: oz, contract: timelock,", "kind: delay, contract: timelock, governor: vault,"}, "28:57", "what a governor does with the kind \"delay\" cannot be read"},
		{"a threshold nobody can meet", []string{"threshold: 2", "threshold: 3"}, "35:16", "the threshold 3 cannot be met by 2 signers"},
		{"a threshold of zero", []string{"threshold: 2", "threshold: 0"}, "35:16", "the threshold 0 cannot be met"},
		{"an unknown class", []string{"class: asset", "class: assets"}, "40:12", `A1: the class "assets" is not known`},
		{"an unknown severity", []string{"severity: critical", "severity: urgent"}, "41:15", `A1: the severity "urgent" is not known`},
		{"no action", []string{"    action: freeze-vault\n", ""}, "38:5", "that is documentation, not a control"},
		{"an empty action", []string{"    action: freeze-vault\n", "    action:\n"}, "38:5", "that is documentation, not a control"},
		{"no condition", []string{"    holds: vault.totalAssets() >= vault.totalSupply() * 0.999\n", ""}, "38:5", `lacks "holds"`},
		{"no invariant", []string{"invariants:\n", "invariants: []\nx:\n"}, "37:13", "is empty"},
		{"an id used twice", []string{"id: E1", "id: A1"}, "47:9", `the id "A1" is used twice`},
		{"an id nobody can say", []string{"id: E1", "id: \"E 1\""}, "47:10", "cannot be spoken on a call"},
		{"an id of a window's finding", []string{"id: E1", "id: C.budget"}, "47:9", "cannot be spoken on a call"},
		{"decimals without end", []string{"decimals: 18", "decimals: 9000000000"}, "45:22", "more than a number of 256 bits has"},
		{"a detector that takes no timelock", []string{"kind: queue", "kind: drift"}, "128:15", `a detector of kind drift takes no "timelock"`},
		{"a queue that takes no parts", []string{"    timelock: T1\n    action", "    timelock: T1\n    of: {paid: a}\n    action"}, "129:9", `a queue takes no "of"`},
		{"a queue without a timelock", []string{"    timelock: T1\n", ""}, "122:5", `lacks "timelock"`},
		{"a detector of an unknown contract", []string{"kind: queue\n", "kind: code\n    watch: [vault, volt]\n", "    timelock: T1\n", ""}, "125:20", `no contract is called "volt"`},
		{"a detector with a wrong account", []string{"kind: queue\n", "kind: caller\n    accounts: [\"0xe8057ca9997bf46a37B6eB501B463b3b34db45Aa\"]\n", "    timelock: T1\n", ""}, "125:17", "the checksum of"},
		{"a breach that is never over", []string{"    for: 1\n", "    for: 1\n    clear: 100001\n"}, "45:12", "more than 100000"},
		{"a detector without an action", []string{"    action: cancel-operation\n", ""}, "122:5", "that is documentation, not a control"},
		{"a detector of an unknown timelock", []string{"    timelock: T1", "    timelock: T9"}, "128:15", `no timelock has the id "T9"`},
		{"a sign that there is not", []string{"    timelock: T1\n    action", "    timelock: T1\n    signs: [role, guess]\n    action"}, "129:19", `the sign "guess" is not known`},
		{"an interval of nothing", []string{"interval: 10m", "interval: 0m"}, "134:76", "the interval is zero"},
		{"an observation of nothing", []string{"observe: 48h", "observe: 0h"}, "152:23", "the observation is zero"},
		{"a window that expires too soon", []string{"expires: 72h", "expires: 1h"}, "152:56", "before it was observed"},
		{"a freeze on something unknown", []string{"on: [critical,", "on: [boredom,"}, "153:19", `nothing freezes on "boredom"`},
		{"a freeze on nothing", []string{"on: [critical, budget, segment]", "on: []"}, "153:18", `"on" is empty`},
		{"an account with a wrong checksum", []string{"0x761b8F75", "0x761b8f75"}, "139:12", "the checksum of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := policy.Load(edited(t, pack(t), "policy.yaml", c.pairs...))
			if len(faults) == 0 || faults.Err() == nil {
				t.Fatal("nothing was said")
			}
			var heard bool
			for _, f := range faults {
				at := fmt.Sprintf("%d:%d", f.Line, f.Column)
				heard = heard || at == c.at && strings.Contains(f.Message, c.want)
			}
			if !heard || len(faults) > 1 && c.name != "no invariant" {
				t.Errorf("want one fault at %s: %s; got\n%v", c.at, c.want, faults)
			}
		})
	}
}

func TestFiveMistakesOfAPolicyAreFiveFaultsInTheOrderOfTheFile(t *testing.T) {
	_, faults := policy.Load(edited(t, pack(t), "policy.yaml",
		"0xe8057ca9997Bf46a", "0xe8057ca9997bf46a", "kind: oz", "kind: odd", "class: asset", "class: money", "    action: freeze-vault\n", "", "timelock: T1", "timelock: T2"))
	if len(faults) != 5 {
		t.Fatalf("%d faults:\n%v", len(faults), faults)
	}
	for i := 1; i < len(faults); i++ {
		if faults[i].Line < faults[i-1].Line {
			t.Errorf("out of order:\n%v", faults)
		}
	}
}

func TestAPolicyThatIsNotThereOrTooLongIsSaidSo(t *testing.T) {
	if p, faults := policy.Load(fstest.MapFS{}); p != nil || len(faults) != 1 || !strings.Contains(faults[0].Message, "cannot be read") {
		t.Errorf("%v", faults)
	}
	if _, faults := policy.Load(fstest.MapFS{"policy.yaml": {Data: make([]byte, 2<<20)}}); !strings.Contains(faults.Error(), "longer than") {
		t.Errorf("%v", faults)
	}
	big := pack(t)
	big["abi/Token.json"] = &fstest.MapFile{Data: make([]byte, 5<<20)}
	if _, faults := policy.Load(big); len(faults) != 1 || !strings.Contains(faults[0].Message, "longer than") {
		t.Errorf("%v", faults)
	}
	big["abi/Token.json"] = &fstest.MapFile{Data: []byte("{}")}
	if _, faults := policy.Load(big); len(faults) != 1 || !strings.Contains(faults[0].Message, "is no ABI") {
		t.Errorf("%v", faults)
	}
}

func TestAMeasureHasANameOfItsOwn(t *testing.T) {
	const before = "timelocks:\n  - {id: T1"
	p, faults := policy.Load(edited(t, pack(t), "policy.yaml", before, "measures:\n  tvl: vault.totalAssets() + 1\n\n"+before))
	if len(faults) != 0 || p.Measures["tvl"].Value != "vault.totalAssets() + 1" || p.Measures["tvl"].Column != 8 {
		t.Errorf("%v %+v", faults, p.Measures)
	}
	for name, want := range map[string]string{
		"vault": `"vault" is a measure, and a contract or a constant`, "guardian": `"guardian" is a measure, and a contract or a constant`, "t-v-l": `no expression can name a measure "t-v-l"`,
	} {
		_, faults := policy.Load(edited(t, pack(t), "policy.yaml", before, "measures:\n  "+name+": vault.totalAssets()\n\n"+before))
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestAWarmupIsKnownOrUnknown(t *testing.T) {
	const before = "    for: 1\n"
	p, faults := policy.Load(edited(t, pack(t), "policy.yaml", before, before+"    warmup: known\n"))
	if len(faults) != 0 || p.Invariants[0].Warmup.Value != policy.WarmupKnown {
		t.Errorf("%v", faults)
	}
	_, faults = policy.Load(edited(t, pack(t), "policy.yaml", before, before+"    warmup: maybe\n"))
	if !strings.Contains(faults.Error(), `invariant A1: the warmup "maybe" is not known`) {
		t.Errorf("%v", faults)
	}
}

func TestConfirmationsAreCountedAndBounded(t *testing.T) {
	const before = "    for: 1\n"
	p, faults := policy.Load(edited(t, pack(t), "policy.yaml", before, before+"    confirmations: 12\n"))
	if len(faults) != 0 || p.Invariants[0].Confirmations != 12 {
		t.Errorf("%v", faults)
	}
	for _, bad := range []string{"257", "-1", "many"} {
		_, faults = policy.Load(edited(t, pack(t), "policy.yaml", before, before+"    confirmations: "+bad+"\n"))
		if !strings.Contains(faults.Error(), "confirmations") {
			t.Errorf("%s: %v", bad, faults)
		}
	}
}

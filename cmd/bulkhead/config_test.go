package main

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	ethereum "github.com/ethereum/go-ethereum"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/settings"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// served is a drill's chain with a ready config.yaml, as drill --serve writes it.
type served struct {
	*rehearsal.Run
	config string
}

func serveForTest(t *testing.T) served {
	t.Helper()
	r, err := rehearsal.Start(t.Context(), rehearsal.Options{Seed: 1, Folder: t.TempDir(), Runbooks: runbooks.Embedded, Operator: ops.Operator{Name: "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	config, err := writeConfig(r)
	if err != nil {
		t.Fatal(err)
	}
	return served{r, config}
}

// change rewrites a file of the pack.
func (s served) change(t *testing.T, file string, pairs ...string) {
	t.Helper()
	path := filepath.Join(s.Folder, file)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(string(b), pairs[i]) {
			t.Fatalf("%s does not hold %q", file, pairs[i])
		}
		b = []byte(strings.ReplaceAll(string(b), pairs[i], pairs[i+1]))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckAgreesWithTheChainAndExitsByWhatItFinds(t *testing.T) {
	s := serveForTest(t)
	code, out, talk := program(t, "check", "-c", s.config, "--json")
	if code != exitOK {
		t.Fatalf("healthy: exit %d: %s", code, talk)
	}
	doc := agree(t, s, out)
	if len(doc.Findings) < 7 {
		t.Errorf("%d findings", len(doc.Findings))
	}
	for range 45 { // into the drain
		if _, err := s.Drill.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	code, out, talk = program(t, "check", "-c", s.config, "--json")
	if code != exitBreach {
		t.Fatalf("drained: exit %d: %s", code, talk)
	}
	agree(t, s, out)
	if code, out, _ := program(t, "check", "-c", s.config); code != exitBreach || !strings.Contains(out, "A1 BREACH") {
		t.Errorf("as lines: exit %d, %q", code, out)
	}
}

// agree reads A1's two sides by plain eth_calls at the block that check names.
func agree(t *testing.T, s served, out string) checkJSON {
	t.Helper()
	var doc checkJSON
	decoder := json.NewDecoder(strings.NewReader(out))
	if err := decoder.Decode(&doc); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	client, err := ethclient.Dial(s.Drill.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	read := func(signature string) *big.Int {
		vault := drill.Addresses().Vault
		b, err := client.CallContract(t.Context(), ethereum.CallMsg{To: &vault, Data: crypto.Keccak256([]byte(signature))[:4]}, new(big.Int).SetUint64(doc.At.Number))
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(b)
	}
	bound := new(big.Rat).Mul(new(big.Rat).SetInt(read("totalSupply()")), big.NewRat(999, 1000))
	for _, f := range doc.Findings {
		if f.ID != "A1" {
			continue
		}
		if f.Observed != read("totalAssets()").String() || f.Threshold != bound.RatString() || f.Block != doc.At.Number {
			t.Errorf("A1 says %s ≥ %s at %d; the chain says %s and %s", f.Observed, f.Threshold, f.Block, read("totalAssets()"), bound.RatString())
		}
		return doc
	}
	t.Error("A1 is missing")
	return doc
}

func TestBlindIsUnknownAndNotOK(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "config.yaml", s.Drill.HTTP(), "http://127.0.0.1:1")
	if code, _, talk := program(t, "check", "-c", s.config, "--json"); code != exitUnknown {
		t.Errorf("exit %d: %s", code, talk)
	}
}

// Wrong in five places: all five are said, each with its file, line and column,
// and nothing is started.
func TestFiveMistakesAreSaidAtOnce(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "config.yaml", "journal: console", "jurnal: console")
	s.change(t, "policy.yaml",
		"0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa", "0xe8057ca9997Bf46a37B6eB501B463b3b34db45AA",
		"vault.totalAssets() >= vault.totalSupply() * 0.999", "vault.totalAsets() >= vault.totalSupply() * 0.999",
		"    action: freeze-vault # while it can still be paid for\n", "",
		`guardian: "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"`, "guardian: 0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B")
	code, out, talk := program(t, "console", "-c", s.config)
	if code != exitConfig || out != "" {
		t.Errorf("exit %d, %q", code, out)
	}
	for _, want := range []string{
		`has no key "jurnal": "journal" is meant?`,
		"the checksum of 0xe8057ca9997Bf46a37B6eB501B463b3b34db45AA is wrong",
		`vault has no function "totalAsets"`,
		"invariant G1 has no action: that is documentation, not a control",
		"guardian is an unquoted 0x…: YAML turns it into a number",
		"policy.yaml:10:38: vault:", "policy.yaml:43:18: A1:", "policy.yaml:21:13: guardian", "nothing was started", "^",
	} {
		if !strings.Contains(talk, want) {
			t.Errorf("%q is not said in:\n%s", want, talk)
		}
	}
	if _, err := os.Stat(filepath.Join(s.Folder, "console")); err == nil {
		t.Error("the journal was made")
	}
}

func TestEachMistakeHasItsOwnMessage(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		pairs []string
		code  int
		want  string
	}{
		"another chain":            {"policy.yaml", []string{"{id: 7331001}", "{id: 7331002}"}, exitConfig, "serves chain 7331001, the policy says 7331002"},
		"an address without code":  {"policy.yaml", []string{"0x9304872dA4E240da0defaFa6449D356B7b1AF28A", "0x00000000219ab540356cBB839Cbe05303d7705Fa"}, exitConfig, "token: there is no contract at"},
		"a function the ABI lacks": {"runbooks/freeze-vault.yaml", []string{"call: vault.pause()", "call: vault.pauze()"}, exitConfig, `vault has no function "pauze"`},
		"a call that only reads":   {"runbooks/freeze-vault.yaml", []string{"call: vault.pause()", "call: vault.paused()"}, exitConfig, "only reads"},
		"an unknown runbook":       {"policy.yaml", []string{"action: cancel-operation", "action: cancel-it"}, exitConfig, `answered by "cancel-it", and no runbook has that name`},
		"a release that lies":      {"release.yaml", []string{`args: ["1000000000000000000000"]`, `args: ["2000000000000000000000"]`}, exitConfig, "its id is not that of its calls"},
		"a password in the open":   {"config.yaml", []string{`"file:password"`, `"drill"`}, exitConfig, "secrets are references"},
		"a keystore for all":       {"config.yaml", []string{"keystore: guardian.json", "keystore: config.yaml"}, exitConfig, "is not a keystore file"},
		"two actions on a key":     {"config.yaml", []string{"pack: .", "pack: .\nbindings: {quit: [\"?\"]}"}, exitConfig, "does both help and quit"},
		"a runbook's key":          {"config.yaml", []string{"pack: .", "pack: .\nbindings: {quit: [F]}"}, exitConfig, "a runbook is started with it"},
		"a newer version":          {"policy.yaml", []string{"version: 1", "version: 2"}, exitConfig, "this program reads version 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveForTest(t)
			s.change(t, c.file, c.pairs...)
			code, _, talk := program(t, "console", "--plain", "-c", s.config)
			if code != c.code || !strings.Contains(talk, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s", code, c.code, c.want, talk)
			}
		})
	}
}

// A runbook that nothing uses is a warning: it stops nothing.
func TestAnUnusedRunbookIsAWarning(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "runbooks/cancel-operation.yaml", "name: cancel-operation", "name: cancel-something")
	s.change(t, "policy.yaml", "action: cancel-operation", "action: freeze-vault")
	code, _, talk := program(t, "check", "-c", s.config)
	if code != exitOK || !strings.Contains(talk, "warning: no invariant, detector or canary is answered by cancel-something") {
		t.Errorf("exit %d:\n%s", code, talk)
	}
}

func TestAJournalThatCannotBeWrittenRefusesToStart(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "config.yaml", "journal: console", "journal: config.yaml/console")
	if code, _, talk := program(t, "console", "--plain", "-c", s.config); code != exitRefused || !strings.Contains(talk, "the journal cannot be written") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

// The example is loadable as it stands.
func TestTheExampleHoldsEverySettingAndLoads(t *testing.T) {
	s, faults := settings.Load(filepath.Join("..", "..", "config.example.yaml"))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if len(s.Chains) != 1 || s.Chains[0].Name != "mainnet" || s.Chains[0].Endpoints[0].WS == "" || s.Chains[0].BlockTime == 0 || len(s.Keys) != 2 || s.OwnKey == "" || s.Owners.Big().Sign() == 0 || len(s.Bindings) == 0 || s.ArmFor == 0 {
		t.Errorf("%+v", s)
	}
}

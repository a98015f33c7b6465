package engine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// pack is the drill's pack and runbooks, put together from the files of the tree,
// with a text put before the timelocks and one invariant's condition replaced.
func pack(t testing.TB, before, holds string) fstest.MapFS {
	t.Helper()
	read := func(parts ...string) []byte {
		b, err := os.ReadFile(filepath.Join(parts...))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	policy := strings.Replace(string(read("..", "drill", "pack", "policy.yaml")), "timelocks:\n", before+"timelocks:\n", 1)
	const was = "holds: vault.totalAssets() == token.balanceOf(vault)\n"
	if !strings.Contains(policy, was) {
		t.Fatalf("the policy has no %q", was)
	}
	out := fstest.MapFS{
		"policy.yaml":  {Data: []byte(strings.Replace(policy, was, "holds: "+holds+"\n", 1))},
		"release.yaml": {Data: read("..", "drill", "pack", "release.yaml")},
	}
	for name, file := range map[string]string{
		"Vault": "VaultV2", "Token": "Token", "TimelockController": "TimelockController",
		"Breaker": "Breaker", "Treasury": "Treasury", "Till": "Till", "Bridge": "Bridge", "Router": "Router", "Savings": "SavingsV2",
	} {
		var artifact struct {
			ABI json.RawMessage `json:"abi"`
		}
		if err := json.Unmarshal(read("..", "drill", "contracts", "out", file+".json"), &artifact); err != nil {
			t.Fatal(err)
		}
		out["abi/"+name+".json"] = &fstest.MapFile{Data: artifact.ABI}
	}
	books, err := filepath.Glob(filepath.Join("..", "..", "runbooks", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range books {
		out["runbooks/"+filepath.Base(b)] = &fstest.MapFile{Data: read(b)}
	}
	return out
}

func TestAnInvariantNamesAMeasureOfThePolicy(t *testing.T) {
	const measures = "measures:\n  held: token.balanceOf(vault)\n  gap: told - held\n  told: vault.totalAssets()\n"
	if _, faults := engine.LoadRules(pack(t, measures, "abs(gap) == 0")); faults.Err() != nil {
		t.Error(faults)
	}
	for holds, want := range map[string]string{
		"abs(gab) == 0": `E1: nothing is called "gab"`,
		"gap == vault":  "E1: vault is a contract, not a value",
	} {
		if _, faults := engine.LoadRules(pack(t, measures, holds)); faults.Err() == nil || !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: %v", holds, faults)
		}
	}
}

func TestAMeasuresFaultIsToldOnceWhereItStands(t *testing.T) {
	_, faults := engine.LoadRules(pack(t, "measures:\n  held: token.balanceOf(vualt)\n", "held == vault.totalAssets()"))
	found := 0
	for _, f := range faults {
		if f.Warning {
			continue
		}
		if found++; f.Column != 25 || f.Message != `measure held: nothing is called "vualt"` || !strings.Contains(f.Hint, "^") {
			t.Errorf("%+v", f)
		}
	}
	if found != 1 {
		t.Errorf("%v", faults)
	}
}

// What needs a memory is for invariants; a runbook's conditions have none.
func TestAnInvariantMayLookBack(t *testing.T) {
	const holds = "top_share(vault.Withdraw.assets, owner, 3, 1h) <= 50% || peak < 5"
	const measures = "measures:\n  peak: max(vault.totalAssets(), 1h)\n"
	if _, faults := engine.LoadRules(pack(t, measures, holds)); faults.Err() != nil {
		t.Error(faults)
	}
	if _, faults := engine.LoadRules(pack(t, measures, "peak > 1\n    warmup: known")); faults.Err() != nil {
		t.Error(faults)
	}
	if _, faults := engine.LoadRules(pack(t, "", "vault.totalAssets() > 1\n    warmup: known")); faults.Err() == nil || !strings.Contains(faults.Error(), "it looks back at nothing") {
		t.Error(faults)
	}
}

// A step that cancels names a timelock of the policy and a parameter, and is proven as
// its kind of timelock proves it.
func TestAStepThatCancelsNamesATimelockAndAnOperation(t *testing.T) {
	const call, effect = "call: cancel(T1, operation)", "cancelled(T1, operation) == true"
	for name, c := range map[string]struct{ from, to, want string }{
		"as it should be":      {"", "", ""},
		"no timelock":          {call, "call: cancel(T9, operation)", `no timelock has the id "T9"`},
		"no parameter":         {call, "call: cancel(T1, what)", "what is no parameter of 32 bytes"},
		"another effect":       {"expect: " + effect, "expect: timelock.isOperationPending(operation) == false", "each kind of timelock proves in its own way"},
		"another operation":    {`holds: "` + effect, `holds: "cancelled(T1, other) == true`, "contained_when waits for what no step brings about"},
		"an address":           {"bytes32", "address", "operation is no parameter of 32 bytes"},
		"what loosens":         {"effect: restricts", "effect: loosens", "to cancel is to restrict"},
		"an older containment": {`holds: "` + effect, `holds: "timelock.isOperationPending(operation) == false`, ""},
	} {
		p := pack(t, "", "vault.totalAssets() >= 0")
		text := strings.NewReplacer(
			"call: timelock.cancel(operation)", call, "expect: timelock.isOperationPending(operation) == false", "expect: "+effect,
			"holds: timelock.isOperationPending(operation) == false", `holds: "`+effect+`"`,
		).Replace(string(p["runbooks/cancel-operation.yaml"].Data))
		if !strings.Contains(text, c.from) {
			t.Fatalf("%s: %q is not there", name, c.from)
		}
		p["runbooks/cancel-operation.yaml"].Data = []byte(strings.Replace(text, c.from, c.to, 1))
		_, faults := engine.LoadRules(p)
		if err := faults.Err(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is found in one timelock is not answered in another: there the id is of nothing,
// and looks cancelled already.
func TestAnAnswerThatActsOnAnotherTimelockIsRefused(t *testing.T) {
	for action, want := range map[string]string{
		"freeze-vault":     "",
		"cancel-operation": "detector Q2 watches T2, and cancel-operation acts on another timelock",
	} {
		p := pack(t, "", "vault.totalAssets() >= 0")
		p["policy.yaml"].Data = []byte(strings.NewReplacer(
			"contracts:\n", "contracts:\n  second: {chain: drill, address: \"0x842CeF8Aa011d0624a6F8705d3323D4DAE1FaeB4\", abi: abi/TimelockController.json}\n",
			"timelocks:\n", "timelocks:\n  - {id: T2, kind: oz, contract: second, from_block: 0, min_delay: 1h}\n",
			"detectors:\n", "detectors:\n  - {id: Q2, title: Only what was approved waits, kind: queue, class: queue, severity: critical, owner: security, timelock: T2, action: "+action+"}\n",
		).Replace(string(p["policy.yaml"].Data)))
		_, faults := engine.LoadRules(p)
		if err := faults.Err(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", action, err)
		}
	}
}

package main

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

func TestTheQueueIsListedAndShownWithoutAScreen(t *testing.T) {
	s := serveForTest(t)
	code, out, talk := program(t, "timelock", "list", "-c", s.config)
	if code != exitOK || !strings.Contains(out, "T1 timelock "+drill.Addresses().Timelock.Hex()+" on drill, minimum delay 48 h, the policy's 48 h, 1 operation waits\n") || !strings.Contains(out, "  T1·95 WAITING vault.setDepositCap(1000e18), approved: ✓ vault-v2 O2\n") {
		t.Fatalf("calm: exit %d: %s%s", code, out, talk)
	}
	for range 20 { // until the proposer was phished
		if _, err := s.Drill.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	code, out, talk = program(t, "timelock", "list", "-c", s.config, "--json")
	var doc timelockJSON
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitBreach || len(doc.Operations) != 3 || doc.MinDelay != 48*3600 || doc.ID != "T1" {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, talk)
	}
	var rogue operationJSON
	for _, o := range doc.Operations {
		if o.Approved == ops.Breach {
			rogue = o
		}
	}
	if len(rogue.Hazards) < 3 || rogue.Hazards[0].Kind != ops.HazardUnexpected || rogue.Proposer == nil || *rogue.Proposer != drill.Address(drill.Proposer) {
		t.Fatalf("%+v", rogue)
	}
	for _, name := range []string{rogue.Short, strings.ReplaceAll(strings.ToLower(rogue.Short), "·", "."), rogue.ID.Hex(), rogue.ID.Hex()[:12]} {
		code, out, _ = program(t, "timelock", "show", name, "-c", s.config)
		for _, want := range []string{
			"wrong      ✖ unexpected: is in no approved release\n", "✖ self: call 1 is to the timelock itself: grantRole\n", "✖ role: call 1 changes who may do what: timelock.grantRole(EXECUTOR_ROLE, " + drill.Address(drill.Mallory).Hex() + ")\n",
			"delay      48 h, the contract's minimum is 48 h\n", "by         " + drill.Address(drill.Proposer).Hex() + ", in transaction 0x", "id         " + rogue.ID.Hex() + "\n",
		} {
			if code != exitBreach || !strings.Contains(out, want) {
				t.Errorf("show %s: exit %d, and %q is missing in\n%s", name, code, want, out)
			}
		}
	}
	if code, out, _ := program(t, "timelock", "show", "T1·95", "-c", s.config, "--json"); code != exitOK || !strings.Contains(out, `"approved_as":"vault-v2 O2"`) {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, talk := program(t, "timelock", "show", "T1·zz", "-c", s.config); code != exitUsage || !strings.Contains(talk, "there are T1·95") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.change(t, "config.yaml", s.Drill.HTTP(), "http://127.0.0.1:1")
	for _, args := range [][]string{{"list"}, {"show", "T1·95"}} {
		if code, _, talk := program(t, append(append([]string{"timelock"}, args...), "-c", s.config)...); code != exitUnknown || !strings.Contains(talk, "drill: ") {
			t.Errorf("%v blind: exit %d: %s", args, code, talk)
		}
	}
}

func TestCalldataIsDecodedWithoutAChain(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "config.yaml", s.Drill.HTTP(), "http://127.0.0.1:1")
	vault := drill.Addresses().Vault
	limit := contracts.VaultV2().Call("setDepositCap", new(big.Int).Mul(big.NewInt(5), big.NewInt(1e18)))
	batch := hexutil.Encode(contracts.Timelock().Call("schedule", vault, new(big.Int), limit, [32]byte{}, [32]byte{}, big.NewInt(3600)))
	file := filepath.Join(t.TempDir(), "calldata")
	if err := os.WriteFile(file, []byte(batch+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   string
		args []string
		code int
		want string
	}{
		{"whose it may be", "", []string{batch}, exitOK, "call 1     schedule(predecessor none, salt 0x" + strings.Repeat("0", 64) + ", delay 1h, 1 call)\n           on timelock "},
		{"what it carries", "", []string{batch}, exitOK, "1.1          setDepositCap(5e18)\n             on vault " + vault.Hex() + ", value 0\n"},
		{"from a file", "", []string{"--file", file}, exitOK, "setDepositCap(5e18)"},
		{"from standard input", batch, []string{"--file", "-"}, exitOK, "setDepositCap(5e18)"},
		{"for a contract by its name", "", []string{batch, "--to", "timelock"}, exitOK, "schedule("},
		{"for another, of which nothing is known", "", []string{batch, "--to", "0x00000000000000000000000000000000000000ff"}, exitOK, "looks like schedule("},
		{"as one object", "", []string{batch, "--json"}, exitOK, `"words":"setDepositCap(5e18)"`},
		{"cut off", "", []string{batch[:200]}, exitUnknown, "schedule(undecodable)"},
		{"of nothing that is known", "", []string{"0x01020304"}, exitUnknown, "0x01020304"},
		{"no hex", "", []string{"0xzz"}, exitUsage, ""},
		{"half a byte", "", []string{"0x1"}, exitUsage, ""},
		{"nothing", "", nil, exitUsage, ""},
		{"both", "", []string{batch, "--file", file}, exitUsage, ""},
		{"a file that is not there", "", []string{"--file", file + "x"}, exitUsage, ""},
		{"a contract that is not there", "", []string{batch, "--to", "nobody"}, exitUsage, ""},
	} {
		code, out, talk := typed(t, c.in, append([]string{"timelock", "decode", "-c", s.config}, c.args...)...)
		if code != c.code || !strings.Contains(out, c.want) || code == exitUsage && talk == "" {
			t.Errorf("%s: exit %d: %s%s", c.name, code, out, talk)
		}
	}
}

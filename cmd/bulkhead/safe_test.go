package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	multisig "github.com/bulkhead-console/bulkhead/ops/safe"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// councilForTest is a drill with a Safe of three owners, whose keystores the settings
// name, and a vault that only the Safe can pause.
func councilForTest(t *testing.T) (served, *safetest.Chamber) {
	t.Helper()
	s := serveForTest(t)
	c := safetest.Deploy(t, s.Drill.HTTP(), "1.4.1", func() {
		if _, err := s.Drill.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	c.Write(s.Folder)
	if err := rehearsal.Sign(s.Folder); err != nil {
		t.Fatal(err)
	}
	var keys strings.Builder
	for _, name := range safetest.Members {
		fmt.Fprintf(&keys, "\n  - {name: %s, keystore: %s.json, password: \"file:password\"}", name, name)
	}
	s.change(t, "config.yaml", "keys:", "keys:"+keys.String())
	return s, c
}

// show is what `safe show --json` says of R8.
func (s served) show(t *testing.T, more ...string) (out safeJSON) {
	t.Helper()
	code, text, talk := program(t, append([]string{"safe", "show", "R8", "-c", s.config, "--json"}, more...)...)
	if err := json.Unmarshal([]byte(text), &out); code != exitOK || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, text, talk)
	}
	return out
}

// Two owners sign for a runbook, one with a keystore and one with a wallet elsewhere;
// then it is ready. A routine transaction would take that away, and is said to.
func TestOwnersSignForARunbookWithoutAnyService(t *testing.T) {
	s, c := councilForTest(t)
	tx := multisig.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: c.Vault, Data: []byte{0x84, 0x56, 0xcb, 0x59}}
	first := s.show(t)
	if first.Hash != tx.Hash() || first.Domain != tx.Domain() || first.Message != tx.Message() || first.Threshold != 2 || len(first.Signed) != 0 || len(first.Missing) != 3 || first.Enough || first.Reverts != "" {
		t.Fatalf("%+v", first)
	}
	code, out, talk := program(t, "safe", "show", "R8", "-c", s.config)
	for _, want := range []string{tx.Hash().Hex(), tx.Domain().Hex(), tx.Message().Hex(), "second.pause()", "never a delegatecall", "0, the Safe's next", "0 of 2 signatures", "it succeeds", c.Singleton.Hex()} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d: %q is not said in\n%s%s", code, want, out, talk)
		}
	}
	if code, out, talk := program(t, "safe", "sign", "R8", "-c", s.config, "--key", drill.Command); code != exitOK || !strings.Contains(out, "1 of 2 signatures") || !strings.Contains(talk, tx.Hash().Hex()) {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	if code, _, _ := program(t, "runbook", "simulate", "R8", "-c", s.config); code != exitRefused {
		t.Errorf("one signature: exit %d", code)
	}
	code, typed, talk := program(t, "safe", "show", "R8", "-c", s.config, "--typed-data")
	var data apitypes.TypedData
	if err := json.Unmarshal([]byte(typed), &data); code != exitOK || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, typed, talk)
	}
	if hash, _, err := apitypes.TypedDataAndHash(data); err != nil || hexutil.Encode(hash) != tx.Hash().Hex() {
		t.Fatalf("a wallet would sign %#x, %v", hash, err)
	}
	elsewhere := safetest.Signed(t, drill.Release, tx)
	if code, out, talk := program(t, "safe", "add", "R8", "-c", s.config, "--signature", hexutil.Encode(elsewhere.Bytes[:])); code != exitOK || !strings.Contains(out, "2 of 2 signatures") {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	if both := s.show(t); !both.Enough || len(both.Signed) != 2 || len(both.Missing) != 1 {
		t.Errorf("%+v", both)
	}
	if code, out, talk := program(t, "runbook", "simulate", "R8", "-c", s.config); code != exitOK || !strings.Contains(out, tx.Hash().Hex()) {
		t.Errorf("two signatures: exit %d: %s%s", code, out, talk)
	}
	if code, out, talk := program(t, "safe", "sign", "R8", "-c", s.config, "--key", drill.Security, "--nonce", "2"); code != exitOK || !strings.Contains(out, "nonce 2") {
		t.Fatalf("a later nonce: exit %d: %s%s", code, out, talk)
	}
	code, out, talk = program(t, "safe", "list", "-c", s.config)
	for _, want := range []string{"nonce 0    R8.1 second.pause()  ALIVE  2 of 2", "nonce 2    R8.1 second.pause()  SHORT  1 of 2", "takes nonce 0 voids R8.1 second.pause() (2 signatures)"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d: %q is not said in\n%s%s", code, want, out, talk)
		}
	}
	routine := multisig.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: drill.Address(drill.Operator)}
	c.Send(c.Safe, safetest.Carried(t, routine, drill.Security, drill.Release))
	if code, out, _ := program(t, "safe", "list", "-c", s.config); code != exitOK || !strings.Contains(out, "VOID: the nonce is used") || !strings.Contains(out, "takes nonce 1 voids nothing") {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out, _ = program(t, "safe", "list", "-c", s.config, "--json")
	var set setJSON
	if err := json.Unmarshal([]byte(strings.Split(out, "\n")[0]), &set); code != exitOK || err != nil || set.Worth != "VOID" || set.Alive || set.Current != 1 || set.Signed != 2 {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
}

func TestWhatNoOwnerSignedIsNotKept(t *testing.T) {
	s, c := councilForTest(t)
	tx := multisig.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: c.Vault, Data: []byte{0x84, 0x56, 0xcb, 0x59}}
	good := safetest.Signed(t, drill.Release, tx).Bytes
	of := func(change func(b []byte)) string {
		b := good
		change(b[:])
		return hexutil.Encode(b[:])
	}
	later := tx
	later.Nonce = 1
	stranger, other := safetest.Signed(t, drill.Mallory, tx).Bytes, safetest.Signed(t, drill.Release, later).Bytes
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"a stranger's":      {[]string{"add", "R8", "--signature", hexutil.Encode(stranger[:])}, exitRefused, "who is no owner"},
		"of another nonce":  {[]string{"add", "R8", "--signature", hexutil.Encode(other[:])}, exitRefused, "who is no owner"},
		"a contract's":      {[]string{"add", "R8", "--signature", of(func(b []byte) { b[64] = 0 })}, exitRefused, "EIP-1271"},
		"approved on chain": {[]string{"add", "R8", "--signature", of(func(b []byte) { b[64] = 1 })}, exitRefused, "approveHash"},
		"no hex":            {[]string{"add", "R8", "--signature", "0xzz"}, exitUsage, "hexadecimal"},
		"no owner's key":    {[]string{"sign", "R8", "--key", "guardian"}, exitRefused, "is no owner of the Safe"},
		"no key":            {[]string{"sign", "R8"}, exitUsage, "--key"},
		"no such key":       {[]string{"sign", "R8", "--key", "nobody"}, exitConfig, "no keystore"},
		"no Safe":           {[]string{"show", "R1"}, exitRefused, "no such step with a lane of the kind safe"},
		"no such step":      {[]string{"show", "R8", "--step", "R8.9"}, exitRefused, "R8.9"},
		"no nonce":          {[]string{"show", "R8", "--nonce", "soon"}, exitUsage, "--nonce soon"},
		"no such runbook":   {[]string{"show", "R9"}, exitUsage, "no runbook is called"},
	} {
		code, out, talk := program(t, append([]string{"safe"}, append(c.args, "-c", s.config)...)...)
		if code != c.code || !strings.Contains(talk, c.says) || out != "" {
			t.Errorf("%s: exit %d: %s%s", name, code, out, talk)
		}
	}
	kept, err := filepath.Glob(filepath.Join(s.Folder, "*", "safe", "*"))
	if err != nil || len(kept) != 0 {
		t.Errorf("%v, %v", kept, err)
	}
}

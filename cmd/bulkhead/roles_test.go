package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// What is printed is a baseline: signed as it is, nothing is beyond it.
func TestRolesPrintsABaseline(t *testing.T) {
	s := serveForTest(t)
	path := filepath.Join(s.Folder, "roles.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nholds: {vault: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.change(t, "policy.yaml", "\ncanary:\n", "\n  - {id: R1, title: Nobody has a right too many, kind: authorization, class: authorization, severity: high, owner: security, watch: [vault, treasury, timelock], baseline: roles.yaml, action: freeze-vault}\ncanary:\n")
	if code, out, _ := program(t, "check", "-c", s.config); code != exitBreach || !strings.Contains(out, "PAUSER_ROLE") {
		t.Fatalf("with an empty baseline: exit %d: %s", code, out)
	}
	code, out, talk := program(t, "roles", "-c", s.config)
	if code != exitOK || !strings.Contains(out, "    \"PAUSER_ROLE\":\n      - \""+drill.Address(drill.Guardian).Hex()+"\"\n") || !strings.HasPrefix(out, "version: 1\nholds:\n  # drill at #") {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, talk := program(t, "check", "-c", s.config); code != exitOK {
		t.Errorf("with what is: exit %d: %s%s", code, out, talk)
	}
	s.change(t, "policy.yaml", "baseline: roles.yaml, ", "")
	if code, _, talk := program(t, "check", "-c", s.config); code != exitConfig || !strings.Contains(talk, `detector R1 lacks "baseline"`) {
		t.Errorf("without one: exit %d: %s", code, talk)
	}
}

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/drill"
)

func TestTheScenariosAreListedForPeopleAndPrograms(t *testing.T) {
	code, out, talk := program(t, "drill", "--list")
	if code != exitOK || talk != "" {
		t.Fatalf("exit %d: %s", code, talk)
	}
	at := -1
	for _, s := range drill.Scenarios() {
		next := strings.Index(out, s.Name)
		if next <= at || !strings.Contains(out, s.Says) || !strings.Contains(out, s.Lost) {
			t.Errorf("%s is missing or out of order in\n%s", s.Name, out)
		}
		at = next
	}
	code, out, _ = program(t, "drill", "--list", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitOK || len(lines) != len(drill.Scenarios()) {
		t.Fatalf("exit %d, %d lines", code, len(lines))
	}
	for i, line := range lines {
		var p playable
		if err := json.Unmarshal([]byte(line), &p); err != nil || p.Scenario != drill.Scenarios()[i].Name || p.Runbook == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// A scenario without a screen ends as the default one does: 0 contained, 4 not.
func TestAScenarioIsPlayedByItsName(t *testing.T) {
	for _, c := range []struct {
		responder string
		code      int
	}{{"auto", exitOK}, {"none", exitBreach}} {
		code, out, talk := program(t, "drill", "--headless", "--json", "--scenario", "stolen-key", "--broken", "dust", "--responder", c.responder, "--folder", filepath.Join(t.TempDir(), "d"))
		var r result
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != c.code || r.Scenario != "stolen-key" || r.Contained != (c.code == exitOK) {
			t.Errorf("%s: exit %d, %v: %s%s", c.responder, code, err, out, talk)
		}
	}
}

func TestAScenarioThatThereIsNotIsAWrongUse(t *testing.T) {
	for _, args := range [][]string{{"--scenario", "no-such"}, {"--broken", "dust"}, {"--scenario", "bent-price", "--broken", "target"}} {
		code, _, talk := program(t, append([]string{"drill", "--headless", "--folder", t.TempDir()}, args...)...)
		if code != exitUsage || !strings.Contains(talk, "bulkhead drill --list") {
			t.Errorf("%v: exit %d: %s", args, code, talk)
		}
	}
}

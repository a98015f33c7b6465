package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
)

func TestRunbooksAreListedShownAndSimulated(t *testing.T) {
	s := serveForTest(t)
	code, out, talk := program(t, "runbook", "list", "-c", s.config, "--json")
	var first runbookJSON
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&first); err != nil || code != exitOK || first.ID != "R1" || first.Steps != 2 || first.Answers[0] != "A1" {
		t.Errorf("exit %d, %v, %+v: %s", code, err, first, talk)
	}
	if code, out, _ := program(t, "runbook", "show", "cancel-operation", "-c", s.config); code != exitOK || !strings.Contains(out, "call cancel(T1, operation)") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, talk := program(t, "runbook", "show", "R9", "-c", s.config); code != exitUsage || !strings.Contains(talk, "R1 freeze-vault") {
		t.Errorf("exit %d: %s", code, talk)
	}
	code, out, _ = program(t, "runbook", "simulate", "R1", "-c", s.config)
	if code != exitOK || !strings.Contains(out, "vault.paused()  false → true") || !strings.Contains(out, "ready        READY") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.change(t, "runbooks/freeze-vault.yaml", "vault.pause()", "vault.unpause()") // which no lane may call
	if code, out, _ := program(t, "runbook", "simulate", "R1", "-c", s.config, "--json"); code != exitRefused || !strings.Contains(out, `"ready":"DEAD"`) {
		t.Errorf("exit %d: %s", code, out)
	}
}

// typed runs the program with what a person types.
func typed(t *testing.T, text string, args ...string) (code int, out, talk string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(text), &o, &e)
	return code, o.String(), e.String()
}

// What a key does in the console, run does without a screen: the same dialog, the
// same phrase, the same way to the end.
func TestARunbookIsRunWithoutAScreen(t *testing.T) {
	s := serveForTest(t)
	args := []string{"runbook", "run", "R1", "-c", s.config, "--reason", "a drill"}
	if code, _, talk := typed(t, "drill freeze\n", args...); code != exitRefused || !strings.Contains(talk, "nothing was sent") {
		t.Fatalf("a wrong phrase: exit %d: %s", code, talk)
	}
	if code, _, talk := typed(t, "", args...); code != exitRefused || !strings.Contains(talk, "nothing was typed") {
		t.Fatalf("no phrase: exit %d: %s", code, talk)
	}
	code, out, talk := s.sealing(t, func() (int, string, string) { return typed(t, "drill freeze vault\n", args...) })
	if code != exitOK || !strings.Contains(out, ops.StageContained.String()) || !strings.Contains(out, "R1.2 Freeze promotion DONE") {
		t.Errorf("exit %d: %s%s", code, out, talk)
	}
}

// The second person reads the same plan, types the same phrase, and leaves a
// signature that whoever runs it can take in.
func TestTheSecondPersonSignsThePlanThatIsShown(t *testing.T) {
	s := serveForTest(t)
	file := filepath.Join(t.TempDir(), "ada.json")
	args := []string{"runbook", "second", "R1", "-c", s.config, "--out", file}
	if code, _, talk := typed(t, "drill freeze\n", args...); code != exitRefused || !strings.Contains(talk, "nothing was signed") {
		t.Errorf("a wrong phrase: exit %d: %s", code, talk)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a wrong phrase was signed")
	}
	code, _, talk := typed(t, "drill freeze vault\n", args...)
	b, err := os.ReadFile(file)
	if code != exitOK || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, talk)
	}
	var second engine.Second
	if err := json.Unmarshal(b, &second); err != nil {
		t.Fatal(err)
	}
	who, err := second.Statement().Signer(second.Signature)
	if err != nil || who != drill.Address(drill.Operator) || second.Runbook != "R1" || !strings.Contains(talk, second.Plan.Hex()[2:6]) {
		t.Errorf("%s, %v: %s", who, err, b)
	}
}

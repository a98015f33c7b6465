package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// ladderForTest is a drill whose vault is paused by a ladder, and by nothing else.
func ladderForTest(t *testing.T) served {
	t.Helper()
	s := serveForTest(t)
	s.change(t, "runbooks/freeze-vault.yaml", "guardian: {kind: keystore,", "guardian: {kind: presigned,")
	if err := rehearsal.Sign(s.Folder); err != nil {
		t.Fatal(err)
	}
	return s
}

// presign signs R1, or the runbook that the words name first, as the flags say.
func (s served) presign(t *testing.T, more ...string) (code int, out, talk string) {
	t.Helper()
	if len(more) == 0 || strings.HasPrefix(more[0], "-") {
		more = append([]string{"R1"}, more...)
	}
	return program(t, append([]string{"runbook", "presign", "-c", s.config, "--key", "guardian", "--password", "file:" + filepath.Join(s.Folder, "password"),
		"--out", filepath.Join(s.Folder, "ladder.json")}, more...)...)
}

// What is signed beforehand pauses the vault in the night, with no key on the machine.
func TestALadderSignedBeforehandPausesTheVault(t *testing.T) {
	s := ladderForTest(t)
	code, out, talk := s.presign(t, "--expires", "720h")
	if code != exitOK || strings.Count(out, "rung ") != 6 || !strings.Contains(out, "vault.pause()") || !strings.Contains(out, "until ") || strings.Contains(out, "0x02f8") {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	info, err := os.Stat(filepath.Join(s.Folder, "ladder.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if code, _, talk := s.presign(t); code != exitError || !strings.Contains(talk, "exists") {
		t.Errorf("over another ladder: exit %d: %s", code, talk)
	}
	s.change(t, "config.yaml", "{name: guardian, keystore: guardian.json,", "{name: ladder, presigned: ladder.json,")
	if err := os.Remove(filepath.Join(s.Folder, "guardian.json")); err != nil {
		t.Fatal(err)
	}
	l, err := load(s.config, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	live, err := l.start(t.Context(), l.chains[0], os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan error, 1)
	go func() { ended <- live.engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, live.close()); err != nil {
			t.Error(err)
		}
	})
	snapshots := live.engine.Snapshots(ctx)
	until := func(what string, holds func(ops.Snapshot) bool) ops.Snapshot {
		t.Helper()
		var last ops.Snapshot
		for last = range snapshots {
			if holds(last) {
				return last
			}
		}
		t.Fatalf("never %s: %+v", what, last.Board)
		return last
	}
	if _, err := s.Drill.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	until("ready", func(shot ops.Snapshot) bool {
		for _, line := range shot.Board {
			if line.Runbook == "R1" && line.State == ops.Ready {
				return true
			}
		}
		return false
	})
	if _, err := live.engine.Do(ctx, ops.Arm{Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	plan, err := live.engine.Prepare(ctx, "R1")
	if err != nil || len(plan.Refusals) > 0 || !strings.Contains(plan.Lane, "presigned") {
		t.Fatalf("%+v, %v", plan, err)
	}
	receipt, err := live.engine.Do(ctx, ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase})
	if err != nil || receipt.Stage < ops.StageSent || !strings.Contains(out, receipt.Tx.Hex()) {
		t.Fatalf("%s %s, %v: not what was signed beforehand:\n%s", receipt.Stage, receipt.Tx, err, out)
	}
	if _, err := s.Drill.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	until("in effect", func(shot ops.Snapshot) bool {
		return len(shot.Receipts) > 0 && shot.Receipts[0].Stage >= ops.StageInEffect && shot.Receipts[0].Stage != ops.StageFailed
	})
}

func TestWhatCannotBeSignedBeforehandIsSaid(t *testing.T) {
	s := ladderForTest(t)
	for name, c := range map[string]struct {
		flags []string
		code  int
		says  string
	}{
		"an open parameter": {[]string{"R2"}, exitRefused, "what only a finding knows"},
		"no such runbook":   {[]string{"R9"}, exitUsage, `no runbook is called "R9"`},
		"a control":         {[]string{"--step", "R1.2"}, exitRefused, "0 such steps"},
		"no such key":       {[]string{"--key", "nobody"}, exitConfig, "name no keystore"},
		"another's lane":    {[]string{"--key", "operator"}, exitRefused, "no lane of R1 is presigned by"},
		"too many rungs":    {[]string{"--rungs", "17"}, exitUsage, "1 to 16"},
		"no nonce":          {[]string{"--nonce", "soon"}, exitUsage, "--nonce soon"},
		"a password":        {[]string{"--password", "hunter2"}, exitRefused, "neither env:NAME nor file:path"},
	} {
		code, out, talk := s.presign(t, c.flags...)
		if code != c.code || !strings.Contains(talk, c.says) || out != "" {
			t.Errorf("%s: exit %d: %s%s", name, code, out, talk)
		}
		if _, err := os.Stat(filepath.Join(s.Folder, "ladder.json")); err == nil {
			t.Fatalf("%s: a ladder was written", name)
		}
	}
}

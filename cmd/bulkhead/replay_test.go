package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAReplayPrintsWhatChangedAndCounts(t *testing.T) {
	s := serveForTest(t)
	for range 60 {
		if _, err := s.Drill.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	head := s.Drill.Head().Number
	from := fmt.Sprint(head - 60)
	code, out, talk := program(t, "replay", "-c", s.config, "--from", from)
	if code != exitOK || !strings.Contains(out, " A1 ok → breach: ") || !strings.Contains(out, fmt.Sprintf("\n#%s to #%d\n", from, head)) || !strings.Contains(out, " dUSD, must be ≥ ") || strings.Contains(talk, "█") {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	var row string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "A1 ") {
			row = line
		}
	}
	if fields := strings.Fields(row); len(fields) < 5 || fields[4] != "1" || !strings.Contains(row, " dUSD and ") || !strings.Contains(row, "first breach #") {
		t.Errorf("A1's row is %q", row)
	}

	path := filepath.Join(t.TempDir(), "progress.json")
	code, out, talk = program(t, "replay", "-c", s.config, "--from", from, "--json", "--resume", path)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last struct {
		Kind    string
		Of      struct{ From, To uint64 }
		Next    uint64
		Tallies map[string]struct{ OK, Breach, Unknown, Breaches uint64 }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != exitOK || last.Kind != "summary" || last.Of.To != head || last.Next != head+1 || last.Tallies["A1"].Breaches != 1 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, talk)
	}
	if !strings.Contains(out, `"kind":"transition","was":"ok"`) {
		t.Errorf("no change is told: %s", out)
	}
	// It is done: nothing is told again, and the summary stands.
	code, again, _ := program(t, "replay", "-c", s.config, "--from", from, "--to", fmt.Sprint(head), "--json", "--resume", path)
	if code != exitOK || strings.Contains(again, "transition") || strings.TrimSpace(again) != lines[len(lines)-1] {
		t.Errorf("exit %d: %s", code, again)
	}
	if _, err := s.Drill.Step(t.Context()); err != nil { // and so it is when the chain has grown
		t.Fatal(err)
	}
	code, again, talk = program(t, "replay", "-c", s.config, "--from", from, "--json", "--resume", path)
	if code != exitOK || strings.TrimSpace(again) != lines[len(lines)-1] {
		t.Errorf("without --to: exit %d: %s%s", code, again, talk)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no first block":      {nil, exitUsage, "--from N"},
		"backwards":           {[]string{"--from", "9", "--to", "8"}, exitUsage, "it ends at #8 and begins at #9"},
		"the future":          {[]string{"--from", "99999999"}, exitUsage, "nothing to replay"},
		"an unknown chain":    {[]string{"--from", "1", "--chain", "moon"}, exitUsage, "there are drill"},
		"another's progress":  {[]string{"--from", "7", "--resume", path}, exitError, "is of another policy, release, chain or range"},
		"a folder that isn't": {[]string{"--from", from, "--resume", filepath.Join(path, "x")}, exitError, "cannot be"},
	} {
		if code, _, talk := program(t, append([]string{"replay", "-c", s.config}, tt.args...)...); code != tt.code || !strings.Contains(talk, tt.want) {
			t.Errorf("%s: exit %d: %s", name, code, talk)
		}
	}
	if raw, err := os.ReadFile(path); err != nil || !json.Valid(raw) {
		t.Error(err)
	}
}

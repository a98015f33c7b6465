package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// rewritten is a journal made anew of another's records, each hash true, with one word of
// one kind of record changed.
func rewritten(t *testing.T, from, kind, old, new string) string {
	t.Helper()
	records, torn, err := journal.Read(from)
	if err != nil || torn > 0 {
		t.Fatal(err, torn)
	}
	folder := t.TempDir()
	var at time.Time
	j, err := journal.Open(folder, journal.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	for _, r := range records {
		if at = r.Time; r.Kind == kind {
			changed = changed || bytes.Contains(r.Data, []byte(old))
			r.Data = bytes.ReplaceAll(r.Data, []byte(old), []byte(new))
		}
		if err := j.Write(r.Kind, r.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil || !changed {
		t.Fatalf("%v; changed: %t", err, changed)
	}
	return j.Path()
}

// A stranger with the files alone can check who armed the console of a drill, and that
// nothing of its journal was altered.
func TestAStrangerChecksAJournal(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "d")
	if code, _, talk := program(t, "drill", "--headless", "--folder", folder); code != exitOK {
		t.Fatalf("exit %d: %s", code, talk)
	}
	file, owners := filepath.Join(folder, "journal", journal.Name), filepath.Join(folder, "owners.yaml")
	renamed := filepath.Join(t.TempDir(), "who.yaml")
	whole, err := os.ReadFile(owners)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(renamed, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(want int, says string, args ...string) (out string) {
		t.Helper()
		code, out, talk := program(t, append([]string{"journal", "verify"}, args...)...)
		if code != want || !strings.Contains(out+talk, says) {
			t.Errorf("%v: exit %d, want %d: %s%s; want %q", args, code, want, out, talk, says)
		}
		return out
	}
	verify(exitOK, "no owners were named", file)
	verify(exitOK, drill.Address(drill.Operator).Hex(), file, "--owners", owners)
	verify(exitOK, "owners.yaml 0x", file, "--owners", renamed)
	var found struct {
		Records int     `json:"records"`
		Torn    int     `json:"torn_bytes"`
		Owners  *string `json:"owners_sha256"`
		Armings []struct {
			Problem string `json:"problem"`
		} `json:"armings"`
	}
	if err := json.Unmarshal([]byte(verify(exitOK, "", file, "--owners", owners, "--json")), &found); err != nil || found.Records < 10 || found.Owners == nil || len(found.Armings) != 1 || found.Armings[0].Problem != "" {
		t.Errorf("%+v, %v", found, err)
	}

	verify(exitRefused, "or it was altered", rewritten(t, file, "armed", `"reason":"`, `"reason":"not `), "--owners", owners)
	verify(exitRefused, "nobody signed it", rewritten(t, file, "armed", `"signature"`, `"scribble"`))
	stranger := bytes.ReplaceAll(whole, []byte(drill.Address(drill.Operator).Hex()), []byte(drill.Address(drill.Mallory).Hex()))
	if err := os.WriteFile(renamed, stranger, 0o600); err != nil {
		t.Fatal(err)
	}
	verify(exitRefused, "is nobody of owners.yaml", file, "--owners", renamed)

	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), journal.Name)
	for name, c := range map[string]struct {
		bytes []byte
		code  int
		says  string
	}{
		"a byte in the middle": {bytes.Replace(b, []byte("incident-opened"), []byte("incident-closed"), 1), exitRefused, "has been altered"},
		"a record is missing":  {append(bytes.Clone(b[:bytes.IndexByte(b, '\n')+1]), b[bytes.IndexByte(b, '\n')+1+bytes.IndexByte(b[bytes.IndexByte(b, '\n')+1:], '\n')+1:]...), exitRefused, "has been altered"},
		"half a record":        {b[:len(b)-9], exitUnknown, "are no record"},
		"nothing":              {nil, exitOK, "0 records"},
	} {
		if err := os.WriteFile(damaged, c.bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		verify(c.code, c.says, damaged)
	}
	verify(exitError, "no such file", filepath.Join(folder, "nowhere"))
	verify(exitError, "is no journal", folder)
	verify(exitConfig, "there is no", file, "--owners", filepath.Join(folder, "nowhere"))
	verify(exitUsage, "name the owners once", file, "--owners", owners, "-c", "config.yaml")
	verify(exitUsage, "")
}

// With -c the owners are those of the settings' pack, and the ones that the settings pin.
func TestAJournalIsCheckedAgainstTheOwnersOfTheSettings(t *testing.T) {
	s := packForTest(t)
	folder := filepath.Join(t.TempDir(), "d")
	if code, _, talk := program(t, "drill", "--headless", "--folder", folder); code != exitOK {
		t.Fatalf("exit %d: %s", code, talk)
	}
	file := filepath.Join(folder, "journal", journal.Name)
	if code, out, talk := program(t, "journal", "verify", file, "-c", s.config); code != exitOK || !strings.Contains(out, "owners.yaml 0x") {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	b, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	pinned := append(b, []byte("\nowners: \"0x"+strings.Repeat("11", 32)+"\"\n")...)
	if err := os.WriteFile(s.config, pinned, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, talk := program(t, "journal", "verify", file, "-c", s.config); code != exitRefused || !strings.Contains(talk, "the settings trust 0x1111") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

func TestDoctorSaysWhatTheProvidersCanDo(t *testing.T) {
	s := serveForTest(t)
	code, out, talk := program(t, "doctor", "-c", s.config)
	if code != exitOK || !strings.Contains(out, "by state override") || !strings.Contains(out, "simulation  yes") || !strings.Contains(out, "mempool     told, ") || strings.Contains(out, "!") {
		t.Errorf("exit %d: %s%s", code, out, talk)
	}
	code, out, _ = program(t, "doctor", "-c", s.config, "--json")
	var doc struct{ Providers []reportJSON }
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitOK || len(doc.Providers) != 1 {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	if p := doc.Providers[0]; p.Name != "drill drill" || p.Heads != "subscription" || p.CallGas < 40_000_000 || p.Batch != 1000 || p.SkewMS == nil || !p.Archive || !p.Proofs || !strings.HasPrefix(p.Mempool, "told, ") {
		t.Errorf("%+v", p)
	}
}

// Two providers, one of them dead: two have to say the same, so nothing is known.
func TestDoctorCountsWhoCanBeUsed(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "config.yaml", "endpoints: [", `endpoints: [{name: dead, http: "http://127.0.0.1:1"}, `)
	code, out, talk := program(t, "doctor", "-c", s.config)
	if code != exitUnknown || !strings.Contains(out, "drill dead  ✖ cannot be used") || !strings.Contains(talk, "1 of 2 providers can be used") {
		t.Errorf("exit %d: %s%s", code, out, talk)
	}
	s.change(t, "config.yaml", "endpoints: [", "quorum: 1\n    endpoints: [")
	if code, _, talk := program(t, "doctor", "-c", s.config); code != exitOK {
		t.Errorf("one is enough: exit %d: %s", code, talk)
	}
	if code, _, talk := program(t, "check", "-c", s.config); code != exitOK {
		t.Errorf("check by the one that lives: exit %d: %s", code, talk)
	}
	s.change(t, "config.yaml", "quorum: 1", "quorum: 3")
	if code, _, talk := program(t, "doctor", "-c", s.config); code != exitConfig || !strings.Contains(talk, "3 of its 2 endpoints") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

// until closes when what it is written holds a word.
type until struct {
	word string
	text strings.Builder
	seen context.CancelFunc
}

func (u *until) Write(b []byte) (int, error) {
	u.text.Write(b)
	if strings.Contains(u.text.String(), u.word) {
		u.seen()
	}
	return len(b), nil
}

// What watch prints is what its journal holds, record by record, and a line for
// the newest block.
func TestWatchPrintsEveryRecord(t *testing.T) {
	s := serveForTest(t)
	l, err := load(s.config, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	out := &until{word: `"incident-opened"`, seen: stop}
	printed := &lines{out: out}
	folder := filepath.Join(t.TempDir(), "watch")
	live, err := l.open(ctx, l.chains[0], os.Stderr, folder, hands{}, func(j *journal.Journal) engine.Journal { return told{j, printed, "drill"} })
	if err != nil {
		t.Fatal(err)
	}
	played := make(chan error, 1)
	go func() { // waited for below
		for range 60 {
			if _, err := s.Drill.Step(t.Context()); err != nil {
				played <- err
				return
			}
		}
		played <- nil
	}()
	if err := stream(ctx, "drill", live.engine, &between{across: engine.NewAcross()}, printed); err != nil {
		t.Error(err)
	}
	if err := <-played; err != nil {
		t.Error(err)
	}
	path := live.journal.Path()
	if err := live.close(); err != nil {
		t.Error(err)
	}
	records, _, err := journal.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	next, blocks := 0, 0
	for text := range strings.Lines(out.text.String()) {
		var line struct {
			Seq  uint64
			Kind string
			Data json.RawMessage
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if line.Kind == "block" {
			blocks++
			continue
		}
		if next >= len(records) || records[next].Seq != line.Seq || records[next].Kind != line.Kind {
			t.Fatalf("line %d is %s %d, not the journal's", next, line.Kind, line.Seq)
		}
		next++
	}
	if next != len(records) || blocks == 0 {
		t.Errorf("%d of %d records were printed, and %d blocks", next, len(records), blocks)
	}
	if !strings.Contains(out.text.String(), "totalAssets() >= vault") {
		t.Error("the expression is escaped")
	}
}

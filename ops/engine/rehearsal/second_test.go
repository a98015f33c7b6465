package rehearsal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// Two people where the runbook says so: the second's signature under the same plan
// is shown and kept; without it a restrictive step is warned of, and sent.
func TestTheSecondPersonConfirmsTheSamePlan(t *testing.T) {
	s := newStage(t, 1)
	s.edit(t, "runbooks/freeze-vault.yaml", "people: 1", "people: 2")
	s.edit(t, "owners.yaml", "name: Ada, address", "name: Bob, address: \""+drill.Address(drill.Command).Hex()+"\", roles: [operator]}\n  - {name: Ada, address")
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{drill.Security, drill.Command} {
		if err := rehearsal.StoreKey(filepath.Join(s.folder, name+".json"), name); err != nil {
			t.Fatal(err)
		}
	}
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	asked := func(p ops.Plan) bool {
		return slices.ContainsFunc(p.Warnings, func(warning string) bool { return strings.Contains(warning, "2 PEOPLE ARE ASKED FOR") })
	}
	alone := w.plan("R1")
	if !asked(alone) || len(alone.Refusals) > 0 || len(alone.Seconds) > 0 {
		t.Fatalf("alone: %+v", alone)
	}
	folder := filepath.Join(filepath.Dir(w.Journal.Path()), engine.SecondsFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	good := engine.Second{
		Runbook: "R1", Plan: alone.Digest, Chain: alone.ChainID, Root: w.Last().Signing.Root, Address: drill.Address(drill.Command), At: now, Until: now.Add(time.Hour),
	}
	put := func(key string, change func(*engine.Second), after bool) {
		t.Helper()
		second := good
		if !after {
			change(&second)
		}
		if err := second.Sign(s.key(t, key+".json")); err != nil {
			t.Fatal(err)
		}
		if after { // what is changed after it was signed
			change(&second)
		}
		b, err := json.Marshal(second)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "a.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nothing := func(*engine.Second) {}
	for name, c := range map[string]struct {
		key    string
		change func(*engine.Second)
		after  bool
	}{
		"signed by somebody else":   {drill.Security, nothing, false},
		"of another plan":           {drill.Command, func(s *engine.Second) { s.Plan[0]++ }, false},
		"moved to this plan":        {drill.Command, func(s *engine.Second) { s.Until = s.Until.Add(time.Hour) }, true},
		"of another pack":           {drill.Command, func(s *engine.Second) { s.Root[0]++ }, false},
		"of yesterday":              {drill.Command, func(s *engine.Second) { s.Until = now.Add(-time.Second) }, false},
		"of whoever sits here":      {drill.Operator, func(s *engine.Second) { s.Address = drill.Address(drill.Operator) }, false},
		"of somebody nobody knows":  {drill.Security, func(s *engine.Second) { s.Address = drill.Address(drill.Security) }, false},
		"of another chain":          {drill.Command, func(s *engine.Second) { s.Chain++ }, false},
		"without a word of what of": {drill.Command, func(s *engine.Second) { s.Runbook = "" }, false},
	} {
		put(c.key, c.change, c.after)
		if p := w.plan("R1"); !asked(p) || len(p.Seconds) > 0 {
			t.Errorf("%s: it counts: %v", name, p.Seconds)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "b.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(drill.Command, nothing, false)
	both := w.plan("R1")
	if asked(both) || !slices.Equal(both.Seconds, []string{"Bob"}) {
		t.Fatalf("both: %v, %v", both.Seconds, both.Warnings)
	}
	w.arm()
	w.confirm(both)
	if r := w.recorded(t, "containment-intent"); !strings.Contains(string(r.Data), `"seconds":["Bob"]`) {
		t.Errorf("the journal says %s", r.Data)
	}
}

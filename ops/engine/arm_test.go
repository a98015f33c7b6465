package engine

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// keyed is an engine with one key for each password that is given.
func keyed(t *testing.T, passwords ...func() (string, error)) *Engine {
	t.Helper()
	record, err := journal.Open(t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = record.Close() })
	e := &Engine{Config: Config{Journal: record, ArmFor: time.Hour, Now: time.Now, Operator: ops.Operator{Name: "Ada"},
		Rules: &Rules{ChainID: ops.FirstDrillChain, pack: pack.New("drill", pack.Read(fstest.MapFS{}), nil)}}, told: map[string]told{}}
	e.contain = contain.New(contain.Config{Journal: record})
	for _, password := range passwords {
		path := filepath.Join(t.TempDir(), "key.json")
		if err := sign.Store(path, drill.Key(drill.Guardian), "right"); err != nil {
			t.Fatal(err)
		}
		store, err := sign.OpenKeystore(path, ops.FirstDrillChain)
		if err != nil {
			t.Fatal(err)
		}
		e.Keys = append(e.Keys, Key{Store: store, Password: password})
	}
	return e
}

func says(text string, err error) func() (string, error) {
	return func() (string, error) { return text, err }
}

// Arming that fails at the second key leaves no key open.
func TestAHalfArmedConsoleIsLocked(t *testing.T) {
	for name, second := range map[string]func() (string, error){
		"a wrong password": says("wrong", nil), "no password": says("", errors.New("file:password cannot be read")),
	} {
		e := keyed(t, says("right", nil), second)
		if err := e.arm(ops.Arm{Reason: "test"}); err == nil {
			t.Fatalf("%s armed", name)
		}
		if e.Keys[0].Store.Unlocked() || e.arming.Armed {
			t.Errorf("%s: the first key is open", name)
		}
	}
}

// A second arming that fails takes the first one's time away from nobody.
func TestAFailedArmingLocksNobodyOut(t *testing.T) {
	word := "right"
	e := keyed(t, func() (string, error) { return word, nil })
	if err := e.arm(ops.Arm{Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	word = "wrong"
	if err := e.arm(ops.Arm{Reason: "again"}); err == nil || !e.Keys[0].Store.Unlocked() || !e.arming.Armed {
		t.Errorf("%v, armed %v", err, e.arming.Armed)
	}
}

// Every stage of every containment is told once, also when an earlier one read
// the same; a failure is an alarm.
func TestEachStageIsToldOnce(t *testing.T) {
	e := keyed(t)
	for _, r := range []ops.Receipt{
		{ID: "a", Runbook: "R1", Name: "freeze", Stage: ops.StageInEffect}, {ID: "a", Runbook: "R1", Name: "freeze", Stage: ops.StageInEffect},
		{ID: "b", Runbook: "R1", Name: "freeze", Stage: ops.StageInEffect}, {ID: "b", Runbook: "R1", Name: "freeze", Stage: ops.StageFailed, Why: "reverted"},
	} {
		e.progress(r)
	}
	lines := e.log.all()
	if len(lines) != 3 || !lines[0].Alarm || lines[0].Verdict != ops.Breach || lines[1].Alarm {
		t.Errorf("%+v", lines)
	}
}

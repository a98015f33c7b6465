package rehearsal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// calm is the last snapshot of a console that watches the first blocks of a drill.
func calm(t *testing.T, o rehearsal.Options) ops.Snapshot {
	t.Helper()
	o.Folder, o.Runbooks, o.Operator = t.TempDir(), runbooks.Embedded, responder
	r, err := rehearsal.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	ended := make(chan error, 1)
	go func() { ended <- r.Engine.Run(ctx) }() // waited for below
	defer func() {
		cancel()
		if err := errors.Join(<-ended, r.Close()); err != nil {
			t.Error(err)
		}
	}()
	var last ops.Snapshot
	late := 0 // boards that were not measured in time, on a busy machine
	for last = range r.Engine.Snapshots(ctx) {
		if len(last.Board) == 0 || last.Board[0].At.Number != r.Drill.Head().Number {
			continue
		}
		unmeasured := slices.ContainsFunc(last.Board, func(b ops.Readiness) bool { return b.State == ops.ReadyUnknown && len(b.Needed) == 0 })
		if !unmeasured || late == 3 {
			return last
		}
		late++
		if _, err := r.Drill.Step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("the board was never measured: %+v", last.Board)
	return last
}

func board(t *testing.T, s ops.Snapshot, id ops.RunbookID) ops.Readiness {
	t.Helper()
	for _, b := range s.Board {
		if b.Runbook == id {
			return b
		}
	}
	t.Fatalf("%s is not on the board", id)
	return ops.Readiness{}
}

// The pause that had been ready for a year and did not come: each reason for it is
// on the board before anything happens, and the breach is contained all the same.
func TestWhatIsBrokenIsSaidBeforeTheBreachAndAnotherWayHolds(t *testing.T) {
	for broken, want := range map[drill.Broken]struct {
		state ops.ReadyState
		why   string
		lane  string // that contains it
	}{
		drill.Dust:    {ops.Impaired, "ETH are the least; backup · keystore would send", "backup · keystore"},
		drill.Nonce:   {ops.Impaired, "another transaction of the account waits in the pool", "guardian · keystore"},
		drill.Target:  {ops.Impaired, "bridge runs code", "guardian · keystore"},
		drill.Expired: {ops.Dead, "the simulation REVERTS: TermEnded", "backup · keystore"},
	} {
		t.Run(string(broken), func(t *testing.T) {
			t.Parallel()
			o := rehearsal.Options{Seed: 4, Scenario: "unbacked-release", Broken: broken}
			line := board(t, calm(t, o), "R6")
			why := strings.Join(line.Why, "; ")
			if line.State != want.state || !strings.Contains(why, want.why) {
				t.Errorf("before the breach the board says %s: %s", line.State, why)
			}
			if follows := strings.Contains(why, "backup · keystore is tried after it"); follows != (want.state == ops.Dead) {
				t.Errorf("of the second lane it says: %s", why)
			}
			h := playScenario(t, o, rehearsal.Auto)
			if !h.Contained || h.ContainedBlock > h.BreachBlock+8 {
				t.Errorf("%+v", h)
			}
			lanes := kinds(t, h.Journal, "containment-intent")
			if n := len(lanes); n == 0 || !strings.Contains(lanes[n-1], `"lane":"`+want.lane+`"`) {
				t.Errorf("the last intent is of another lane than %s: %v", want.lane, lanes)
			}
		})
	}
}

// An old code that cannot be put back tonight is left out before anybody presses a
// key, and the board says why; where it can, it is what is run.
func TestARollbackBehindADelayIsLeftOutBeforehand(t *testing.T) {
	late := board(t, calm(t, rehearsal.Options{Scenario: "stuck-withdrawals"}), "R5")
	if why := strings.Join(late.Why, "; "); late.State != ops.Impaired || !strings.Contains(why, "R5.1 is left out: DEAD for now") || !strings.Contains(why, "within 10m") {
		t.Errorf("behind the delay: %s: %s", late.State, why)
	}
	now := board(t, calm(t, rehearsal.Options{Scenario: "undone-upgrade"}), "R5")
	if now.State != ops.Ready {
		t.Errorf("without a delay: %s: %v", now.State, now.Why)
	}
	for scenario, want := range map[string]string{"stuck-withdrawals": "savings.degrade()", "undone-upgrade": "savings.rollBack()"} {
		h := playScenario(t, rehearsal.Options{Seed: 2, Scenario: scenario}, rehearsal.Auto)
		intents := kinds(t, h.Journal, "containment-intent")
		if len(intents) != 1 || !strings.Contains(intents[0], want) || !h.Contained {
			t.Errorf("%s: %v, %+v", scenario, intents, h)
		}
	}
}

// The tree's steps that no transaction carries are in the journal too: who held which
// role, and what a person answered.
func TestWhatATreeAsksAndRecordsIsInTheJournal(t *testing.T) {
	h := playScenario(t, rehearsal.Options{Seed: 2, Scenario: "rogue-payer"}, rehearsal.Auto)
	roles := kinds(t, h.Journal, "roles")
	if len(roles) != 1 {
		t.Fatalf("%d records of roles", len(roles))
	}
	for _, want := range []string{
		`"contract":"treasury"`, `"PAYER_ROLE":["` + strings.ToLower(drill.Address(drill.Payroll).Hex()) + `"]`,
		`"GUARDIAN_ROLE":["` + strings.ToLower(drill.Address(drill.Guardian).Hex()) + `","` + strings.ToLower(drill.Address(drill.Backup).Hex()) + `"]`,
		`"DEFAULT_ADMIN_ROLE":["` + strings.ToLower(drill.Address(drill.Treasurer).Hex()) + `"]`,
	} {
		if !strings.Contains(roles[0], want) {
			t.Errorf("no %s in %s", want, roles[0])
		}
	}
	revoked := kinds(t, h.Journal, "containment-intent")
	if len(revoked) != 2 || !strings.Contains(revoked[0], "treasury.revokePayer("+drill.Address(drill.Mallory).Hex()+")") || !strings.Contains(revoked[1], "breaker.lock") {
		t.Errorf("%v", revoked)
	}
	h = playScenario(t, rehearsal.Options{Seed: 2, Scenario: "stolen-key"}, rehearsal.Auto)
	steps := strings.Join(kinds(t, h.Journal, "containment-step"), "\n")
	for _, want := range []string{`"answer":"rotated"`, `"answer":"told"`, `"by":"responder"`} {
		if !strings.Contains(steps, want) {
			t.Errorf("no %s in %s", want, steps)
		}
	}
}

package runbooks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/runbooks"
)

const (
	guardian = `  guardian: {kind: keystore, from: "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"}` + "\n"
	inSafe   = `from: "0x945185C01fb641bA3E63a9bdF66575e35a407837"`
)

func TestASafesLaneIsRead(t *testing.T) {
	council := `  council: {kind: safe, ` + inSafe + `, executor: guardian, singleton: "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552", max_fee: "units(500, 9)"}` + "\n"
	books, faults := runbooks.Load(edited(t, guardian, guardian+council, "lanes: [guardian]", "lanes: [guardian, council]", "on_failure: stop", "on_failure: next-lane"))
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	lane := books[0].Lanes["council"]
	if lane.Kind.Value != runbooks.KindSafe || lane.Executor.Value != "guardian" || lane.Singleton.Value == "" {
		t.Errorf("%+v", lane)
	}
}

func TestEachRuleOfASafesLaneHasItsFault(t *testing.T) {
	for name, c := range map[string]struct{ lane, at, says string }{
		"no executor":           {`council: {kind: safe, ` + inSafe + `}`, "15:19", "no executor is named"},
		"an unknown executor":   {`council: {kind: safe, ` + inSafe + `, executor: nobody}`, "15:87", `no lane is called "nobody"`},
		"itself":                {`council: {kind: safe, ` + inSafe + `, executor: council}`, "15:87", "of the kind safe, and cannot send"},
		"a ladder":              {`council: {kind: safe, ` + inSafe + `, executor: ladder}` + "\n  ladder: {kind: presigned, from: \"0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B\"}", "15:87", "of the kind presigned, and cannot send"},
		"its executor's":        {`council: {kind: safe, from: "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B", executor: guardian}`, "15:32", "also that of its executor"},
		"a wrong singleton":     {`council: {kind: safe, ` + inSafe + `, executor: guardian, singleton: "0xD9Db270c1B5E3Bd161E8c8503c55cEABeE709552"}`, "15:109", "singleton: "},
		"a wrong module":        {`council: {kind: safe, ` + inSafe + `, executor: guardian, modules: ["0x1"]}`, "15:108", "modules: "},
		"a wrong guard":         {`council: {kind: safe, ` + inSafe + `, executor: guardian, guard: nobody}`, "15:104", "guard: "},
		"a wrong module guard":  {`council: {kind: safe, ` + inSafe + `, executor: guardian, module_guard: nobody}`, "15:111", "module_guard: "},
		"a module elsewhere":    {`backup: {kind: remote, ` + inSafe + `, modules: ["0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552"]}`, "15:89", "modules belongs to a Safe"},
		"an executor elsewhere": {`backup: {kind: keystore, ` + inSafe + `, executor: guardian}`, "15:90", "executor belongs to a Safe"},
		"a singleton elsewhere": {`backup: {kind: remote, ` + inSafe + `, singleton: "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552"}`, "15:90", "singleton belongs to a Safe"},
	} {
		_, faults := runbooks.Load(edited(t, guardian, guardian+"  "+c.lane+"\n"))
		heard := false
		for _, f := range faults {
			heard = heard || fmt.Sprintf("%d:%d", f.Line, f.Column) == c.at && strings.Contains(f.Message, c.says) && f.Hint != ""
		}
		if !heard {
			t.Errorf("%s: want a fault at %s: %s; got\n%v", name, c.at, c.says, faults)
		}
	}
}

// What fires by itself has a key that no Safe's lane uses either.
func TestAStandingOrdersKeyIsNoSafesExecutor(t *testing.T) {
	_, faults := runbooks.Load(edited(t, "lanes:\n", "standing_order: {findings: [A1], step: R1.1, lane: auto, shots: 1}\nlanes:\n  auto: {kind: keystore, from: \"0x46A110AD3f7eB6C238A6eB08009904a512483005\"}\n  council: {kind: safe, "+inSafe+", executor: auto}\n"))
	if !strings.Contains(faults.Error(), "the lane auto is that of the standing order") {
		t.Errorf("%v", faults)
	}
}

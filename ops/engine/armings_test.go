package engine

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

var highNoon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// armedBy is a record of Ada's, signed by a key of the drill.
func armedBy(t testing.TB, by string) armed {
	t.Helper()
	a := armed{
		By: ops.Operator{Name: "Ada", Role: "commander"}, Reason: "A1 is in breach", At: highNoon, Until: highNoon.Add(time.Hour), Chain: 1, Root: common.Hash{7},
		Person: "Ada", Address: drill.Address(by),
	}
	var err error
	if a.Signature, err = sign.Attest(drill.Key(by), a.statement()); err != nil {
		t.Fatal(err)
	}
	return a
}

func recordOf(t testing.TB, a armed, at time.Time) journal.Record {
	t.Helper()
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return journal.Record{Seq: 3, Time: at, Kind: kindArmed, Data: raw}
}

// An arming is proof of who armed, on what, why and when: whatever of it is altered, it
// is none any more.
func TestAnArmingProvesWhoArmed(t *testing.T) {
	for name, c := range map[string]struct {
		by     string
		alter  func(*armed)
		at     time.Time
		nobody bool // owners are not named
		want   string
	}{
		"as it was signed":         {by: drill.Operator},
		"written a moment later":   {by: drill.Operator, at: highNoon.Add(2 * time.Second)},
		"without owners":           {by: drill.Guardian, nobody: true},
		"another reason":           {by: drill.Operator, alter: func(a *armed) { a.Reason = "a drill" }, want: "or it was altered"},
		"a longer time":            {by: drill.Operator, alter: func(a *armed) { a.Until = a.Until.Add(time.Second) }, want: "or it was altered"},
		"another pack":             {by: drill.Operator, alter: func(a *armed) { a.Root = common.Hash{8} }, want: "or it was altered"},
		"another chain":            {by: drill.Operator, alter: func(a *armed) { a.Chain = 2 }, want: "or it was altered"},
		"another name":             {by: drill.Operator, alter: func(a *armed) { a.Person = "Bob" }, want: "or it was altered"},
		"another key":              {by: drill.Operator, alter: func(a *armed) { a.Address = drill.Address(drill.Mallory) }, want: "or it was altered"},
		"no signature":             {by: drill.Operator, alter: func(a *armed) { a.Signature = nil }, want: `nobody signed it: "Ada" may be anybody`},
		"half a signature":         {by: drill.Operator, alter: func(a *armed) { a.Signature = a.Signature[:32] }, want: "no signature"},
		"of another time":          {by: drill.Operator, at: highNoon.Add(time.Hour), want: "it was signed for 2030-01-01T12:00:00Z, and written at 2030-01-01T13:00:00Z"},
		"a stranger":               {by: drill.Guardian, want: "is nobody of owners.yaml"},
		"a scribe under her name":  {by: drill.Mallory, want: `is Bob in owners.yaml, and the record says "Ada"`},
		"in a role that is no one": {by: drill.Operator, alter: func(a *armed) { a.By.Role = "deputy" }, want: `armed as "deputy"`},
	} {
		a := armedBy(t, c.by)
		if c.alter != nil {
			c.alter(&a)
		}
		if c.at.IsZero() {
			c.at = highNoon
		}
		owners := people
		if c.nobody {
			owners = nil
		}
		got := Armings([]journal.Record{{Seq: 1, Kind: "opened"}, recordOf(t, a, c.at)}, owners)
		if len(got) != 1 || got[0].Seq != 3 || c.want == "" && got[0].Problem != "" || !strings.Contains(got[0].Problem, c.want) {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
	}
	a := armedBy(t, drill.Mallory)
	a.Person, a.By.Name = "Bob", "Bob"
	a.Signature, _ = sign.Attest(drill.Key(drill.Mallory), a.statement())
	if got := Armings([]journal.Record{recordOf(t, a, highNoon)}, people); !strings.Contains(got[0].Problem, "Bob is neither commander nor operator") {
		t.Errorf("a scribe: %+v", got)
	}
	if got := Armings([]journal.Record{{Kind: kindArmed, Data: []byte(`{"at":7}`)}}, people); len(got) != 1 || !strings.Contains(got[0].Problem, "cannot be read") {
		t.Errorf("damaged: %+v", got)
	}
}

// Whatever a stranger's record holds, nothing but a person of the owners arms by it.
func FuzzArmings(f *testing.F) {
	whole := recordOf(f, armedBy(f, drill.Operator), highNoon)
	f.Add([]byte(whole.Data))
	f.Add([]byte(`{"signature":"0x00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, a := range Armings([]journal.Record{{Kind: kindArmed, Time: highNoon, Data: data}}, people) {
			if a.Problem == "" && a.Address != drill.Address(drill.Operator) {
				t.Errorf("%s armed by %s", a.Address.Hex(), data)
			}
		}
	})
}

package engine

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// people are the owners of a live console's pack.
var people = &pack.Owners{People: []pack.Person{
	{Name: "Ada", Address: drill.Address(drill.Operator), Roles: []string{pack.Commander, pack.Operator}},
	{Name: "Bob", Address: drill.Address(drill.Mallory), Roles: []string{"scribe"}},
}}

// At a live console the settings must say who the key says it is.
func TestTheKeySaysWhoSitsHere(t *testing.T) {
	for name, c := range map[string]struct {
		by   ops.Operator
		key  string
		want string
	}{
		"herself":         {ops.Operator{Name: "Ada", Role: "commander"}, drill.Operator, ""},
		"in another role": {ops.Operator{Name: "Ada", Role: "operator"}, drill.Operator, ""},
		"not her role":    {ops.Operator{Name: "Ada", Role: "deputy"}, drill.Operator, "Ada is deputy, and owners.yaml does not"},
		"another's name":  {ops.Operator{Name: "Eve", Role: "commander"}, drill.Operator, "Eve sits here, and the key is Ada's"},
		"a scribe":        {ops.Operator{Name: "Bob", Role: "scribe"}, drill.Mallory, "Bob is neither commander nor operator"},
		"a stranger":      {ops.Operator{Name: "Ada", Role: "commander"}, drill.Guardian, "is nobody of owners.yaml"},
	} {
		e := &Engine{Config: Config{Operator: c.by, Rules: &Rules{ChainID: 1}}}
		_, err := e.person(people, drill.Address(c.key))
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrOperator) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	e := &Engine{Config: Config{Rules: &Rules{ChainID: 1}}}
	if _, err := e.person(nil, drill.Address(drill.Operator)); !errors.Is(err, ErrOperator) {
		t.Errorf("without owners: %v", err)
	}
}

// A live console on a pack that nobody owns watches, and does not arm; a drill does.
func TestALiveConsoleWithoutOwnersDoesNotArm(t *testing.T) {
	e := keyed(t, says("right", nil))
	e.Rules = &Rules{ChainID: 1, pack: pack.New("vault", pack.Read(fstest.MapFS{}), nil)}
	err := e.arm(ops.Arm{Reason: "test"})
	if !errors.Is(err, pack.ErrUnsigned) || !strings.Contains(err.Error(), "bulkhead pack lock") || e.Keys[0].Store.Unlocked() {
		t.Errorf("%v", err)
	}
	e.Rules.ChainID = ops.FirstDrillChain
	if err := e.arm(ops.Arm{Reason: "test"}); err != nil {
		t.Error(err)
	}
}

// That a pack is not what was signed any more, and that it is again, is written down
// once each.
func TestWhatBecomesOfThePackIsWrittenDown(t *testing.T) {
	e := keyed(t)
	whole := ops.Signing{Owned: true, Documents: []ops.SignedDocument{{Name: "policy.yaml"}}}
	for _, c := range []struct {
		was bool
		why error
		now ops.Signing
	}{{true, nil, whole}, {true, pack.ErrUnsigned, ops.Signing{}}, {false, pack.ErrUnsigned, ops.Signing{}}, {false, nil, whole}, {true, nil, whole}, {false, nil, ops.Signing{}}} {
		e.signing = c.now
		e.tell(c.was, c.why)
	}
	lines := e.log.all()
	if len(lines) != 2 || lines[0].Alarm || !lines[1].Alarm || lines[1].Verdict != ops.Unknown {
		t.Errorf("%+v", lines)
	}
}

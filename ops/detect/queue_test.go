package detect_test

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

var queue = detect.Queue{
	ID: "Q1", Title: "Only approved operations wait", Owner: "security", Severity: ops.Critical, Timelock: "T1", Action: "R2",
	Signs: []ops.HazardKind{ops.HazardUnexpected, ops.HazardID},
}

func operation(short string, state ops.OperationState, hazards ...ops.Hazard) ops.Operation {
	return ops.Operation{Timelock: "T1", Short: "T1·" + short, ID: common.HexToHash("0x" + short), State: state, Hazards: hazards}
}

func hazard(kind ops.HazardKind, v ops.Verdict, text string) ops.Hazard {
	return ops.Hazard{Kind: kind, Verdict: v, Text: text}
}

var (
	unapproved = hazard(ops.HazardUnexpected, ops.Breach, "is in no approved release")
	unsure     = hazard(ops.HazardID, ops.Unknown, "the contract did not say when")
	grants     = hazard(ops.HazardRole, ops.Breach, "call 1 changes who may do what")
	unread     = hazard(ops.HazardUnread, ops.Unknown, "call 1: it is nested more than 8 deep")
)

func TestAQueueIsJudgedByWhatWaitsInIt(t *testing.T) {
	const waits, ready = ops.OperationWaiting, ops.OperationReady
	for _, c := range []struct {
		name  string
		signs []ops.HazardKind // nil: those of Q1
		ops   []ops.Operation
		locks []ops.Timelock
		want  ops.Verdict
		why   string
		arg   string
	}{
		{"nothing waits", nil, nil, nil, ops.OK, "", ""},
		{"one without a fault", nil, []ops.Operation{operation("4a", waits)}, nil, ops.OK, "", ""},
		{"an unapproved one", nil, []ops.Operation{operation("4a", waits, unapproved)}, nil, ops.Breach, "T1·4a is in no approved release", "4a"},
		{"an unapproved one that is ready", nil, []ops.Operation{operation("4a", ready, unapproved)}, nil, ops.Breach, "T1·4a", "4a"},
		{"an unapproved one that is done", nil, []ops.Operation{operation("4a", ops.OperationDone, unapproved)}, nil, ops.OK, "", ""},
		{"an unapproved one that is cancelled", nil, []ops.Operation{operation("4a", ops.OperationCancelled, unapproved)}, nil, ops.OK, "", ""},
		{"one that nobody can read", nil, []ops.Operation{operation("4a", waits, unsure)}, nil, ops.Unknown, "T1·4a: the contract did not say when", ""},
		{"an unapproved one beside one that nobody can read", nil, []ops.Operation{operation("4a", waits, unsure), operation("4b", waits, unapproved)}, nil, ops.Breach, "T1·4b", "4b"},
		{"two unapproved: the first is answered", nil, []ops.Operation{operation("4a", ready, unapproved), operation("4b", waits, unapproved)}, nil, ops.Breach, "T1·4a is in no approved release; T1·4b is", "4a"},
		{"another timelock's", nil, []ops.Operation{{Timelock: "T2", State: waits, Hazards: []ops.Hazard{unapproved}}}, []ops.Timelock{{ID: "T2", Hazards: []ops.Hazard{unapproved}}}, ops.OK, "", ""},
		{"what it does not look for", nil, []ops.Operation{operation("4a", waits, grants, unread)}, nil, ops.OK, "", ""},
		{"what it looks for", []ops.HazardKind{ops.HazardRole}, []ops.Operation{operation("4a", waits, unapproved), operation("4b", waits, grants)}, nil, ops.Breach, "T1·4b call 1 changes", "4b"},
		{"what its release approves", []ops.HazardKind{ops.HazardRole}, []ops.Operation{operation("4a", waits, hazard(ops.HazardRole, ops.OK, "x"))}, nil, ops.OK, "", ""},
		{"what may be what it looks for", []ops.HazardKind{ops.HazardRole}, []ops.Operation{operation("4a", waits, unread)}, nil, ops.Unknown, "nested more than 8 deep", ""},
		{"all that there is", []ops.HazardKind{}, []ops.Operation{operation("4a", waits, unapproved, grants)}, nil, ops.Breach, "T1·4a is in no approved release, call 1 changes", "4a"},
		{"the timelock itself", []ops.HazardKind{ops.HazardDelay}, nil, []ops.Timelock{{ID: "T1", Hazards: []ops.Hazard{hazard(ops.HazardDelay, ops.Breach, "the minimum delay is 1h")}}}, ops.Breach, "the minimum delay is 1h", ""},
		{"the timelock unseen", []ops.HazardKind{ops.HazardDelay}, nil, []ops.Timelock{{ID: "T1", Hazards: []ops.Hazard{hazard(ops.HazardDelay, ops.Unknown, "the minimum delay is not known")}}}, ops.Unknown, "not known", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := queue
			if c.signs != nil {
				q.Signs = c.signs
			}
			f := q.Next(detect.State{}, at(5), c.ops, c.locks).Finding
			if f.Verdict != c.want || !strings.Contains(f.Why, c.why) || f.Since.Number != 5 {
				t.Errorf("%+v", f)
			}
			if got := f.Args[detect.OperationArg]; c.arg == "" && got != "" || c.arg != "" && got != common.HexToHash("0x"+c.arg).Hex() {
				t.Errorf("the runbook is given %q", got)
			}
			if (f.Verdict == ops.Unknown) != (f.Observed.Exact == "") {
				t.Errorf("observed %q", f.Observed.Exact)
			}
		})
	}
}

func TestAQueueRemembersSinceWhen(t *testing.T) {
	breach := []ops.Operation{operation("4a", ops.OperationWaiting, unapproved)}
	s := queue.Next(detect.State{}, at(5), breach, nil)
	s = queue.Next(s, at(6), breach, nil)
	if s.Finding.Since.Number != 5 || s.Finding.Known.Number != 6 || s.Finding.Observed.Shown != "1 unapproved" {
		t.Errorf("%+v", s.Finding)
	}
	s = queue.Dark(s, at(7), "the logs could not be read")
	if f := s.Finding; f.Verdict != ops.Unknown || f.Since.Number != 7 || f.Known.Number != 6 || f.Last.Exact != "1" || f.Why != "the logs could not be read" {
		t.Errorf("%+v", f)
	}
	if s = queue.Next(s, at(8), nil, nil); s.Finding.Verdict != ops.OK || s.Finding.Since.Number != 8 {
		t.Errorf("%+v", s.Finding)
	}
}

// A queue of many is told, and not at a length that nobody reads.
func TestAFindingNamesNoMoreThanAPersonReads(t *testing.T) {
	var many []ops.Operation
	for range 100 {
		many = append(many, operation("4a", ops.OperationWaiting, unapproved))
	}
	if f := queue.Next(detect.State{}, at(5), many, nil).Finding; f.Observed.Exact != "100" || !strings.HasSuffix(f.Why, "; and 92 more") {
		t.Errorf("%+v", f)
	}
}

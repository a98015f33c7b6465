package detect_test

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

var queue = detect.Queue{ID: "Q1", Title: "Only approved operations wait", Owner: "security", Severity: ops.Critical, Timelock: "T1", Action: "R2"}

func operation(short string, approved ops.Verdict, state ops.OperationState, checks ...ops.Check) ops.Operation {
	return ops.Operation{Timelock: "T1", Short: "T1·" + short, ID: common.HexToHash("0x" + short), Approved: approved, State: state, Checks: checks}
}

func TestAQueueIsJudgedByWhatWaitsInIt(t *testing.T) {
	recomputed := ops.Check{Name: "id recomputed", Verdict: ops.OK}
	denied := ops.Check{Name: "contract agrees", Verdict: ops.Breach, Why: "the contract says 0, the logs say 9"}
	unsure := ops.Check{Name: "contract agrees", Verdict: ops.Unknown, Why: "the contract did not say when"}
	for _, c := range []struct {
		name string
		ops  []ops.Operation
		want ops.Verdict
		why  string
		arg  string
	}{
		{"nothing waits", nil, ops.OK, "", ""},
		{"an approved one", []ops.Operation{operation("4a", ops.OK, ops.OperationWaiting, recomputed)}, ops.OK, "", ""},
		{"an unapproved one", []ops.Operation{operation("4a", ops.Breach, ops.OperationWaiting)}, ops.Breach, "T1·4a is in no approved release", "4a"},
		{"an unapproved one that is ready", []ops.Operation{operation("4a", ops.Breach, ops.OperationReady)}, ops.Breach, "T1·4a", "4a"},
		{"an unapproved one that is done", []ops.Operation{operation("4a", ops.Breach, ops.OperationDone)}, ops.OK, "", ""},
		{"an unapproved one that is cancelled", []ops.Operation{operation("4a", ops.Breach, ops.OperationCancelled)}, ops.OK, "", ""},
		{"one that nobody can read", []ops.Operation{operation("4a", ops.Unknown, ops.OperationWaiting)}, ops.Unknown, "T1·4a: its id could not be recomputed", ""},
		{"an unapproved one beside one that nobody can read", []ops.Operation{operation("4a", ops.Unknown, ops.OperationWaiting), operation("4b", ops.Breach, ops.OperationWaiting)}, ops.Breach, "T1·4b", "4b"},
		{"two unapproved: the first is answered", []ops.Operation{operation("4a", ops.Breach, ops.OperationReady), operation("4b", ops.Breach, ops.OperationWaiting)}, ops.Breach, "T1·4a, T1·4b", "4a"},
		{"an approved one that the contract denies", []ops.Operation{operation("4a", ops.OK, ops.OperationWaiting, recomputed, denied)}, ops.Unknown, "T1·4a: the contract says 0", ""},
		{"an approved one that the contract does not confirm", []ops.Operation{operation("4a", ops.OK, ops.OperationWaiting, recomputed, unsure)}, ops.Unknown, "did not say when", ""},
		{"another timelock's", []ops.Operation{{Timelock: "T2", Approved: ops.Breach, State: ops.OperationWaiting}}, ops.OK, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := queue.Next(detect.State{}, at(5), c.ops).Finding
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
	breach := []ops.Operation{operation("4a", ops.Breach, ops.OperationWaiting)}
	s := queue.Next(detect.State{}, at(5), breach)
	s = queue.Next(s, at(6), breach)
	if s.Finding.Since.Number != 5 || s.Finding.Known.Number != 6 || s.Finding.Observed.Shown != "1 unapproved" {
		t.Errorf("%+v", s.Finding)
	}
	s = queue.Dark(s, at(7), "the logs could not be read")
	if f := s.Finding; f.Verdict != ops.Unknown || f.Since.Number != 7 || f.Known.Number != 6 || f.Last.Exact != "1" || f.Why != "the logs could not be read" {
		t.Errorf("%+v", f)
	}
	if s = queue.Next(s, at(8), nil); s.Finding.Verdict != ops.OK || s.Finding.Since.Number != 8 {
		t.Errorf("%+v", s.Finding)
	}
}

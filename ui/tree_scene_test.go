package ui

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// estate is the calm drill with a runbook for every breach class. The rollback is
// behind a delay, and revoking has nobody to revoke.
func estate() ops.Snapshot {
	s := calm()
	for _, l := range []struct {
		finding ops.Finding
		board   ops.Readiness
	}{
		{
			ops.Finding{Detector: "P1", Title: "Only payroll may pay from the treasury", Class: ops.ClassAuthorization, Observed: quantity("1", "1"), Relation: "≤", Threshold: quantity("1", "1")},
			ops.Readiness{Runbook: "R3", Name: "revoke-payer", Key: "V", State: ops.ReadyUnknown, Why: []string{"nothing to act on now"}, Effect: "revoke the role of the account"},
		},
		{
			ops.Finding{Detector: "E2", Title: "Swaps settle near the reference price", Class: ops.ClassPricing, Observed: quantity("0", "0 %"), Relation: "≤", Threshold: quantity("200", "2 %")},
			ops.Readiness{Runbook: "R4", Name: "tighten-swaps", Key: "T", State: ops.Ready, Effect: "tighten the slippage cap to 2 %"},
		},
		{
			ops.Finding{Detector: "L1", Title: "No withdrawal of savings reverts", Class: ops.ClassLiveness, Observed: quantity("false", "false"), Relation: "=", Threshold: quantity("false", "false")},
			ops.Readiness{Runbook: "R5", Name: "roll-back-savings", Key: "B", State: ops.Impaired, Effect: "let savers only take out",
				Why: []string{"R5.1 is left out: DEAD for now, savings.rollbackFrom() <= block.timestamp + 10m does not hold and it must take effect within 10m"}},
		},
		{
			ops.Finding{Detector: "X1", Title: "The bridge releases only what was locked", Class: ops.ClassCrossDomain, Observed: quantity("300000000000000000000", "300 dUSD"), Relation: "≤", Threshold: quantity("300000000000000000000", "300 dUSD")},
			ops.Readiness{Runbook: "R6", Name: "close-lane", Key: "C", State: ops.Ready, Effect: "close lane 7"},
		},
		{
			ops.Finding{Detector: "F1", Title: "The operations wallet spends within its float", Class: ops.ClassAsset, Observed: quantity("0", "0 dUSD"), Relation: "≤", Threshold: quantity("20000000000000000000", "20 dUSD")},
			ops.Readiness{Runbook: "R7", Name: "empty-till", Key: "O", State: ops.Ready, Effect: "revoke the wallet's role, take back its approval, move what is left to the treasury, rotate the key"},
		},
	} {
		f, b := l.finding, l.board
		f.Verdict, f.Severity, f.Owner, f.At, f.Since, f.Known, f.Action = ops.OK, ops.Critical, "security", s.Head, at(5), s.Head, b.Runbook
		b.Answers, b.At, b.Restrict, b.Signer, b.Class = []ops.DetectorID{f.Detector}, s.Head, true, "guardian", f.Class
		s.Findings, s.Board = append(s.Findings, f), append(s.Board, b)
	}
	return s
}

// climbing is a tree under way: two steps are in effect, one is on its way by the
// second lane, and a person will be asked.
func climbing() ops.Snapshot {
	s := armed(estate())
	s.Head = at(37)
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Detector == "F1" {
			f.Verdict, f.Since, f.Broke, f.Observed, f.Trend = ops.Breach, at(34), at(34), quantity("27530000000000000000", "27.53 dUSD"), "steady now, 0 dUSD since the breach"
		}
		s.Findings[i].At = at(37)
	}
	s.Incident = &ops.Incident{First: "F1", Opened: at(34), OpenedAt: noon}
	s.Receipts = []ops.Receipt{{
		ID: "R7-0-1", Runbook: "R7", Name: "empty-till", Step: "R7.3", Stage: ops.StageSent, Provider: "drill", Prepared: at(34), NeedBlocks: 3, By: s.Operator, Confirmed: noon, Signed: noon, Sent: noon,
		Steps: []ops.StepResult{
			{Step: "R7.1", Title: "Revoke the wallet's role", Stage: "IN EFFECT", OK: true, Lane: "guardian · keystore", Mined: at(35)},
			{Step: "R7.2", Title: "Take back its approval", Stage: "IN EFFECT", OK: true, Lane: "guardian · keystore", Mined: at(36)},
			{Step: "R7.3", Title: "Move what is left to the treasury", Stage: "SENT", Lane: "backup · keystore", Why: "now by backup · keystore: the account holds 0 ETH"},
			{Step: "R7.4", Title: "Rotate the key", Stage: "WAITS"},
			{Step: "R7.5", Title: "Tell whoever was paid by it", Stage: "WAITS"},
		},
	}}
	return s
}

func init() {
	scenes["estate"] = func(t *testing.T, w, h int) *hand { return newHand(t, w, h, estate()) }
	scenes["tree"] = func(t *testing.T, w, h int) *hand { return newHand(t, w, h, climbing()) }
}

// With a runbook for every class the footer still has the keys of the console itself,
// and names the action that is called for.
func TestManyRunbooksLeaveTheConsolesKeysInTheFooter(t *testing.T) {
	last := func(s ops.Snapshot) string {
		rows := strings.Split(newHand(t, 120, 36, s).screen(), "\n")
		return rows[len(rows)-1]
	}
	if got := last(estate()); !strings.Contains(got, "F X V T B C O actions") || !strings.Contains(got, "? help") || !strings.Contains(got, "q quit") {
		t.Errorf("calm: %s", got)
	}
	if got := last(climbing()); !strings.Contains(got, "O empty-till") || !strings.Contains(got, "F X V T B C actions") {
		t.Errorf("in a breach: %s", got)
	}
}

// What would not work stands first in the one line that may not hold all of them.
func TestTheCalmLineBeginsWithWhatWouldNotWork(t *testing.T) {
	frame := newHand(t, 80, 24, estate()).screen()
	if bad, good := strings.Index(frame, "[B] roll-back-savings IMPAIRED"), strings.Index(frame, "[F] freeze-vault"); bad < 0 || good >= 0 && good < bad {
		t.Errorf("%s", frame)
	}
}

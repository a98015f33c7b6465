package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// textWidth is how wide texts without a screen are, in columns.
const textWidth = 100

// PlanText is a plan as the dialog shows it, in lines.
func PlanText(p ops.Plan) string {
	d := &confirmDialog{runbook: p.Runbook, name: p.Name, plan: cleanPlan(p), ready: true, head: p.At}
	var b strings.Builder
	_, _ = fmt.Fprintln(&b, strings.TrimRight(d.title(), " "))
	for _, line := range d.list(noInk, textWidth) {
		_, _ = fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	return b.String()
}

// ReceiptText is how far a containment has come: a line for its stage, and one for
// each step of several.
func ReceiptText(r ops.Receipt) []string {
	r = cleanReceipt(r)
	out := []string{fmt.Sprintf("%s %s %s", r.Runbook, r.Name, r.Stage)}
	switch {
	case r.Stage == ops.StageSent:
		out[0] += " " + r.Tx.Hex() + " to " + r.Provider
	case r.Stage == ops.StageMined || r.Stage == ops.StageInEffect:
		out[0] += " at " + block(r.Mined.Number)
	case r.Stage == ops.StageFailed || r.Why != "":
		out[0] += ": " + r.Why
	}
	if len(r.Steps) < 2 {
		return out
	}
	for _, s := range r.Steps {
		if s.Stage != "WAITS" {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Step, s.Title, s.Stage, s.Why)))
		}
	}
	return out
}

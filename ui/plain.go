package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Plain is a snapshot as lines: the same facts as the screen, for pipes, logs and
// screen readers.
func Plain(s ops.Snapshot) string {
	s = cleanSnapshot(s)
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	if len(s.Chains) == 0 {
		line("%s %s, chain %s %d, policy %s, block %s %s", s.Mode, s.Policy, s.Chain, s.ChainID, shortHash(s.PolicyHash), block(s.Head.Number), s.Head.Hash.Hex())
	} else {
		line("%s %s, %s, policy %s", s.Mode, s.Policy, plural(len(s.Chains), "chain", "chains"), shortHash(s.PolicyHash))
	}
	line("%s", signedLine(s))
	for _, c := range s.Chains {
		line("%s", chainLine(c))
	}
	if s.Operator.Name != "" {
		line("operator %s, %s, %s", s.Operator.Name, s.Operator.Role, armingWord(s))
	}
	for _, o := range s.Standing {
		line("%s", standingLine(o))
	}
	for _, f := range s.Feeds {
		line("%s", strings.TrimSpace(fmt.Sprintf("feed %s %s %s", f.Name, f.State, f.Why)))
	}
	if s.Skew != 0 {
		line("%s", skewLine(s.Skew))
	}
	if s.Missed > 0 && len(s.Chains) == 0 {
		line("coverage: %d of %d blocks could be judged", s.Judged, s.Judged+s.Missed)
	}
	if s.Blind != "" && len(s.Chains) == 0 {
		line("BLIND since %s UTC: %s", utc(s.BlindSince), s.Blind)
	}
	for _, i := range incidents(s) {
		line("incident opened by %s%s at %s, %s", i.First, onChain(i.Chain), block(i.Opened.Number), incidentEnd(i))
	}
	for _, f := range s.Findings {
		line("%s%s", prefix(f.Chain), findingLine(f))
	}
	for _, r := range s.Board {
		word, _ := readiness(r)
		line("%s", strings.TrimSuffix(fmt.Sprintf("%s%s %s %s, key %s, stops %s: %s", prefix(r.Chain), r.Runbook, r.Name, word, r.Key, r.Stops, strings.Join(r.Why, "; ")), ": "))
	}
	for _, e := range s.Exposed {
		line("%s%s", prefix(e.Chain), exposureLine(e))
	}
	for _, r := range s.Receipts {
		line("%s%s", prefix(r.Chain), receiptLine(r))
	}
	for _, t := range s.Timelocks {
		for _, h := range t.Hazards {
			line("%s%s %s", prefix(t.Chain), t.ID, wrong(h))
		}
	}
	for _, o := range s.Queue {
		line("%s", OperationLine(o))
	}
	for _, c := range s.Canary {
		line("%s%s", prefix(c.Chain), windowLine(c))
	}
	return b.String()
}

// OperationLine is an operation in one line. It is not made safe.
func OperationLine(o ops.Operation) string {
	approved, _ := approval(o)
	text := fmt.Sprintf("%s%s %s %s, approved: %s", prefix(o.Chain), o.Short, o.State, what(o), approved)
	if len(o.Hazards) > 0 {
		text += "; " + wrongs(o.Hazards)
	}
	return text
}

// PlainFindings are lines of findings alone.
func PlainFindings(findings []ops.Finding) string {
	var b strings.Builder
	for _, f := range cleaned(findings) {
		_, _ = fmt.Fprintln(&b, prefix(f.Chain)+findingLine(f))
	}
	return b.String()
}

// chainLine is one of several chains.
func chainLine(c ops.ChainState) string {
	text := fmt.Sprintf("chain %s %d, ", c.Name, c.ID)
	if c.Head.Zero() {
		text += "no block seen"
	} else {
		text += fmt.Sprintf("block %s %s", block(c.Head.Number), c.Head.Hash.Hex())
	}
	if c.Missed > 0 {
		text += fmt.Sprintf(", coverage %d of %d blocks", c.Judged, c.Judged+c.Missed)
	}
	if c.Blind != "" {
		text += fmt.Sprintf(", BLIND since %s UTC: %s", utc(c.BlindSince), c.Blind)
	}
	return text
}

// incidents are the last of every chain.
func incidents(s ops.Snapshot) []ops.Incident {
	var out []ops.Incident
	if len(s.Chains) == 0 && s.Incident != nil {
		out = append(out, *s.Incident)
	}
	for _, c := range s.Chains {
		if c.Incident != nil {
			out = append(out, *c.Incident)
		}
	}
	return out
}

func armingWord(s ops.Snapshot) string {
	if !s.Arming.Armed {
		return "LOCKED"
	}
	return "ARMED until " + utc(s.Arming.Until) + " UTC"
}

func incidentEnd(i ops.Incident) string {
	if i.StoppedAt.IsZero() {
		return "not contained"
	}
	return fmt.Sprintf("CONTAINED at %s after %s", block(i.Contained.Number), clock(i.StoppedAt.Sub(i.OpenedAt)))
}

func receiptLine(r ops.Receipt) string {
	text := fmt.Sprintf("%s %s %s, confirmed %s UTC", r.Runbook, r.Name, r.Stage, utc(r.Confirmed))
	if !r.Mined.Zero() {
		text += fmt.Sprintf(", mined at %s, held %d of %d blocks", block(r.Mined.Number), r.HeldBlocks, r.NeedBlocks)
	}
	if r.Why != "" {
		text += ": " + r.Why
	}
	return text
}

func windowLine(c ops.Window) string {
	if !c.Open {
		return c.ID + " not open"
	}
	budget, segment := strings.ToUpper(c.Budget.String()), strings.ToUpper(c.Segment.String())
	text := fmt.Sprintf("%s %s, spent %s of %s in %s %s, accounts %d of %d %s", c.ID, stands(c), c.Spent.Shown, c.Limit.Shown, span(c.Interval), budget, c.Seen, c.Allowed, segment)
	if c.Frozen {
		text += fmt.Sprintf(", promotion FROZEN since %s by %s", block(c.FrozenAt.Number), c.FrozenBy)
	}
	return text
}

func findingLine(f ops.Finding) string {
	word := strings.ToUpper(f.Verdict.String())
	switch f.Verdict {
	case ops.Unknown:
		return fmt.Sprintf("%s %s %s: %s (%s)", f.Detector, word, f.Title, f.Why, lastKnown(f))
	default:
		text := fmt.Sprintf("%s %s %s: %s, bound %s %s, at %s", f.Detector, word, f.Title, f.Observed.Shown, f.Relation, f.Threshold.Shown, block(f.At.Number))
		switch {
		case f.Verdict != ops.Breach:
		case f.Action == "": // configuration
			text += fmt.Sprintf(", severity %s, no runbook: %s", f.Severity, f.Why)
		default:
			text += strings.TrimSuffix(fmt.Sprintf(", severity %s, answered by %s: %s", f.Severity, f.Action, f.Why), ": ")
		}
		return text
	}
}

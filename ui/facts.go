package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// list is what the person reads before typing; what refuses the plan comes
// first.
func (d *confirmDialog) list(t *theme, w int) []string {
	p := d.plan
	var out []string
	for _, r := range p.Refusals {
		out = append(out, labelled(t, w, "✖ ", alarm, r)...)
	}
	if d.holds {
		out = append(out, labelled(t, w, "! ", alarm, d.holdsText())...)
	}
	fact := func(label string, i ink, text string) {
		out = append(out, labelled(t, w, fmt.Sprintf("%-12s ", label), i, text)...)
	}
	out = append(out, newLine(t, w).put(accent, p.StepTitle).put(plain, fmt.Sprintf(" on chain %s %d", p.Chain, p.ChainID)).end())
	fact("call", strong, fmt.Sprintf("%s  %s", p.Call.Function, dataText(p.Call.Data)))
	if p.Call.Value != "" && p.Call.Value != "0" {
		fact("value", alarm, p.Call.Value+" wei")
	}
	fact("on", plain, p.Call.Name+" "+p.Call.To.Hex())
	if p.About != "" {
		fact("about", strong, p.About)
	}
	if p.SignedBy != "" {
		fact("committed", plain, fmt.Sprintf("runbook %s plan %s signed by %s ✓", shortHash(p.RunbookHash), shortHash(p.Digest), p.SignedBy))
	} else {
		fact("committed", notice, fmt.Sprintf("runbook %s plan %s NOT SIGNED", shortHash(p.RunbookHash), shortHash(p.Digest)))
	}
	for i, c := range p.Changes {
		label := ""
		if i == 0 {
			label = "simulated"
		}
		text := fmt.Sprintf("%s  %s → %s", c.What, c.Before, c.After)
		fact(label, fine, text)
	}
	if reason, reverts := reverted(p); reverts {
		fact("simulated", alarm, "✖ REVERTS "+reason)
	}
	on, old := d.basis()
	i := dim
	if old {
		i = notice
	}
	switch {
	case !p.Simulated:
		fact("simulated", alarm, cut("NOT SIMULATED "+on, w-13))
	case d.failure != "":
		fact("", i, cut(on, w-13)) // one row, whatever went wrong: nothing moves below it
	default:
		fact("", i, fmt.Sprintf("%s; %s gas limit", on, strings.TrimPrefix(block(p.Gas), "#")))
	}
	if p.Loosens {
		fact("effect", alarm, "LOOSENS: two people confirm it, and no doubt is let pass")
	}
	fact("stops", notice, p.Stops)
	out = append(out, course(t, w, p)...)
	if p.ByHand != "" {
		fact("from", notice, fmt.Sprintf("%s, %s: nothing is sent from here, somebody else does:", p.From.Hex(), p.Lane))
		fact("by hand", strong, p.ByHand)
	} else {
		multisig(p.Safe, fact)
		fact("from", plain, fmt.Sprintf("%s, %s, nonce %d, at most %s", p.From.Hex(), p.Lane, p.Nonce, p.MaxCost.Shown))
	}
	if p.Relay != "" {
		fact("to", plain, p.Relay)
	}
	if len(p.Seconds) > 0 {
		fact("beside you", fine, strings.Join(p.Seconds, ", ")+" confirmed this plan")
	}
	if len(p.Warnings) == 0 {
		fact("warnings", dim, "none")
	}
	for i, warning := range p.Warnings {
		label := ""
		if i == 0 {
			label = "warnings"
		}
		fact(label, notice, "! "+warning)
	}
	return out
}

// holdsText says what comes of sending what holds already: a call that the
// simulation let through only changes nothing.
func (d *confirmDialog) holdsText() string {
	idle := d.plan.Simulated && len(d.plan.Changes) > 0
	for _, c := range d.plan.Changes[:min(len(d.plan.Changes), 1)] { // the first is the step's own effect
		idle = idle && c.Before == c.After
	}
	if idle {
		return "it holds already; sending this changes nothing"
	}
	return "it holds already; sending this will fail"
}

// reverted reports whether the simulation ran and reverted, and with what: then
// there are no changes to show.
func reverted(p ops.Plan) (reason string, ok bool) {
	if !p.Simulated || len(p.Changes) > 0 {
		return "", false
	}
	for _, w := range p.Warnings {
		if reason, ok = strings.CutPrefix(w, "the simulation REVERTS: "); ok {
			return reason, true
		}
	}
	return "", false
}

// dataText is calldata as it can be compared: its selector and its length.
func dataText(data []byte) string {
	if len(data) <= 4 {
		return fmt.Sprintf("0x%x", data)
	}
	return fmt.Sprintf("0x%x… %d bytes", data[:4], len(data))
}

// labelled is a label and a text that goes on under itself.
func labelled(t *theme, w int, label string, i ink, text string) []string {
	var out []string
	for n, part := range wrapped(text, w-width(label)) {
		head := label
		if n > 0 {
			head = blanks(width(label))
		}
		out = append(out, newLine(t, w).put(dim, head).put(i, part).end())
	}
	return out
}

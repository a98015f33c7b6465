package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// dwell is how long the phrase must stand complete before enter counts: two
// deliberate acts, not one burst of keys.
const dwell = 700 * time.Millisecond

// confirmDialog shows a plan as it would be sent and takes the confirmation.
type confirmDialog struct {
	runbook  ops.RunbookID
	name     string
	plan     ops.Plan
	ready    bool // the plan is here
	phrase   field
	complete time.Time // when the phrase was complete; zero while it is not
	busy     bool
	problem  string
	remark   string
}

func newConfirmDialog(line ops.Readiness) *confirmDialog {
	return &confirmDialog{runbook: line.Runbook, name: line.Name}
}

func (d *confirmDialog) title() string {
	if !d.ready {
		return fmt.Sprintf("%s %s", d.runbook, d.name)
	}
	title := fmt.Sprintf("%s %s · %s", d.runbook, d.name, d.plan.Mode)
	if d.plan.Steps > 1 {
		title = fmt.Sprintf("%s %s · step 1 of %d · %s", d.runbook, d.name, d.plan.Steps, d.plan.Mode)
	}
	return title
}

func (d *confirmDialog) ink() ink {
	if d.ready && d.plan.Mode == ops.Live {
		return alarm
	}
	return notice
}

func (d *confirmDialog) paste() { d.remark = "type it: pastes are ignored here" }

func (d *confirmDialog) planned(msg planMsg, _ time.Time) {
	if msg.err != nil {
		d.problem = cleanError(msg.err)
		return
	}
	d.plan, d.ready = msg.plan, true
}

func (d *confirmDialog) failed(err error) {
	d.busy, d.problem = false, cleanError(err)
	d.phrase.text, d.complete = "", time.Time{}
}

// key: esc always cancels; everything else only while a person can confirm.
func (d *confirmDialog) key(k tea.KeyPressMsg, now time.Time) intent {
	if k.String() == "esc" {
		return intent{close: true}
	}
	if !d.ready || d.busy || len(d.plan.Refusals) > 0 || k.IsRepeat {
		return intent{}
	}
	if k.String() == "enter" {
		switch {
		case d.complete.IsZero():
			d.remark = "the phrase is not complete; nothing has been sent"
		case now.Sub(d.complete) < dwell:
			d.remark = "a moment: read it once more, then enter"
		default:
			d.busy, d.problem, d.remark = true, "", ""
			return intent{command: ops.Contain{Digest: d.plan.Digest, Phrase: d.phrase.text}}
		}
		return intent{}
	}
	if !d.phrase.typed(k) {
		return intent{}
	}
	d.remark, d.problem, d.complete = "", "", time.Time{}
	if d.phrase.text == d.plan.Phrase {
		d.complete = now
		return intent{again: dwell}
	}
	return intent{}
}

func (d *confirmDialog) render(t *theme, w int, now time.Time) []string {
	row := func() *line { return newLine(t, w) }
	if !d.ready {
		if d.problem == "" {
			return []string{row().put(notice, "decoding and simulating…").end(), row().put(dim, "nothing has been sent; esc cancels").end()}
		}
		out := []string{row().put(alarm, "It cannot be prepared. Nothing has been sent.").end()}
		return append(append(out, labelled(t, w, "", plain, d.problem)...), row().put(dim, "esc closes").end())
	}
	out := d.facts(t, w)
	out = append(out, row().end())
	if len(d.plan.Refusals) > 0 {
		out = append(out, row().put(alarm, "REFUSED. Nothing can be sent:").end())
		for _, r := range d.plan.Refusals {
			out = append(out, labelled(t, w, "  ✖ ", alarm, r)...)
		}
		return append(out, row().put(dim, "esc closes").end())
	}
	return append(out, d.prompt(t, w, now)...)
}

// facts are what the person reads before typing.
func (d *confirmDialog) facts(t *theme, w int) []string {
	p := d.plan
	var out []string
	fact := func(label string, i ink, text string) {
		out = append(out, labelled(t, w, fmt.Sprintf("%-12s ", label), i, text)...)
	}
	out = append(out, newLine(t, w).put(accent, p.StepTitle).end())
	fact("call", strong, p.Call.Function)
	fact("on", plain, fmt.Sprintf("%s %s, chain %s %d", p.Call.Name, p.Call.To.Hex(), p.Chain, p.ChainID))
	if p.About != "" {
		fact("about", strong, p.About)
	}
	fact("committed", plain, fmt.Sprintf("runbook %s, plan %s", shortHash(p.RunbookHash), shortHash(p.Digest)))
	for i, c := range p.Changes {
		label := ""
		if i == 0 {
			label = "simulated"
		}
		text := fmt.Sprintf("%s  %s → %s", c.What, c.Before, c.After)
		fact(label, fine, text)
	}
	if !p.Simulated {
		fact("simulated", alarm, "NOT SIMULATED")
	} else {
		fact("", dim, fmt.Sprintf("on top of %s; %s gas limit", block(p.At.Number), strings.TrimPrefix(block(p.Gas), "#")))
	}
	fact("stops", notice, p.Stops)
	fact("from", plain, fmt.Sprintf("%s, %s, nonce %d, at most %s", p.From.Hex(), p.Lane, p.Nonce, p.MaxCost.Shown))
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

func (d *confirmDialog) prompt(t *theme, w int, now time.Time) []string {
	row := func() *line { return newLine(t, w) }
	if d.busy {
		return []string{row().put(notice, "CONFIRMED: writing it down, signing, sending…").end()}
	}
	out := []string{row().put(plain, "Type  ").put(strong, d.plan.Phrase).put(plain, "  then enter.").end()}
	out = append(out, row().put(accent, "> ").put(strong, d.phrase.text).put(accent, "▌").end())
	switch {
	case d.problem != "":
		out = append(out, labelled(t, w, "✖ ", alarm, d.problem)...)
	case d.remark != "":
		out = append(out, row().put(notice, d.remark).end())
	case d.complete.IsZero():
		out = append(out, row().put(dim, "Nothing has been sent. esc cancels.").end())
	case now.Sub(d.complete) < dwell:
		out = append(out, row().put(dim, "Complete. Read it once more…").end())
	default:
		out = append(out, row().put(accent, "enter").put(plain, " sends it; esc cancels.").end())
	}
	return out
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

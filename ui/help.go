package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// textDialog shows text in full and closes: the help, and a line in detail.
type textDialog struct {
	name  string
	text  []string
	from  int
	label int // how wide the words before the text are; what wraps goes on under the text
	hint  string
}

func (d *textDialog) title() string { return d.name }
func (d *textDialog) ink() ink      { return accent }
func (d *textDialog) paste()        {}

func (d *textDialog) key(k tea.KeyPressMsg, _ time.Time) intent {
	switch k.String() {
	case "down", "j":
		d.from = min(d.from+1, max(len(d.text)-1, 0))
	case "up", "k":
		d.from = max(d.from-1, 0)
	case "esc", "enter", "q", "?", "y":
		return intent{close: true}
	}
	return intent{}
}

func (d *textDialog) render(t *theme, w int, _ time.Time) []string {
	var out []string
	for _, text := range d.text[d.from:] {
		if label := d.label; len(text) > label && label > 0 && text[label-1] == ' ' {
			out = append(out, labelled(t, w, text[:label], plain, text[label:])...)
			continue
		}
		for _, part := range wrapped(text, w) {
			out = append(out, newLine(t, w).put(plain, part).end())
		}
	}
	return append(out, newLine(t, w).end(), newLine(t, w).put(dim, d.hint).end())
}

// newHelpDialog lists the live bindings, so that the help cannot be out of date.
func newHelpDialog(k *keymap, s ops.Snapshot) *textDialog {
	d := &textDialog{name: "Keys", hint: "esc closes", label: 17}
	for _, line := range s.Board {
		d.text = append(d.text, fmt.Sprintf("%-16s %s %s: %s", line.Key, line.Runbook, line.Name, line.Effect))
	}
	d.text = append(d.text, fmt.Sprintf("%-16s %s", "1 2 3 4", "detectors, canary, timelock, journal"))
	for _, b := range k.bindings {
		d.text = append(d.text, fmt.Sprintf("%-16s %s", strings.Join(b.keys, " "), b.help))
	}
	d.text = append(d.text, fmt.Sprintf("%-16s %s", "ctrl+c", "quit at once; what was sent goes on"))
	return d
}

// palette runs commands by name.
type palette struct {
	field   field
	entries []entry
	at      int
}

type entry struct {
	name   string
	help   string
	intent intent
}

func newPalette(m *Model) *palette {
	p := &palette{}
	for _, line := range m.snap.Board {
		p.entries = append(p.entries, entry{line.Name, fmt.Sprintf("%s: %s", line.Runbook, line.Effect), intent{close: true, runbook: line.Runbook}})
	}
	for _, b := range m.keys.bindings {
		switch b.action {
		case actArm, actLog, actHelp, actQuit, actCoach, actFilter:
			p.entries = append(p.entries, entry{string(b.action), b.help, intent{close: true, action: b.action}})
		}
	}
	return p
}

func (p *palette) title() string { return "Command" }
func (p *palette) ink() ink      { return accent }
func (p *palette) paste()        {}

func (p *palette) key(k tea.KeyPressMsg, _ time.Time) intent {
	found := p.found()
	switch k.String() {
	case "esc":
		return intent{close: true}
	case "up":
		p.at = max(p.at-1, 0)
	case "down", "tab":
		p.at = min(p.at+1, max(len(found)-1, 0))
	case "enter":
		if p.at < len(found) && !k.IsRepeat {
			return found[p.at].intent
		}
	default:
		if p.field.typed(k) {
			p.at = 0
		}
	}
	return intent{}
}

func (p *palette) found() []entry {
	var out []entry
	for _, e := range p.entries {
		if strings.Contains(e.name, p.field.text) {
			out = append(out, e)
		}
	}
	return out
}

func (p *palette) render(t *theme, w int, _ time.Time) []string {
	out := []string{newLine(t, w).put(accent, ": ").put(strong, p.field.text).put(accent, "▌").end()}
	for i, e := range p.found() {
		name := plain
		if i == p.at {
			name = chosen
		}
		out = append(out, newLine(t, w).blank(2).cell(name, e.name, 20).put(dim, e.help).end())
	}
	return append(out, newLine(t, w).put(dim, "enter runs it; a runbook still asks; esc cancels").end())
}

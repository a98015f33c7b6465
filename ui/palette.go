package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

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
	for n, name := range paneNames {
		word, _, _ := strings.Cut(strings.ToLower(name), " ")
		p.entries = append(p.entries, entry{word, "the pane " + name, intent{close: true, pane: n + 1}})
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
	case "up", "shift+tab":
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

// found are the entries called what is typed, then those that do it.
func (p *palette) found() []entry {
	var called, does []entry
	want := strings.ToLower(strings.TrimSpace(p.field.text))
	for _, e := range p.entries {
		switch {
		case strings.Contains(strings.ToLower(e.name), want):
			called = append(called, e)
		case strings.Contains(strings.ToLower(e.help), want):
			does = append(does, e)
		}
	}
	return append(called, does...)
}

func (p *palette) hints() []hint {
	return []hint{{"↑ ↓", "choose"}, {"enter", "run"}, {"esc", "cancel"}}
}

func (p *palette) fit(_, _ int) {}

func (p *palette) render(t *theme, w, h int, _ time.Time) []string {
	out := []string{newLine(t, w).put(accent, ": ").put(strong, tail(p.field.text, w-3)).put(accent, "▌").end()}
	found := p.found()
	if len(found) == 0 {
		out = append(out, newLine(t, w).put(notice, "  nothing is called that").end())
	}
	from, to := window(len(found), h-2, p.at)
	for i, e := range found[from:to] {
		sign, name := "  ", plain
		if from+i == p.at {
			sign, name = "› ", chosen
		}
		out = append(out, newLine(t, w).put(accent, sign).cell(name, e.name, 20).put(dim, e.help).end())
	}
	return append(out, newLine(t, w).put(dim, "enter runs it; a runbook still asks; esc cancels").end())
}

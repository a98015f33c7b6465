package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// The panes, in the order of their numbers.
const (
	paneDetectors = iota
	paneCanary
	paneTimelock
	paneJournal
	panes
)

var paneNames = [panes]string{"Detectors → actions", "Canary", "Timelock", "Journal"}

// The smallest screen, and the narrowest that shows the panes side by side.
const (
	leastWidth, leastHeight = 60, 16
	gridWidth, gridHeight   = 132, 28 // four panes
	stackWidth, stackHeight = 96, 28  // three panes
)

// View is the frame: a pure function of the model.
func (m *Model) View() tea.View {
	v := tea.NewView(m.Frame())
	v.AltScreen = true
	v.KeyboardEnhancements.ReportEventTypes = true // or no terminal says that a key is held
	v.WindowTitle = "bulkhead " + m.snap.Mode.String()
	return v
}

// Frame is the screen as text with colours, exactly as wide and high as it is.
func (m *Model) Frame() string {
	w, h := m.width, m.height
	if w == 0 || h == 0 {
		return ""
	}
	if w < leastWidth || h < leastHeight {
		return newLine(m.theme, w).put(alarm, fmt.Sprintf("bulkhead needs %dx%d, this is %dx%d", leastWidth, leastHeight, w, h)).end()
	}
	rows := m.header(w)
	top := len(rows)
	foot := m.footer(w)
	room := h - top - len(foot)
	switch {
	case m.full && m.dialogTop() == 0:
		rows = append(rows, m.paneBox(paneJournal, w, room)...)
	case w >= gridWidth && h >= gridHeight:
		rows = append(rows, m.grid(w, room)...)
	case w >= stackWidth && h >= stackHeight:
		rows = append(rows, m.stack(w, room)...)
	default:
		rows = append(rows, m.single(w, room)...)
	}
	rows = append(rows, foot...)
	if m.dialog != nil {
		overlay(m.theme, rows[top+m.dialogTop():len(rows)-len(foot)], m.dialog, w, m.shown)
	}
	return strings.Join(rows[:min(len(rows), h)], "\n")
}

// dialogRoom is what a dialog can show: nothing on a screen that shows nothing.
func (m *Model) dialogRoom() (w, h int) {
	if m.width < leastWidth || m.height < leastHeight {
		return 0, 0
	}
	return dialogWidth(m.width), m.height - len(m.header(m.width)) - len(m.footer(m.width)) - m.dialogTop() - 2
}

// dialogTop is how many rows of the first minute a dialog leaves in sight: what is
// answered is not covered by its answer, where the screen holds both.
func (m *Model) dialogTop() int {
	if _, confirms := m.dialog.(*confirmDialog); confirms && m.height >= 24 {
		return 2
	}
	return 0
}

// grid shows everything: the first minute over four panes.
func (m *Model) grid(w, h int) []string {
	first := m.firstMinute(w)
	rows := first
	h -= len(first)
	upper := min(max(m.rows(paneDetectors)+3, m.canaryHeight()), max(h*3/5, 8))
	lower := h - upper
	left := w * 62 / 100
	rows = append(rows, beside(m.paneBox(paneDetectors, left, upper), m.paneBox(paneCanary, w-left, upper))...)
	return append(rows, beside(m.paneBox(paneTimelock, left, lower), m.paneBox(paneJournal, w-left, lower))...)
}

// stack gives the detectors the whole width, for their numbers must be read, and
// sets the timelock beside the canary, or the journal when that is the pane.
func (m *Model) stack(w, h int) []string {
	rows := m.firstMinute(w)
	h -= len(rows)
	upper := min(max(m.rows(paneDetectors)+3, 6), h*3/5)
	beneath, left := paneCanary, w-canaryWidth
	if m.pane == paneJournal {
		beneath, left = paneJournal, w/2
	}
	rows = append(rows, m.paneBox(paneDetectors, w, upper)...)
	return append(rows, beside(m.paneBox(paneTimelock, left, h-upper), m.paneBox(beneath, w-left, h-upper))...)
}

// single shows the first minute and one pane.
func (m *Model) single(w, h int) []string {
	rows := m.firstMinute(w)
	tabs := newLine(m.theme, w)
	for p, name := range paneNames {
		i := dim
		if p == m.pane {
			i = chosen
		}
		if w < 76 {
			name, _, _ = strings.Cut(name, " ")
		}
		tabs.put(plain, " ").put(i, fmt.Sprintf(" %d %s ", p+1, name))
	}
	rows = append(rows, tabs.end())
	return append(rows, m.paneBox(m.pane, w, h-len(rows))...)
}

// paneBox frames one pane.
func (m *Model) paneBox(p, w, h int) []string {
	inner, high := w-2, h-2
	var rows []string
	title := fmt.Sprintf("%d %s", p+1, paneNames[p])
	switch p {
	case paneDetectors:
		rows = m.detectors(inner, high)
	case paneCanary:
		rows = m.canary(inner)
		if at, n := m.cursor[p], len(m.snap.Canary); at < n {
			title = fmt.Sprintf("%d Canary %s %s%s", p+1, m.snap.Canary[at].ID, m.snap.Canary[at].Release, onChain(m.snap.Canary[at].Chain))
			if n > 1 {
				title += fmt.Sprintf(" · %d of %d", at+1, n)
			}
		}
	case paneTimelock:
		rows = m.timelock(inner, high)
		if m.snap.MinDelay > 0 {
			title = fmt.Sprintf("%d Timelock · minimum %s", p+1, span(m.snap.MinDelay))
		}
	case paneJournal:
		rows = m.journal(inner, high)
	}
	if m.filter != "" && p != paneCanary {
		title += " · filter " + m.filter
	}
	i := dim
	if p == m.pane {
		title, i = "› "+title, accent
	}
	return box(m.theme, title, i, rows, w, h)
}

// matches reports whether a row passes the filter.
func (m *Model) matches(parts ...string) bool {
	if m.filter == "" {
		return true
	}
	want := strings.ToLower(m.filter)
	for _, p := range parts {
		if strings.Contains(strings.ToLower(p), want) {
			return true
		}
	}
	return false
}

// rows is how many lines a pane has to scroll through.
func (m *Model) rows(p int) int {
	switch p {
	case paneDetectors:
		return len(m.findings())
	case paneTimelock:
		return len(m.queue())
	case paneJournal:
		return len(m.entries())
	default:
		return len(m.snap.Canary)
	}
}

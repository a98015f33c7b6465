package ui

import (
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// footer is the keys that work now, from the live bindings, and in a drill the
// coach.
func (m *Model) footer(w int) []string {
	var rows []string
	if m.coach && m.seen && m.snap.Mode == ops.Drill {
		l := newLine(m.theme, w).put(drillMark, " coach ").put(plain, " ")
		rows = append(rows, l.put(strong, m.advice()).end())
	}
	l := newLine(m.theme, w).put(plain, " ")
	switch {
	case m.notice != "":
		return m.remark(w, rows)
	case m.filtering:
		return append(rows, l.put(accent, "/").put(strong, m.filter).put(accent, "▌").put(dim, "  enter keeps it, esc clears it").end())
	}
	for _, h := range m.hints() { // what does not fit as a whole is left out: ? has it
		gap := ""
		if l.used > 1 {
			gap = " · "
		}
		if l.used+width(gap+h.key+" "+h.does) > w {
			break
		}
		l.put(dim, gap).put(accent, h.key).put(dim, " "+h.does)
	}
	return append(rows, l.end())
}

// mostNamedKeys is how many runbooks the footer names. Of more it names those that
// answer a breach, so that room is left for the keys of the console itself.
const mostNamedKeys = 4

// called reports whether a runbook answers something that is in breach.
func (m *Model) called(id ops.RunbookID) bool {
	return slices.ContainsFunc(m.snap.Findings, func(f ops.Finding) bool { return f.Action == id && f.Verdict == ops.Breach })
}

// hints are the keys that do something now: the dialog's, or those of the panes.
func (m *Model) hints() []hint {
	if m.dialog != nil {
		return append(m.dialog.hints(), hint{"ctrl+c", "leave at once"})
	}
	var out []hint
	var others []string
	for _, b := range m.snap.Board {
		if len(m.snap.Board) > mostNamedKeys && !m.called(b.Runbook) {
			others = append(others, b.Key)
			continue
		}
		out = append(out, hint{b.Key, b.Name})
	}
	if len(others) > 0 {
		out = append(out, hint{strings.Join(others, " "), "actions"})
	}
	arm := "arm"
	if m.snap.Arming.Armed {
		arm = "lock"
	}
	for _, h := range []struct {
		action action
		does   string
	}{
		{actArm, arm}, {actHelp, "help"}, {actQuit, "quit"}, {actNext, "pane"}, {actDetail, "detail"}, {actFilter, "filter"}, {actCommand, "command"}, {actLog, "journal"},
	} {
		out = append(out, hint{m.keys.first(h.action), h.does})
	}
	return out
}

// remark puts a remark in the place of the keys, and of the coach where it is
// long: the footer keeps its height.
func (m *Model) remark(w int, coach []string) []string {
	parts := wrapped(m.notice, w-2)
	if len(parts) > len(coach)+1 || len(parts) == 1 {
		return append(coach, newLine(m.theme, w).put(plain, " ").put(notice, m.notice).end())
	}
	var rows []string
	for _, part := range parts {
		rows = append(rows, newLine(m.theme, w).put(plain, " ").put(notice, part).end())
	}
	return rows
}

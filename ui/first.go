package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// firstRows is how many rows the first minute has between its borders: on one
// screen always the same, so that nothing jumps when it matters.
func (m *Model) firstRows() int {
	if m.height < 22 {
		return 5
	}
	if r, ok := m.receipt(); ok && m.height >= 30 && tree(r) { // a tree under way has a row for each step
		return 6 + min(len(r.Steps), 6)
	}
	return 6
}

// firstMinute answers, without a key: what is breached, which action answers it,
// does it work, and how far is it.
func (m *Model) firstMinute(w int) []string {
	inner := w - 2
	title, i := "FIRST MINUTE", fine
	var rows, far []string
	worst, breached := m.worst()
	receipt, running := m.receipt()
	high := m.firstRows()
	if running {
		far = m.progress(inner, high-3, receipt)
	}
	switch {
	case !m.seen:
		title, i, rows = "STARTING", dim, []string{newLine(m.theme, inner).put(dim, " connecting to the chain…").end()}
	case m.snap.Blind != "" && !m.several():
		title, i, rows = "BLIND", doubt, m.blind(inner)
	case m.snap.Blind != "" && !breached:
		title, i, rows = "BLIND", doubt, m.partly(inner, high-len(far))
	case breached:
		i = alarm
		for _, c := range m.unseen() {
			title += " · ? " + darkWord(c, m.shown)
		}
		more := m.others(inner, high-3-len(far), worst, receipt)
		rows = append(m.breach(inner, high-3-len(far)-len(more), worst), more...)
		if running && receipt.Runbook == worst.Action && receipt.Stage == ops.StageContained {
			i = notice
			if also := m.others(inner, 1, worst, receipt); len(more) == 0 && len(also) > 0 {
				rows[2] = also[0] // the answer was given; what is still open is news
			}
		}
	default:
		if unknown, _ := m.unknown(); unknown > 0 || len(m.snap.Findings) == 0 {
			i = doubt
		}
		rows = m.calm(inner)
	}
	if news, none := m.silent(); none {
		title, i = strings.ToUpper(news)+" · THIS WAS SO AT "+utc(m.arrived), doubt
	}
	rows = append(rows[:min(len(rows), high-len(far))], far...)
	return box(m.theme, title, i, rows, w, high+2)
}

// unknown is how many lines are UNKNOWN, and the first of them.
func (m *Model) unknown() (n int, first ops.Finding) {
	for i := range m.snap.Findings {
		if m.snap.Findings[i].Verdict == ops.Unknown {
			if n == 0 {
				first = m.snap.Findings[i]
			}
			n++
		}
	}
	return n, first
}

func (m *Model) calm(w int) []string {
	row := func() *line { return newLine(m.theme, w).put(plain, " ") }
	waiting := 0
	unknown, first := m.unknown()
	for _, o := range m.snap.Queue {
		if o.State == ops.OperationWaiting || o.State == ops.OperationReady {
			waiting++
		}
	}
	head := row()
	switch {
	case len(m.snap.Findings) == 0:
		head.put(doubt, "? Nothing has been judged yet.").put(plain, " That is not the same as healthy.")
	case unknown > 0:
		head.put(doubt, fmt.Sprintf("? %d of %d lines are UNKNOWN", unknown, len(m.snap.Findings))).put(plain, ". None of the others is in breach.")
	default:
		head.put(fine, "● Nothing is in breach.").put(plain, fmt.Sprintf(" %s judged at %s.", plural(len(m.snap.Findings), "line", "lines"), m.judgedAt()))
	}
	ready := row().put(dim, "  actions   ")
	board := slices.Clone(m.snap.Board) // what would not work comes first: the line may not hold them all
	slices.SortStableFunc(board, func(a, b ops.Readiness) int { return cmp.Compare(doubtful(a), doubtful(b)) })
	for n, b := range board {
		word, i := readiness(b)
		if n > 0 {
			ready.put(dim, " · ")
		}
		ready.put(accent, "["+b.Key+"] ").put(plain, b.Name+" ").put(i, word)
	}
	queue := row().put(dim, "  timelock  ").put(plain, plural(waiting, "operation waits", "operations wait"))
	for _, c := range m.snap.Canary {
		if c.Open {
			queue.put(dim, "   canary  ").put(plain, c.ID+" "+stands(c))
		}
	}
	for _, f := range m.snap.Feeds {
		queue.put(dim, "   feed  ").put(plain, f.Name+" "+f.State.String())
	}
	rows := append([]string{head.end(), ready.end(), queue.end()}, append(m.skewed(w), m.exposed(w)...)...)
	if unknown > 0 {
		rows = append(rows, row().put(dim, "  why       ").put(doubt, string(first.Detector)+" ").put(plain, first.Why).end())
	}
	return rows
}

func (m *Model) blind(w int) []string {
	row := func() *line { return newLine(m.theme, w).put(plain, " ") }
	s := m.snap
	rows := []string{
		row().put(doubt, "? The chain cannot be seen.").put(plain, " Every line is UNKNOWN; nothing counts as healthy.").end(),
		row().put(dim, "  why      ").put(plain, s.Blind).end(),
		row().put(dim, "  since    ").put(plain, fmt.Sprintf("%s (%s ago)", utc(s.BlindSince), tookText(m.shown.Sub(s.BlindSince)))).
			put(dim, "   last block ").put(strong, block(s.Head.Number)).put(dim, ", "+age(s.Head, m.shown)).end(),
	}
	if i := s.Incident; i != nil && i.StoppedAt.IsZero() { // going blind hides no breach and no answer
		open := row().put(dim, "  open     ").put(alarm, fmt.Sprintf("✖ %s", i.First)).put(plain, fmt.Sprintf(" since %s, not contained", block(i.Opened.Number)))
		if b, ok := m.answerTo(i.First); ok {
			open.put(dim, "   answer ").put(accent, keyed(b))
		}
		rows = append(rows, open.end())
	}
	return append(rows, row().put(dim, "  trying to connect again by itself; what was sent goes on").end())
}

// doubtful orders actions by how little may be expected of them: DEAD, IMPAIRED,
// UNKNOWN, READY.
func doubtful(r ops.Readiness) int {
	if len(r.Needed) > 0 && r.State == ops.ReadyUnknown {
		return 4
	}
	return map[ops.ReadyState]int{ops.Dead: 0, ops.Impaired: 1, ops.ReadyUnknown: 2, ops.Ready: 3}[r.State]
}

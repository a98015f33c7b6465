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
	return 6
}

// firstMinute answers, without a key: what is breached, which action answers it,
// does it work, and how far is it.
func (m *Model) firstMinute(w int) []string {
	inner := w - 2
	title, i := "FIRST MINUTE", fine
	var rows, rest []string // rest is shown where there is room for it
	worst, breached := m.worst()
	receipt, running := m.receipt()
	switch {
	case !m.seen:
		title, i, rows = "STARTING", dim, []string{newLine(m.theme, inner).put(dim, " connecting to the chain…").end()}
	case m.snap.Blind != "":
		title, i, rows = "BLIND", doubt, m.blind(inner)
	case breached:
		i = alarm
		rows = m.breach(inner, worst)
		rest = m.others(inner, worst)
		if running && receipt.Runbook == worst.Action && receipt.Stage == ops.StageContained {
			i = notice
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
	high := m.firstRows()
	if running {
		far := m.progress(inner, high-min(len(rows), 3), receipt)
		rows = append(rows[:min(len(rows), high-len(far))], far...)
	}
	if len(rows)+len(rest) <= high {
		rows = slices.Insert(rows, min(3, len(rows)), rest...)
	}
	return box(m.theme, title, i, rows, w, high+2)
}

// unknown is how many lines are UNKNOWN, and the first of them.
func (m *Model) unknown() (n int, first ops.Finding) {
	for _, f := range m.snap.Findings {
		if f.Verdict == ops.Unknown {
			if n == 0 {
				first = f
			}
			n++
		}
	}
	return n, first
}

// worst is the finding that matters most: harm before what only waits, then by
// severity, then the first.
func (m *Model) worst() (ops.Finding, bool) {
	var found []ops.Finding
	for _, f := range m.snap.Findings {
		if f.Verdict == ops.Breach {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return ops.Finding{}, false
	}
	rank := func(f ops.Finding) int {
		r := slices.Index([]ops.Severity{ops.Critical, ops.High, ops.Warning}, f.Severity)
		if f.Class == ops.ClassQueue {
			r += 10
		}
		return r
	}
	return slices.MinFunc(found, func(a, b ops.Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Since.Number, b.Since.Number))
	}), true
}

// receipt is the containment to show: what answers the worst breach, else the
// newest.
func (m *Model) receipt() (ops.Receipt, bool) {
	worst, breached := m.worst()
	all := m.snap.Receipts
	for _, r := range slices.Backward(all) {
		if breached && r.Runbook == worst.Action && (!r.Done() || r.Prepared.Number >= m.since(worst)) {
			return r, true
		}
	}
	if len(all) == 0 || breached {
		return ops.Receipt{}, false
	}
	return all[len(all)-1], true
}

// since is the block from which on an answer counts as one to this breach: an
// old containment says nothing about a new breach.
func (m *Model) since(f ops.Finding) uint64 {
	if i := m.snap.Incident; i != nil && f.Class != ops.ClassQueue {
		return i.Opened.Number
	}
	return f.Since.Number
}

func (m *Model) board(id ops.RunbookID) (ops.Readiness, bool) {
	for _, line := range m.snap.Board {
		if line.Runbook == id {
			return line, true
		}
	}
	return ops.Readiness{}, false
}

// answerTo is the action that a detector's breach is answered with.
func (m *Model) answerTo(id ops.DetectorID) (ops.Readiness, bool) {
	for _, f := range m.snap.Findings {
		if f.Detector == id {
			return m.board(f.Action)
		}
	}
	return ops.Readiness{}, false
}

func (m *Model) breach(w int, f ops.Finding) []string {
	row := func() *line { return newLine(m.theme, w).put(plain, " ") }
	blocks := m.snap.Head.Number - min(f.Since.Number, m.snap.Head.Number) + 1
	head := row().put(alarm, fmt.Sprintf("✖ %s %s  ", f.Detector, strings.ToUpper(string(f.Severity)))).put(accent, f.Title)
	head.put(plain, "   ").put(alarm, fmt.Sprintf("BREACH since %s (%s)", block(f.Since.Number), plural(int(blocks), "block", "blocks"))).put(dim, fmt.Sprintf("   %s owns it", f.Owner))
	measured := row().put(dim, "  measured ").put(alarm, f.Observed.Shown).put(dim, "   bound ").put(strong, f.Relation+" "+f.Threshold.Shown)
	switch {
	case f.Why != "":
		measured.put(dim, "   ").put(notice, f.Why)
	case f.Trend != "":
		measured.put(dim, "   ").put(notice, f.Trend)
	}
	return []string{head.end(), measured.end(), m.answer(w, f)}
}

// answer is the committed action, and whether it works.
func (m *Model) answer(w int, f ops.Finding) string {
	l := newLine(m.theme, w).put(dim, "   answer   ")
	b, ok := m.board(f.Action)
	if !ok {
		return l.put(alarm, "no runbook "+string(f.Action)).end()
	}
	word, i := readiness(b)
	l.put(accent, "["+b.Key+"]").put(strong, fmt.Sprintf(" %s %s   ", b.Runbook, b.Name)).put(i, word)
	if b.State != ops.Ready && len(b.Why) > 0 {
		l.put(i, ": "+b.Why[0])
	}
	l.put(dim, " · ").put(plain, "stops "+b.Stops).put(dim, " · ").put(plain, b.Signer+" "+shortAddress(b.From))
	if b.Gas > 0 {
		l.put(dim, fmt.Sprintf(" · about %dk gas", (b.Gas+500)/1000))
	}
	return l.end()
}

// others names further breaches, and what is not known.
func (m *Model) others(w int, f ops.Finding) []string {
	var breached, unknown []string
	for _, o := range m.snap.Findings {
		switch {
		case o.Verdict == ops.Breach && o.Detector != f.Detector:
			breached = append(breached, string(o.Detector))
		case o.Verdict == ops.Unknown:
			unknown = append(unknown, string(o.Detector))
		}
	}
	if len(breached)+len(unknown) == 0 {
		return nil
	}
	l := newLine(m.theme, w).put(dim, "   also     ")
	if len(breached) > 0 {
		l.put(alarm, "✖ "+strings.Join(breached, ", ")).put(dim, " in breach   ")
	}
	if len(unknown) > 0 {
		l.put(doubt, "? "+strings.Join(unknown, ", ")).put(dim, " UNKNOWN")
	}
	return []string{l.end()}
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
		head.put(fine, "● Nothing is in breach.").put(plain, fmt.Sprintf(" %s judged at %s.", plural(len(m.snap.Findings), "line", "lines"), block(m.snap.Head.Number)))
	}
	ready := row().put(dim, "  actions   ")
	for n, b := range m.snap.Board {
		word, i := readiness(b)
		if n > 0 {
			ready.put(dim, " · ")
		}
		ready.put(accent, "["+b.Key+"] ").put(plain, b.Name+" ").put(i, word)
	}
	queue := row().put(dim, "  timelock  ").put(plain, plural(waiting, "operation waits", "operations wait"))
	for _, c := range m.snap.Canary {
		if c.Open {
			queue.put(dim, "   canary  ").put(plain, fmt.Sprintf("%s open, %s left", c.ID, clock(c.Ends.Sub(c.Now))))
		}
	}
	for _, f := range m.snap.Feeds {
		queue.put(dim, "   feed  ").put(plain, f.Name+" "+f.State.String())
	}
	rows := []string{head.end(), ready.end(), queue.end()}
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
			open.put(dim, "   answer ").put(accent, "["+b.Key+"]").put(strong, fmt.Sprintf(" %s %s", b.Runbook, b.Name))
		}
		rows = append(rows, open.end())
	}
	return append(rows, row().put(dim, "  trying to connect again by itself; what was sent goes on").end())
}

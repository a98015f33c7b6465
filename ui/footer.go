package ui

import "github.com/bulkhead-console/bulkhead/ops"

// footer is the keys that work now, from the live bindings, and in a drill the
// coach.
func (m *Model) footer(w int) []string {
	var rows []string
	if m.coach && m.seen {
		l := newLine(m.theme, w).put(drillMark, " coach ").put(plain, " ")
		rows = append(rows, l.put(strong, m.advice()).end())
	}
	l := newLine(m.theme, w).put(plain, " ")
	switch {
	case m.notice != "":
		return append(rows, l.put(notice, m.notice).end())
	case m.filtering:
		return append(rows, l.put(accent, "/").put(strong, m.filter).put(accent, "▌").put(dim, "  enter keeps it, esc clears it").end())
	}
	hint := func(key, what string) {
		if l.used > 1 {
			l.put(dim, " · ")
		}
		l.put(accent, key).put(dim, " "+what)
	}
	for _, b := range m.snap.Board {
		hint(b.Key, b.Name)
	}
	if m.snap.Arming.Armed {
		hint(m.keys.first(actArm), "lock")
	} else {
		hint(m.keys.first(actArm), "arm")
	}
	hint(m.keys.first(actHelp), "help")
	hint(m.keys.first(actQuit), "quit")
	hint(m.keys.first(actNext), "pane")
	hint(m.keys.first(actDetail), "detail")
	hint(m.keys.first(actFilter), "filter")
	hint(m.keys.first(actCommand), "command")
	hint(m.keys.first(actLog), "journal")
	return append(rows, l.end())
}

// advice is the coach's one sentence: what is happening and which key comes
// next. It follows from the snapshot and the screen alone.
func (m *Model) advice() string {
	switch d := m.dialog.(type) {
	case *armDialog:
		return "Say why you arm (a few words), then press enter."
	case *confirmDialog:
		switch {
		case d.busy:
			return "It is being signed and sent."
		case !d.ready:
			return "The call is being decoded and simulated; nothing is sent."
		case len(d.plan.Refusals) > 0:
			return "It cannot be run; the dialog says why. Press esc."
		case !d.complete():
			return "Read what it does and what it stops, then type: " + d.plan.Phrase
		default:
			return "Press enter to send it, or esc to cancel."
		}
	case nil:
	default:
		return "Press esc to go back to the panes."
	}
	worst, breached := m.worst()
	receipt, answered := m.receipt()
	board, _ := m.board(worst.Action)
	switch {
	case m.snap.Blind != "":
		return "The chain cannot be seen, so nothing counts as healthy. It reconnects by itself."
	case answered && receipt.Stage == ops.StageContained && breached && worst.Class != ops.ClassQueue:
		return "Contained: the drain has stopped; what was lost is gone. Press " + m.keys.first(actQuit) + " for the hotwash."
	case answered && !receipt.Done():
		return "Watch it: sent, mined, read back, then held for some blocks. Nothing to press."
	case breached && worst.Class == ops.ClassQueue && !answered:
		return string(worst.Detector) + ": somebody queued what nobody approved. Press " + board.Key + " to cancel it, or watch on."
	case breached && !answered || breached && receipt.Stage == ops.StageFailed:
		return string(worst.Detector) + " is breached. Press " + board.Key + " to answer it: " + board.Effect + "."
	case !m.snap.Arming.Armed:
		return "All is well: a canary window is open. Press " + m.keys.first(actArm) + " to arm, so that you can act."
	default:
		return "All is well and you are armed. Something will break soon: watch FIRST MINUTE."
	}
}

package ui

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

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
		case d.holds:
			return "It holds already: there is nothing to send. Press esc."
		case !d.complete():
			return "Read what it does and stops, then type: " + d.plan.Phrase
		default:
			return "Press enter to send it, or esc to cancel."
		}
	case *answerDialog:
		return "Say what is so, then press enter: the runbook goes on with the expected answer."
	case nil:
	default:
		return "Press esc to go back to the panes."
	}
	worst, breached := m.worst()
	receipt, answered := m.receipt()
	switch {
	case m.snap.Dark():
		return "Blind: nothing counts as healthy now. It reconnects by itself."
	case m.asked():
		return "The runbook waits for a person. Press " + m.keys.first(actAnswer) + " to answer it."
	case answered && receipt.Stage == ops.StageInEffect:
		return "In effect, and held for some blocks now. Nothing to press any more."
	case answered && !receipt.Done():
		return "Sent, mined, read back, then held for some blocks. Nothing to press."
	case breached && answered && receipt.Stage == ops.StageContained:
		if next, ok := m.unanswered(); ok {
			board, _ := m.board(next.Action)
			return "Contained. " + string(next.Detector) + onChain(next.Chain) + " is still in breach: press " + board.Key + " to answer it."
		}
		return "Contained: nothing more is lost. Press " + m.keys.first(actQuit) + " for the hotwash."
	case breached:
		return m.urge(worst)
	case m.snap.Blind != "":
		return names(m.unseen()) + " cannot be seen: nothing there counts as healthy. It reconnects by itself."
	case m.doubtful():
		return "What is UNKNOWN is neither well nor in breach. Wait, or look at it."
	default:
		return m.reassure()
	}
}

// asked reports whether a runbook under way waits for a person.
func (m *Model) asked() bool {
	return slices.ContainsFunc(m.snap.Receipts, func(r ops.Receipt) bool { return r.Asks != nil })
}

// urge names the key that answers a breach.
func (m *Model) urge(worst ops.Finding) string {
	board, ok := m.board(worst.Action)
	switch name := string(worst.Detector) + onChain(worst.Chain); {
	case !ok:
		return name + " is breached, and no action answers it."
	case board.Done:
		return name + ": " + board.Name + " is in effect already; nothing more to press for it."
	case m.snap.Arming.Refused != "":
		return name + " is breached, and nothing can be sent from here. " + board.Key + " shows the answer."
	case worst.Class == ops.ClassQueue:
		return name + ": what waits was approved by nobody. Press " + board.Key + " to cancel it."
	default:
		return name + " is breached. Press " + board.Key + " to answer it: " + board.Effect + "."
	}
}

// unanswered is a breach beside the worst that has an answer ready and none on its
// way.
func (m *Model) unanswered() (ops.Finding, bool) {
	for _, f := range m.snap.Findings {
		board, ok := m.board(f.Action)
		if f.Verdict != ops.Breach || !ok || board.Done || m.snap.Arming.Refused != "" {
			continue
		}
		if !slices.ContainsFunc(m.snap.Receipts, func(r ops.Receipt) bool {
			return r.Runbook == f.Action && r.Stage != ops.StageFailed && r.Prepared.Number >= m.since(f)
		}) {
			return f, true
		}
	}
	return ops.Finding{}, false
}

func (m *Model) reassure() string {
	open := slices.ContainsFunc(m.snap.Canary, func(c ops.Window) bool { return c.Open })
	switch {
	case m.snap.Arming.Armed:
		return "All is well and you are armed. Something will break: watch FIRST MINUTE."
	case m.snap.Arming.Refused != "":
		return "All is well. This console can only watch."
	case open:
		return "All is well: a canary is open. Press " + m.keys.first(actArm) + " to arm, so that you can act."
	default:
		return "All is well. Press " + m.keys.first(actArm) + " to arm, so that you can act."
	}
}

// doubtful reports whether there is anything that is not known.
func (m *Model) doubtful() bool {
	n, _ := m.unknown()
	return n > 0 || len(m.snap.Findings) == 0
}

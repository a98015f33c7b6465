package ui

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// worst is the finding that matters most: harm before what only waits, then by
// severity, then the first.
func (m *Model) worst() (ops.Finding, bool) {
	worst := -1
	for i := range m.snap.Findings {
		if m.snap.Findings[i].Verdict == ops.Breach && (worst < 0 || ops.Graver(&m.snap.Findings[i], &m.snap.Findings[worst]) < 0) {
			worst = i
		}
	}
	if worst < 0 {
		return ops.Finding{}, false
	}
	return m.snap.Findings[worst], true
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
	if i := m.snap.On(f.Chain).Incident; i != nil && f.Class != ops.ClassQueue {
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

package ui

import (
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// progress shows how far a containment is, each stage with its time.
func (m *Model) progress(w int, r ops.Receipt) []string {
	l := newLine(m.theme, w).put(plain, " ")
	switch r.Stage {
	case ops.StageContained:
		l.put(fine, fmt.Sprintf("■ CONTAINED %s %s", r.Runbook, r.Name)).put(dim, " at ").put(strong, block(r.Mined.Number))
		l.put(dim, ", held ").put(plain, plural(int(r.HeldBlocks), "block", "blocks")).put(dim, " · ")
		l.put(plain, fmt.Sprintf("confirmed to contained %s", tookText(r.Contained.Sub(r.Confirmed)))).put(dim, " · read back from "+r.Provider)
		return append([]string{l.end()}, m.failedSteps(w, r)...)
	case ops.StageFailed:
		l.put(alarm, fmt.Sprintf("✖ %s %s FAILED: ", r.Runbook, r.Name)).put(plain, r.Why)
		return []string{l.end()}
	}
	l.put(accent, fmt.Sprintf("▶ %s  ", r.Runbook))
	for _, stage := range []struct {
		name string
		at   time.Time
		when bool
	}{
		{"confirmed", r.Confirmed, r.Stage >= ops.StageConfirmed},
		{"signed", r.Signed, r.Stage >= ops.StageSigned},
		{"sent to " + r.Provider, r.Sent, r.Stage >= ops.StageSent},
		{minedWord(r), r.MinedAt, r.Stage >= ops.StageMined},
		{"IN EFFECT", r.InEffect, r.Stage >= ops.StageInEffect},
	} {
		if !stage.when {
			l.put(dim, "· "+stage.name+"  ")
			continue
		}
		l.put(fine, "✓ "+stage.name).put(dim, " "+utc(stage.at)+"  ")
	}
	l.put(dim, fmt.Sprintf("· held %d of %d blocks", r.HeldBlocks, r.NeedBlocks))
	rows := []string{l.end()}
	if r.Why != "" {
		rows = append(rows, newLine(m.theme, w).put(notice, "   "+r.Why).end())
	}
	return rows
}

func minedWord(r ops.Receipt) string {
	if r.Mined.Zero() {
		return "mined"
	}
	return "mined " + block(r.Mined.Number)
}

// failedSteps are the steps that went wrong after the call took effect.
func (m *Model) failedSteps(w int, r ops.Receipt) []string {
	var rows []string
	for _, s := range r.Steps {
		if !s.OK {
			rows = append(rows, newLine(m.theme, w).put(alarm, fmt.Sprintf("   ✖ %s %s: %s", s.Step, s.Title, s.Why)).end())
		}
	}
	return rows
}

package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// piece is a few words that stay together on a row.
type piece struct {
	ink  ink
	text string
}

// flow lays pieces on as few rows as hold them; the first row begins with head,
// the others with as many blanks. The pieces that no row is left for are cut.
func flow(t *theme, w, room int, head piece, pieces []piece) []string {
	l := newLine(t, w).put(head.ink, head.text)
	l.blank(1)
	indent := l.used
	var rows []string
	for _, p := range pieces {
		if l.used > indent && l.used+width(p.text) > w && len(rows)+1 < room {
			rows = append(rows, l.end())
			l = newLine(t, w).blank(indent)
		}
		l.put(p.ink, p.text).blank(2)
	}
	return append(rows, l.end())
}

// progress shows how far a containment is, each stage with its time, on at most
// room rows.
func (m *Model) progress(w, room int, r ops.Receipt) []string {
	var rows []string
	switch r.Stage {
	case ops.StageContained:
		l := newLine(m.theme, w).put(fine, fmt.Sprintf(" ■ CONTAINED %s %s%s", r.Runbook, r.Name, onChain(r.Chain))).put(plain, " "+utc(r.Contained)).put(dim, ", held ")
		l.put(plain, plural(int(r.HeldBlocks), "block", "blocks")).put(dim, ", ").put(strong, tookText(r.Contained.Sub(r.Confirmed))).put(dim, " after confirming")
		rows = []string{l.end()}
		if !tree(r) {
			rows = append(rows, flow(m.theme, w, room-1, piece{dim, "  "}, m.stages(r))...)
		}
	case ops.StageFailed:
		rows = labelled(m.theme, w-1, " ✖ ", alarm, fmt.Sprintf("%s %s%s FAILED: %s", r.Runbook, r.Name, onChain(r.Chain), r.Why))
		for i := range rows {
			rows[i] += " "
		}
	default:
		held := piece{dim, fmt.Sprintf("· held %d of %s", r.HeldBlocks, plural(int(r.NeedBlocks), "block", "blocks"))}
		pieces := m.stages(r)
		if tree(r) { // its steps have rows of their own
			pieces = []piece{{strong, r.Name}, {accent, strings.TrimSpace(r.Step + " " + r.Stage.String())}}
		}
		rows = flow(m.theme, w, room, piece{accent, fmt.Sprintf(" ▶ %s%s ", r.Runbook, onChain(r.Chain))}, append(pieces, held))
		if r.ByHand != "" && r.Stage == ops.StageConfirmed {
			rows = append(rows, labelled(m.theme, w, "   ", strong, r.ByHand)...)
		}
		if r.Why != "" {
			rows = append(rows, newLine(m.theme, w).put(notice, "   "+r.Why).end())
		}
	}
	steps := m.steps(w, r)
	if tree(r) { // how far each is says more than when the newest was signed
		left := room - 1
		if r.Asks != nil {
			left--
		}
		steps = steps[climbed(r, len(steps)-left):]
		rows = slices.Concat(rows[:1], steps, rows[1:])
	} else {
		rows = append(rows, steps...)
	}
	if r.Asks != nil { // it waits for a person: whatever else is cut, this is not
		asks := fmt.Sprintf(" ? %s asks: %s ", r.Asks.Step, r.Asks.Challenge)
		question := newLine(m.theme, w).put(notice, asks).put(strong, " ["+m.keys.first(actAnswer)+"] answers").end()
		rows = slices.Concat(rows[:1], []string{question}, rows[1:])
	}
	return rows[:min(len(rows), room)]
}

// climbed is how many of the first steps are not shown where so many rows are too many:
// those that are done with, and never one that failed or is under way.
func climbed(r ops.Receipt, rows int) int {
	open := slices.IndexFunc(r.Steps, func(s ops.StepResult) bool { return !s.OK && s.Stage != "NOT RUN" })
	if open < 0 {
		open = len(r.Steps)
	}
	return max(min(rows, open), 0)
}

// tree reports whether a runbook has so many steps that they are told one by one.
func tree(r ops.Receipt) bool { return len(r.Steps) > 2 }

// stages are the stages with their times; those not reached are only named.
func (m *Model) stages(r ops.Receipt) []piece {
	var out []piece
	for _, stage := range []struct {
		name string
		at   time.Time
		from ops.Stage
	}{
		{"confirmed", r.Confirmed, ops.StageConfirmed},
		{"signed", r.Signed, ops.StageSigned},
		{"sent to " + r.Provider, r.Sent, ops.StageSent},
		{minedWord(r), r.MinedAt, ops.StageMined},
		{"IN EFFECT", r.InEffect, ops.StageInEffect},
	} {
		if r.ByHand != "" && (stage.from == ops.StageSigned || stage.from == ops.StageSent) {
			continue // of that nothing is known here
		}
		if r.ByHand != "" && stage.from == ops.StageMined {
			stage.name, stage.at = "seen", r.InEffect
			if !r.Mined.Zero() {
				stage.name += " " + block(r.Mined.Number)
			}
		}
		if r.Stage < stage.from {
			out = append(out, piece{dim, "· " + stage.name})
			continue
		}
		out = append(out, piece{fine, "✓ " + stage.name + " " + utc(stage.at)})
	}
	if r.Stage == ops.StageContained {
		out[len(out)-1].text += ", read back from " + r.Provider
	}
	return out
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
		if s.Stage == "FAILED" && s.Why != r.Why {
			rows = append(rows, newLine(m.theme, w).put(alarm, fmt.Sprintf("   ✖ %s %s: %s", s.Step, s.Title, s.Why)).end())
		}
	}
	return rows
}

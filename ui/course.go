package ui

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// course lists what a runbook of several steps would do now, in order: what is
// confirmed with one phrase is read in one place.
func course(t *theme, w int, p ops.Plan) []string {
	if len(p.Course) < 2 {
		return nil
	}
	var out []string
	for i, s := range p.Course {
		label, mark, pen := blanks(13), "· ", plain
		if i == 0 {
			label = fmt.Sprintf("%-12s ", "in order")
		}
		text := s.ID + " " + s.Title + "  " + s.Does
		switch {
		case s.Left != "":
			mark, pen = "– ", dim
			text = s.ID + " " + s.Title + ", left out as things are: " + s.Left
		case s.Call.Function != "" && s.ID != p.Step:
			text += " by " + s.Lane
		}
		out = append(out, labelled(t, w, label, pen, mark+text)...)
	}
	return out
}

// steps lists how far each step of a runbook has come; one step is told by the
// stages alone.
func (m *Model) steps(w int, r ops.Receipt) []string {
	if len(r.Steps) < 2 {
		return m.failedSteps(w, r)
	}
	var out []string
	for _, s := range r.Steps {
		mark, pen := "·", dim
		text := fmt.Sprintf("%s %s  %s", s.Step, s.Title, s.Stage)
		switch {
		case s.OK:
			mark, pen = "✓", fine
			if !s.Mined.Zero() {
				text += " " + block(s.Mined.Number)
			}
			if s.By != "" {
				text += " by " + s.By
			}
		case s.Stage == "FAILED":
			mark, pen = "✖", alarm
		case s.Stage == "ASKED":
			mark, pen = "?", notice
		case s.Stage != "WAITS" && s.Stage != "NOT RUN":
			mark, pen = "▶", accent
		}
		if s.Why != "" {
			text += ": " + s.Why
		}
		out = append(out, newLine(m.theme, w).put(pen, "   "+mark+" "+text).end())
	}
	return out
}

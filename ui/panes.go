package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// findings are the lines of the first pane, as the policy orders them.
func (m *Model) findings() []ops.Finding {
	if m.filter == "" {
		return m.snap.Findings
	}
	var out []ops.Finding
	for _, f := range m.snap.Findings {
		if word, _ := mark(f.Verdict); m.matches(string(f.Detector), f.Title, word, string(f.Class), f.Chain) {
			out = append(out, f)
		}
	}
	return out
}

// detectors is one line for each thing that must hold: measured, bound, block,
// and the action that answers it. Never a score.
func (m *Model) detectors(w, h int) []string {
	findings := m.findings()
	chain := m.chainWidth()
	c := m.columns(w, findings)
	rows := []string{newLine(m.theme, w).put(dim, " ").cell(dim, "chain", chain).cell(dim, "id", c[0]).cell(dim, "state", c[1]).cell(dim, "measured", c[2]).cell(dim, "bound", c[3]).
		cell(dim, "block", c[4]).cell(dim, "action", c[5]).cell(dim, "ready", c[6]).end()}
	from, to := visible(len(findings), h-1, m.cursor[paneDetectors])
	for n, f := range findings[from:to] {
		word, i := mark(f.Verdict)
		measured, measuredInk := f.Observed.Shown, plain
		at := f.At.Number
		if f.Verdict == ops.Unknown {
			measured, measuredInk, at = "was "+f.Last.Shown, doubt, f.Known.Number
			if f.Known.Zero() {
				measured = "never known"
			}
		}
		sign, id := m.sign(paneDetectors, from+n)
		b, _ := m.board(f.Action)
		ready, readyInk := readiness(b)
		rows = append(rows, newLine(m.theme, w).put(accent, sign).cell(dim, f.Chain, chain).cell(id, string(f.Detector), c[0]).cell(i, word, c[1]).cell(measuredInk, measured, c[2]).
			cell(dim, strings.TrimSpace(f.Relation+" "+bare(f.Threshold.Shown)), c[3]).cell(dim, block(at), c[4]).
			cell(plain, b.Key+" "+b.Name, c[5]).cell(readyInk, ready, c[6]).end())
	}
	return append(rows, m.more(w, len(findings), from, to)...)
}

// sign and ink of a line: the one under the cursor is told by both.
func (m *Model) sign(pane, n int) (string, ink) {
	if m.pane == pane && m.cursor[pane] == n {
		return "›", chosen
	}
	return " ", plain
}

// visible is the part of n lines that a room shows, with a row left to say that
// there are more.
func visible(n, room, cursor int) (from, to int) {
	if n > room {
		room--
	}
	return window(n, room, cursor)
}

// more says that there are lines above or below.
func (m *Model) more(w, n, from, to int) []string {
	if n <= to-from || to == 0 {
		return nil
	}
	return []string{newLine(m.theme, w).put(dim, fmt.Sprintf(" %d to %d of %d", from+1, to, n)).end()}
}

// columns spreads the width: id, state, measured, bound, block, action, ready.
// Measured and bound get what the others leave, for they are what is read.
func (m *Model) columns(w int, findings []ops.Finding) [7]int {
	c := [7]int{2, 9, 0, 0, 6, 8, 9}
	highest := m.snap.Head.Number
	if chain := m.chainWidth(); chain > 0 {
		w -= chain + 1
	}
	for _, chain := range m.snap.Chains {
		highest = max(highest, chain.Head.Number)
	}
	for i := range findings {
		c[0] = min(max(c[0], width(string(findings[i].Detector))), 12)
		highest = max(highest, findings[i].At.Number)
	}
	c[4] = max(c[4], width(block(highest)))
	for _, b := range m.snap.Board {
		c[5] = max(c[5], width(b.Name)+2)
	}
	const numbers = 26 // a measured value and its bound must be readable before a name is
	c[5] = max(min(c[5], w-1-c[0]-c[1]-c[4]-c[6]-len(c)-numbers), 8)
	left := w - 1 - c[0] - c[1] - c[4] - c[5] - c[6] - len(c)
	if m.several() && left < numbers { // the header has the blocks of the chains, and the detail that of the line
		left, c[4] = left+c[4]+1, 0
	}
	c[2] = max(left/2+left%2, 6)
	c[3] = max(left/2, 6)
	return c
}

package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// canaryWidth holds the longest of its usual lines: what an operation does needs
// the rest more.
const canaryWidth = 41

// canaryHeight is how high the pane wants to be, borders included.
func (m *Model) canaryHeight() int { return 2 + 7*max(len(m.snap.Canary), 1) }

// canary shows how much of the window and of the budget is left.
func (m *Model) canary(w int) []string {
	var rows []string
	for _, c := range m.snap.Canary[min(m.cursor[paneCanary], len(m.snap.Canary)):] {
		rows = append(rows, m.window(w, c)...)
	}
	if len(rows) == 0 {
		rows = append(rows, newLine(m.theme, w).put(dim, " no canary is committed").end())
	}
	return rows
}

func (m *Model) window(w int, c ops.Window) []string {
	row := func(label string) *line { return newLine(m.theme, w).put(dim, fmt.Sprintf(" %-9s", label)) }
	if !c.Open {
		return []string{row("window").put(dim, "not open: the upgrade was not executed").end()}
	}
	bar := w - 45 // what label and words leave
	total := c.Ends.Sub(c.OpenedAt.Time)
	gone := c.Now.Sub(c.OpenedAt.Time)
	left := row("window").cell(strong, stands(c), 32)
	left.put(fine, meter(part(gone, total), bar))
	spent := row("budget")
	word, i := mark(c.Budget)
	spent.cell(plain, fmt.Sprintf("%s of %s in %s", bare(c.Spent.Shown), c.Limit.Shown, span(c.Interval)), 32).put(i, meter(c.SpentPart, bar))
	judged := 0.0
	if c.Judged > 0 {
		judged = float64(c.Green) * 100 / float64(c.Judged)
	}
	segment, segmentInk := mark(c.Segment)
	out := []string{
		left.end(),
		spent.end(),
		row("").cell(i, word, 32).put(i, c.BudgetWhy).end(),
		row("segment").put(segmentInk, segment).put(plain, fmt.Sprintf(", %d used it, %d allowed ", c.Seen, c.Allowed)).put(segmentInk, c.SegmentWhy).end(),
		row("blocks").put(plain, fmt.Sprintf("%d of %d green", c.Green, c.Judged)).put(dim, wanted(w, judged, c.MinBlocks)).end(),
	}
	if c.Frozen {
		return append(out, row("promote").put(notice, fmt.Sprintf("FROZEN since %s by %s", block(c.FrozenAt.Number), c.FrozenBy)).end())
	}
	return append(out, row("promote").put(dim, "not frozen").end())
}

// stands says how far a window has come, in chain time.
func stands(c ops.Window) string {
	switch {
	case c.Now.Before(c.Ends):
		return "OPEN, " + clock(c.Ends.Sub(c.Now)) + " left"
	case c.Now.Before(c.Expires):
		return "OBSERVED, expires in " + clock(c.Expires.Sub(c.Now))
	default:
		return "EXPIRED " + clock(c.Now.Sub(c.Expires)) + " ago"
	}
}

// wanted is how many blocks promotion asks for, and the share so far where there
// is room for it.
func wanted(w int, judged float64, least uint64) string {
	text := fmt.Sprintf(", %s wanted", strings.TrimPrefix(block(least), "#"))
	if w > 52 {
		text = fmt.Sprintf(", %.1f %%", judged) + text
	}
	return text
}

func part(a, b time.Duration) float64 {
	if b <= 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// meter is a bar; what goes beyond its end fills it.
func meter(share float64, w int) string {
	if w < 4 {
		return "" // too short to tell anything
	}
	full := int(min(max(share, 0), 1)*float64(w) + 0.5)
	if share > 0 && full == 0 {
		full = 1
	}
	return strings.Repeat("█", full) + strings.Repeat("░", w-full)
}

// bare is a quantity without its symbol.
func bare(s string) string {
	number, _, _ := strings.Cut(s, " ")
	return number
}

// span is a round length of time: 10 m, 48 h.
func span(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%d m", d/time.Minute)
	case d >= time.Hour: // 259297 s is no length of time that anybody can picture
		return fmt.Sprintf("%d h %d m %d s", d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
	case d >= time.Minute:
		return fmt.Sprintf("%d m %d s", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%d s", d/time.Second)
	}
}

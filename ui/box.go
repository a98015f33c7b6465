package ui

import "strings"

// box frames rows with a border that carries a title. Rows that are missing are
// blank, rows too many are left out, and a title too long leaves the corner be.
func box(t *theme, title string, i ink, rows []string, w, h int) []string {
	if w < 4 || h < 2 {
		return nil
	}
	out := make([]string, 0, h)
	top := newLine(t, w).put(i, "╭─").put(i, " "+cut(title, w-6)+" ")
	out = append(out, top.put(i, strings.Repeat("─", max(w-1-top.used, 0))).put(i, "╮").end())
	left, right := t.before[i]+"│"+t.after[i], t.before[i]+"│"+t.after[i]
	for n := range h - 2 {
		row := blanks(w - 2)
		if n < len(rows) {
			row = rows[n]
		}
		out = append(out, left+row+right)
	}
	return append(out, newLine(t, w).put(i, "╰").put(i, strings.Repeat("─", w-2)).put(i, "╯").end())
}

// beside sets two blocks of equal height next to each other.
func beside(left, right []string) []string {
	out := make([]string, len(left))
	for i := range left {
		out[i] = left[i]
		if i < len(right) {
			out[i] += right[i]
		}
	}
	return out
}

// window is the part of n rows that is visible in h when the cursor must be.
func window(n, h, cursor int) (from, to int) {
	if n <= h || h <= 0 {
		return 0, min(n, max(h, 0))
	}
	from = min(max(cursor-h/2, 0), n-h)
	return from, from + h
}

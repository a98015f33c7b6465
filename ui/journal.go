package ui

import (
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// entries are the journal's lines that pass the filter.
func (m *Model) entries() []ops.Entry {
	if m.filter == "" {
		return m.snap.Log
	}
	var out []ops.Entry
	for _, e := range m.snap.Log {
		if m.matches(e.Text, e.Chain) {
			out = append(out, e)
		}
	}
	return out
}

// journal shows the entries around the cursor, each on as many rows as it needs,
// at most entryRows: what happened is read here, not guessed from its beginning.
func (m *Model) journal(w, h int) []string {
	entries := m.entries()
	number, chain := 6, m.chainWidth()
	if chain > 0 {
		chain++
	}
	for _, e := range entries {
		number = max(number, width(block(e.Block)))
	}
	most := min(entryRows, max(h-1, 1))
	high := func(n int) int { return len(entryText(entries[n], w-13-number-chain, most)) }
	from, to := around(len(entries), h, m.cursor[paneJournal], high)
	if from > 0 || to < len(entries) {
		from, to = around(len(entries), h-1, m.cursor[paneJournal], high) // a row says so
	}
	var rows []string
	for n := from; n < to; n++ {
		rows = append(rows, m.entry(w, number, most, n, entries[n])...)
	}
	return append(rows, m.more(w, len(entries), from, to)...)
}

// entry is one entry on at most so many rows; number is the width of a block's.
func (m *Model) entry(w, number, most, n int, e ops.Entry) []string {
	i, said, sign := dim, plain, "  "
	if e.Alarm {
		word, verdictInk := mark(e.Verdict)
		sign, i = strings.Fields(word)[0]+" ", verdictInk
		if e.Verdict == ops.Breach {
			said = alarm
		}
	}
	cursor, at := m.sign(paneJournal, n)
	l := newLine(m.theme, w).put(accent, cursor).put(at, utc(e.Time)).put(dim, " ").cell(dim, e.Chain, m.chainWidth()).right(dim, block(e.Block), number).put(i, sign)
	indent := l.used
	var rows []string
	for _, text := range entryText(e, w-indent, most) {
		rows = append(rows, l.put(said, text).end())
		l = newLine(m.theme, w).blank(indent)
	}
	return rows
}

// entryRows bounds one entry: the detail has it in full.
const entryRows = 3

// entryText is an entry's text on at most so many rows.
func entryText(e ops.Entry, w, most int) []string {
	if width(e.Text) <= w {
		return []string{e.Text}
	}
	rows := wrapped(e.Text, w)
	if len(rows) > most {
		rows = append(rows[:most-1], cut(strings.Join(rows[most-1:], " "), w))
	}
	return rows
}

// around is the part of n entries of their own heights that h rows hold, with
// the cursor's in it, in the middle where there is as much on both sides.
func around(n, h, cursor int, high func(int) int) (from, to int) {
	if n == 0 {
		return 0, 0
	}
	from, to = cursor, cursor+1
	used := high(cursor)
	up := func(limit int) {
		for from > 0 && used+high(from-1) <= limit {
			from--
			used += high(from)
		}
	}
	up(h / 2)
	for to < n && used+high(to) <= h {
		used += high(to)
		to++
	}
	up(h)
	return from, to
}

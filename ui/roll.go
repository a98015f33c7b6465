package ui

import "fmt"

// roll is the visible part of rows that may be more than there is room for.
type roll struct {
	from int
	seen int // rows up to here have been on the screen
}

// turn moves by a key; it reports whether the key was one of its own.
func (r *roll) turn(key string, page int) bool {
	switch key {
	case "down":
		r.from++
	case "up":
		r.from--
	case "pgdown":
		r.from += max(page-1, 1)
	case "pgup":
		r.from -= max(page-1, 1)
	default:
		return false
	}
	return true
}

// fit keeps the part inside of n rows and remembers what could be read.
func (r *roll) fit(n, room int) {
	if room < 1 {
		return
	}
	shown := rollRoom(n, room)
	r.from = min(max(r.from, 0), max(n-shown, 0))
	r.seen = max(r.seen, min(r.from+shown, n))
}

// rollRoom is how many of n rows are shown in a room: one less, where a row has
// to say that there are more.
func rollRoom(n, room int) int {
	if n > room {
		return max(room-1, 1)
	}
	return n
}

// show gives the visible part, and says how much is out of sight.
func (r *roll) show(t *theme, w, room int, rows []string) []string {
	n := len(rows)
	if n <= room || room < 1 {
		return rows[:min(n, max(room, 0))]
	}
	shown := rollRoom(n, room)
	from := min(r.from, n-shown)
	out := append([]string{}, rows[from:from+shown]...)
	l := newLine(t, w)
	if below := n - from - shown; below > 0 {
		l.put(notice, fmt.Sprintf("↓ %s below", plural(below, "more line", "more lines")))
	} else {
		l.put(dim, fmt.Sprintf("↑ %s above", plural(from, "line", "lines")))
	}
	return append(out, l.end())[:min(room, shown+1)]
}

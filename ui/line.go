package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// line builds one row of exactly its width: what does not fit is cut with an
// ellipsis, what is left is filled with blanks. Nothing wraps by accident.
type line struct {
	theme *theme
	b     strings.Builder
	width int
	used  int
}

func newLine(t *theme, width int) *line {
	l := &line{theme: t, width: width}
	l.b.Grow(width + 64)
	return l
}

// put adds text in an ink.
func (l *line) put(i ink, text string) *line {
	room := l.width - l.used
	if room <= 0 || text == "" {
		return l
	}
	w := width(text)
	if w > room {
		text = ansi.Truncate(text, room, "…")
		w = width(text)
	}
	l.b.WriteString(l.theme.before[i])
	l.b.WriteString(text)
	l.b.WriteString(l.theme.after[i])
	l.used += w
	return l
}

// cut is a text that ends in an ellipsis where it would not fit.
func cut(text string, w int) string {
	if width(text) > w {
		return ansi.Truncate(text, max(w, 0), "…")
	}
	return text
}

// cell adds text cut and filled to a width, and one blank.
func (l *line) cell(i ink, text string, w int) *line {
	if w <= 0 {
		return l
	}
	text = cut(text, w)
	l.put(i, text)
	return l.blank(w - width(text) + 1)
}

// right adds text cut and set to the right edge of a width, and one blank.
func (l *line) right(i ink, text string, w int) *line {
	text = cut(text, w)
	return l.blank(w-width(text)).put(i, text).blank(1)
}

func (l *line) blank(n int) *line {
	n = min(n, l.width-l.used)
	if n > 0 {
		l.b.WriteString(blanks(n))
		l.used += n
	}
	return l
}

// end fills the row and returns it.
func (l *line) end() string {
	l.blank(l.width - l.used)
	return l.b.String()
}

const manyBlanks = "                                                                                                                                                                                                                                                                "

func blanks(n int) string {
	if n <= len(manyBlanks) {
		return manyBlanks[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}

// width is how many cells a text takes. ASCII and the console's own signs take
// one each, and are most of a frame; graphemes are looked at only beyond them.
func width(s string) int {
	n := 0
	for _, r := range s {
		if !single(r) {
			return ansi.StringWidth(s)
		}
		n++
	}
	return n
}

// single reports whether a rune is known to take one cell, whatever is next to it.
func single(r rune) bool {
	switch {
	case r < 0x80:
		return r >= 0x20 && r < 0x7f
	case r >= 0x2500 && r <= 0x25cf: // lines, blocks, ■ ▲ ▶ ◆ ●
		return true
	default:
		return strings.ContainsRune("·–…›←↑→↓≤≥✓✖", r)
	}
}

// wrapped breaks a text into rows of a width, at blanks.
func wrapped(text string, w int) []string {
	if w < 8 {
		return []string{text}
	}
	return strings.Split(ansi.Wrap(text, w, ""), "\n")
}

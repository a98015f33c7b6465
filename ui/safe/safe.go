// Package safe makes foreign text fit to be shown: whatever comes from a chain, a
// provider or a file passes through here before it reaches a screen or a log.
//
// It must never let through a character that moves the cursor, changes colour,
// reorders, hides or joins other characters, or takes more than its own cell.
package safe

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// substitute stands where something was that must not be shown.
const substitute = '·'

// most is how many bytes of a text are kept: no honest value is longer, and a
// screen of megabytes is an attack.
const most = 4000

// Text makes one line of the text: printable characters stay, everything else
// becomes a dot. Combining marks are dropped: stacked, they reach into the lines
// above and below. What is longer than anybody reads is cut.
func Text(s string) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	if plain(s) {
		return s
	}
	return clean(s)
}

// mostLines is how many lines of a text are kept.
const mostLines = 500

// Lines is Text for each line: line ends stay.
func Lines(s string) string {
	lines := strings.SplitN(s, "\n", mostLines+1)
	if len(lines) > mostLines {
		lines[mostLines] = "…"
	}
	for i := range lines {
		lines[i] = Text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// plain is the fast path: printable ASCII needs nothing.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			b.WriteRune(substitute)
		case r == '\t':
			b.WriteByte(' ')
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Mc, r):
			// dropped
		case !shown(r):
			b.WriteRune(substitute)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// shown reports whether a rune has a shape and a width of its own. Emoji are
// left out with everything else outside the basic plane: terminals disagree on
// their width, and rows break.
func shown(r rune) bool {
	if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r > 0xffff {
		return false
	}
	if !unicode.IsPrint(r) || unicode.Is(foreign, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
		return false
	}
	if unicode.Is(unicode.Hangul, r) && r < 0x1200 { // conjoining jamo
		return false
	}
	return ansi.StringWidth(string(r)) > 0
}

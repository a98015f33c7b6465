package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// What is counted fast is counted right: alone, among others, and before a mark
// that joins itself to it.
func TestWidthsAreThoseOfTheTerminal(t *testing.T) {
	for r := rune(0x20); r < 0x3000; r++ {
		for _, text := range []string{string(r), "a" + string(r) + "b", string(r) + "\u0301", string(r) + "\ufe0f", strings.Repeat(string(r), 3)} {
			if got, want := width(text), ansi.StringWidth(text); got != want {
				t.Fatalf("%q (%U) is %d wide, want %d", text, r, got, want)
			}
		}
	}
}

func FuzzWidth(f *testing.F) {
	f.Add("│ A1 ✖ BREACH ≥ 1 │")
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := width(s), ansi.StringWidth(s); got != want {
			t.Fatalf("%q is %d wide, want %d", s, got, want)
		}
	})
}

package ui

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
)

// ink is what a piece of text means; the theme says how that looks. Nothing is
// told by colour alone: each ink goes with a sign and a word.
type ink int

const (
	plain ink = iota
	dim
	strong
	fine   // OK: blue, for red and green are one to many eyes
	alarm  // BREACH
	doubt  // UNKNOWN
	notice // IMPAIRED, WAITING, warnings
	accent // keys, titles
	drillMark
	liveMark
	armedMark
	chosen // the line under the cursor
	inks
)

// noInk is for rows that are counted and not shown.
var noInk = &theme{}

// theme holds the escape sequences before and after each ink.
type theme struct {
	before, after [inks]string
}

// newTheme makes a theme for a dark or a light background.
func newTheme(dark bool) *theme {
	pick := lipgloss.LightDark(dark)
	shade := func(light, onDark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(onDark)) }
	style := lipgloss.NewStyle
	styles := [inks]lipgloss.Style{
		plain:     style(),
		dim:       style().Foreground(shade("#5f6b7a", "#8b98a9")),
		strong:    style().Bold(true),
		fine:      style().Foreground(shade("#0550ae", "#6cb6ff")),
		alarm:     style().Bold(true).Foreground(shade("#a40e26", "#ff7b72")),
		doubt:     style().Bold(true).Foreground(shade("#6639ba", "#d2a8ff")),
		notice:    style().Foreground(shade("#7d4e00", "#e3b341")),
		accent:    style().Bold(true), // in the terminal's own colour: keys are read also where the theme was guessed wrong
		drillMark: style().Bold(true).Foreground(lipgloss.Color("#1b1f24")).Background(lipgloss.Color("#e3b341")),
		liveMark:  style().Bold(true).Foreground(lipgloss.Color("#ffffff")).Background(lipgloss.Color("#a40e26")),
		armedMark: style().Bold(true).Reverse(true),
		chosen:    style().Reverse(true),
	}
	t := &theme{}
	for i, s := range styles {
		before, after, _ := strings.Cut(s.Render("x"), "x")
		t.before[i], t.after[i] = before, after
	}
	return t
}

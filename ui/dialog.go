package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/bulkhead-console/bulkhead/ops"
)

// intent is what a dialog wants done; the model does it.
type intent struct {
	close   bool
	command ops.Command
	runbook ops.RunbookID
	action  action
	again   time.Duration // show again after this time
}

// dialog is a struct over the panes. While it is open it has every key but
// ctrl+c. render gives its rows, each exactly as wide as asked.
type dialog interface {
	key(k tea.KeyPressMsg, now time.Time) intent
	paste()
	title() string
	ink() ink
	render(t *theme, w int, now time.Time) []string
}

// overlay lays the dialog over the frame, in its middle.
func overlay(t *theme, frame []string, d dialog, w int, now time.Time) []string {
	dw := min(w-2, 104)
	rows := d.render(t, dw-4, now)
	if most := len(frame) - 2; len(rows) > most-2 && most > 4 {
		rows = rows[:most-2]
	}
	for i := range rows {
		rows[i] = " " + rows[i] + " "
	}
	framed := box(t, d.title(), d.ink(), rows, dw, len(rows)+2)
	x, y := (w-dw)/2, max((len(frame)-len(framed))/2, 0)
	for i, row := range framed {
		if y+i < len(frame) {
			base := frame[y+i]
			frame[y+i] = ansi.Truncate(base, x, "") + row + ansi.TruncateLeft(base, x+dw, "")
		}
	}
	return frame
}

// field is one line of typing. Pasting and held keys do not count in it where
// held is false.
type field struct {
	text   string
	secret bool
}

// typed takes a key; it reports whether the text changed.
func (f *field) typed(k tea.KeyPressMsg) bool {
	switch {
	case k.String() == "backspace":
		if r := []rune(f.text); len(r) > 0 {
			f.text = string(r[:len(r)-1])
			return true
		}
	case k.String() == "ctrl+u":
		f.text = ""
		return true
	case k.Text != "" && len(f.text) < 200:
		f.text += k.Text
		return true
	}
	return false
}

// shown is the text as it may be seen.
func (f *field) shown() string {
	if !f.secret {
		return f.text
	}
	hidden := make([]rune, len([]rune(f.text)))
	for i := range hidden {
		hidden[i] = '•'
	}
	return string(hidden)
}

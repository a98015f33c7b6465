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
	pane    int           // 1 to 4: go there
	clip    string        // for the clipboard
	say     string        // a remark in the footer
	again   time.Duration // show again after this time
}

// dialog is a struct over the panes. While it is open it has every key but
// ctrl+c. fit tells it after every change how much of it can be seen, nothing
// where h is 0. render gives at most h rows, each exactly as wide as asked.
type dialog interface {
	fit(w, h int)
	hints() []hint
	key(k tea.KeyPressMsg, now time.Time) intent
	paste()
	title() string
	ink() ink
	render(t *theme, w, h int, now time.Time) []string
}

// hint is a key and what it does now.
type hint struct{ key, does string }

// asker is a dialog that waits for what becomes of its command.
type asker interface {
	dialog
	failed(err error)
}

// dialogWidth is what a dialog has between its border and its margins.
func dialogWidth(w int) int { return min(w-2, 104) - 4 }

// overlay lays the dialog over a part of the frame, in its middle. Header and
// footer are not given: who, where and how late it is stay in sight.
func overlay(t *theme, frame []string, d dialog, w int, now time.Time) {
	dw := dialogWidth(w) + 4
	room := len(frame) - 2
	rows := d.render(t, dw-4, room, now)
	rows = rows[:min(len(rows), room)]
	for i := range rows {
		rows[i] = " " + rows[i] + " "
	}
	framed := box(t, d.title(), d.ink(), rows, dw, len(rows)+2)
	x, y := (w-dw)/2, max((len(frame)-len(framed))/2, 0)
	for i, row := range framed {
		if y+i >= len(frame) {
			return
		}
		if x < sliver {
			frame[y+i] = blanks(x) + row + blanks(w-x-dw)
			continue
		}
		base := frame[y+i]
		frame[y+i] = ansi.Truncate(base, x, "") + row + ansi.TruncateLeft(base, x+dw, "")
	}
}

// sliver is what is too narrow to be read beside a dialog: blank, it disturbs
// nobody.
const sliver = 4

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

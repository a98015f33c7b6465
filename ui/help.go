package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// textDialog shows text in full and closes: the help, and a line in detail.
type textDialog struct {
	name  string
	text  []string
	label int // how wide the words before the text are; what wraps goes on under the text
	sign  ink
	roll  roll
	page  int
}

func (d *textDialog) title() string { return d.name }
func (d *textDialog) ink() ink      { return d.sign }
func (d *textDialog) paste()        {}

func (d *textDialog) key(k tea.KeyPressMsg, _ time.Time) intent {
	key := k.String()
	switch key {
	case "esc", "enter", "q", "?":
		return intent{close: !k.IsRepeat}
	case "y":
		return intent{clip: strings.Join(d.text, "\n"), say: "handed to the terminal; it never says whether it copied"}
	case "j":
		key = "down"
	case "k":
		key = "up"
	case "g":
		d.roll.from = 0
	case "G":
		d.roll.from = len(d.text) * 100 // fit knows where the end is
	}
	d.roll.turn(key, d.page)
	return intent{}
}

func (d *textDialog) hints() []hint {
	return []hint{{"↑ ↓", "scroll"}, {"y", "copy"}, {"esc", "close"}}
}

func (d *textDialog) fit(w, h int) {
	d.page = h
	d.roll.fit(len(d.list(noInk, w)), d.page)
}

// list is the text in rows.
func (d *textDialog) list(t *theme, w int) []string {
	var out []string
	for _, text := range d.text {
		if label := d.label; len(text) > label && label > 0 && text[label-1] == ' ' {
			out = append(out, labelled(t, w, text[:label], plain, text[label:])...)
			continue
		}
		for _, part := range wrapped(text, w) {
			out = append(out, newLine(t, w).put(plain, part).end())
		}
	}
	return out
}

func (d *textDialog) render(t *theme, w, h int, _ time.Time) []string {
	return d.roll.show(t, w, h, d.list(t, w))
}

// failure says what went wrong with a command whose dialog was closed.
func failure(msg doneMsg) *textDialog {
	name := "It was not done"
	if _, ok := msg.command.(ops.Contain); ok {
		name = "The confirmed action went wrong"
	}
	return &textDialog{name: name, sign: alarm, text: []string{cleanError(msg.err)}}
}

// newHelpDialog lists the live bindings, so that the help cannot be out of date.
func newHelpDialog(k *keymap, s ops.Snapshot) *textDialog {
	d := &textDialog{name: "Keys", sign: accent, label: 17}
	for _, line := range s.Board {
		d.text = append(d.text, fmt.Sprintf("%-16s %s %s: %s", line.Key, line.Runbook, line.Name, line.Effect))
	}
	d.text = append(d.text, fmt.Sprintf("%-16s %s", "1 2 3 4", "detectors, canary, timelock, journal"))
	for _, b := range k.bindings {
		d.text = append(d.text, fmt.Sprintf("%-16s %s", strings.Join(b.keys, " "), b.help))
	}
	d.text = append(d.text, fmt.Sprintf("%-16s %s", "ctrl+c", "quit at once; what was sent goes on"))
	return d
}

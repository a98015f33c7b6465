package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// armDialog unlocks the console: a reason, and the keystore's password where the
// settings do not refer to it. then is the runbook that was wanted.
type armDialog struct {
	then    ops.RunbookID
	by      ops.Operator
	refused string
	reason  field
	secret  field
	needs   bool
	at      int    // 0: the reason, 1: the password
	opener  string // the runbook's key that opened it, if one did
	opened  time.Time
	busy    bool
	problem string
}

func newArmDialog(s ops.Snapshot, then ops.RunbookID) *armDialog {
	return &armDialog{then: then, by: s.Operator, refused: s.Arming.Refused, needs: s.Arming.NeedsSecret, secret: field{secret: true}}
}

func (d *armDialog) title() string { return "Arm the console" }
func (d *armDialog) ink() ink      { return notice }
func (d *armDialog) paste()        { d.problem = "type it: pastes are ignored here" }

func (d *armDialog) hints() []hint {
	switch {
	case d.refused != "":
		return []hint{{"esc", "close"}}
	case d.needs:
		return []hint{{"enter", "arm"}, {"tab", "reason or password"}, {"esc", "cancel"}}
	default:
		return []hint{{"enter", "arm"}, {"esc", "cancel"}}
	}
}

func (d *armDialog) fit(_, _ int) {}

func (d *armDialog) failed(err error) { d.busy, d.problem = false, cleanError(err) }

func (d *armDialog) key(k tea.KeyPressMsg, now time.Time) intent {
	switch k.String() {
	case "esc":
		if d.busy {
			return intent{close: true, say: "the key is being opened all the same; the top line shows when it is ARMED"}
		}
		return intent{close: true}
	case "tab", "shift+tab", "up", "down":
		if d.needs {
			d.at = 1 - d.at
		}
	case "enter":
		if d.busy || k.IsRepeat || d.refused != "" {
			return intent{}
		}
		if d.reason.text == "" {
			d.problem = "say why: the reason is written to the journal"
			return intent{}
		}
		if d.needs && d.secret.text == "" {
			d.at = 1
			return intent{}
		}
		d.busy, d.problem = true, ""
		return intent{command: ops.Arm{Reason: safe.Text(d.reason.text), Secret: d.secret.text}}
	default:
		if k.String() == d.opener && d.reason.text == "" && now.Sub(d.opened) < dwell {
			return intent{} // pressed twice: it is no reason
		}
		if f := d.field(); !d.busy && d.refused == "" && f.typed(k) {
			d.problem = ""
		}
	}
	return intent{}
}

func (d *armDialog) field() *field {
	if d.at == 1 {
		return &d.secret
	}
	return &d.reason
}

func (d *armDialog) render(t *theme, w, _ int, _ time.Time) []string {
	row := func() *line { return newLine(t, w) }
	if d.refused != "" {
		out := []string{row().put(alarm, "This console cannot be armed.").end()}
		for _, text := range wrapped(d.refused, w) {
			out = append(out, row().put(plain, text).end())
		}
		return append(out, row().end(), row().put(dim, "esc closes").end())
	}
	out := labelled(t, w, "", plain, "Until it is armed, nothing that a person starts can be sent. Arming unlocks the signing key for "+d.by.Name+", for a while; it locks itself again.")
	out = append(out, row().end(), d.prompt(t, w, 0, "Why?      ", &d.reason))
	if d.needs {
		out = append(out, d.prompt(t, w, 1, "Password  ", &d.secret))
	}
	out = append(out, row().end())
	switch {
	case d.busy:
		out = append(out, row().put(notice, "opening the key…").end())
	case d.problem != "":
		out = append(out, labelled(t, w, "✖ ", alarm, d.problem)...)
	default:
		out = append(out, row().put(dim, "A few words, then enter. They go to the journal. esc cancels.").end())
	}
	return out
}

func (d *armDialog) prompt(t *theme, w, at int, label string, f *field) string {
	l := newLine(t, w)
	l.put(dim, label)
	if d.at == at {
		return l.put(accent, "> ").put(strong, tail(f.shown(), w-14)).put(accent, "▌").end()
	}
	return l.put(dim, "  ").put(plain, tail(f.shown(), w-14)).end()
}

// tail is the end of a text that is longer than its field.
func tail(s string, w int) string {
	r := []rune(s)
	if len(r) > w && w > 0 {
		return string(r[len(r)-w:])
	}
	return s
}

package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// answerDialog takes a person's answer to the question of a runbook under way. The
// expected answer is shown: it is a checklist, no riddle. Any other ends the step.
type answerDialog struct {
	receipt string
	asks    ops.Question
	by      ops.Operator
	text    field
	busy    bool
	problem string
}

func newAnswerDialog(r ops.Receipt, by ops.Operator) *answerDialog {
	return &answerDialog{receipt: r.ID, asks: *r.Asks, by: by}
}

func (d *answerDialog) title() string { return d.asks.Step + " asks " + d.by.Name }
func (d *answerDialog) ink() ink      { return notice }
func (d *answerDialog) paste()        { d.problem = "type it: pastes are ignored here" }
func (d *answerDialog) fit(_, _ int)  {}

func (d *answerDialog) failed(err error) { d.busy, d.problem = false, cleanError(err) }

func (d *answerDialog) hints() []hint {
	return []hint{{"enter", "answer"}, {"esc", "look away; it goes on asking"}}
}

func (d *answerDialog) key(k tea.KeyPressMsg, _ time.Time) intent {
	switch k.String() {
	case "esc":
		return intent{close: true}
	case "enter":
		if d.busy || k.IsRepeat || d.text.text == "" {
			return intent{}
		}
		d.busy, d.problem = true, ""
		return intent{command: ops.Answer{Receipt: d.receipt, Step: d.asks.Step, Text: safe.Text(d.text.text)}}
	default:
		if !d.busy && d.text.typed(k) {
			d.problem = ""
		}
	}
	return intent{}
}

func (d *answerDialog) render(t *theme, w, _ int, _ time.Time) []string {
	row := func() *line { return newLine(t, w) }
	out := labelled(t, w, "", strong, d.asks.Challenge)
	out = append(out, labelled(t, w, "expected  ", plain, d.asks.Expected)...)
	out = append(out, row().end(), row().put(accent, "> ").put(strong, tail(d.text.shown(), w-3)).put(accent, "▌").end())
	switch {
	case d.busy:
		return append(out, row().put(notice, "writing it down…").end())
	case d.problem != "":
		return append(out, labelled(t, w, "✖ ", alarm, d.problem)...)
	default:
		return append(out, labelled(t, w, "", dim, "Your name and the time go to the journal. Any other answer ends this step.")...)
	}
}

// openAnswer asks the person what a runbook waits for.
func (m *Model) openAnswer() {
	for _, r := range m.snap.Receipts {
		if r.Asks == nil {
			continue
		}
		if a := m.snap.Arming; !a.Armed {
			m.note("arm the console first: the answer lets the runbook go on")
			return
		}
		m.dialog = newAnswerDialog(r, m.snap.Operator)
		return
	}
	m.note("no runbook asks anything")
}

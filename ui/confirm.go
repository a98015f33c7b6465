package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// dwell is how long no key may come before enter counts, with the phrase complete
// and the whole plan shown: two deliberate acts, never one burst of keys. Since
// every key begins it anew, a held enter confirms nothing either, also on the
// many terminals that do not say that a key is held.
const dwell = 700 * time.Millisecond

// confirmDialog shows a plan as it would be sent and takes the confirmation.
type confirmDialog struct {
	runbook ops.RunbookID
	chain   string // where several are shown
	name    string
	opener  string // the runbook's key
	plan    ops.Plan
	ready   bool // the plan is here
	facts   roll
	w, h    int // what can be seen of it; h is 0 when nothing can
	phrase  field
	quiet   time.Time // since when no key came
	busy    bool
	problem string
	remark  string

	asking  bool            // a preparation is under way
	asked   ops.BlockRef    // the newest block when it was asked for
	head    ops.BlockRef    // the newest block now
	failure string          // why the plan could not be prepared anew
	holds   bool            // what it would bring about holds already
	moving  map[string]bool // parts of the plan whose numbers change by themselves
}

func newConfirmDialog(line ops.Readiness) *confirmDialog {
	return &confirmDialog{runbook: line.Runbook, chain: line.Chain, name: line.Name, opener: line.Key}
}

func (d *confirmDialog) title() string {
	if !d.ready {
		return fmt.Sprintf("%s %s", d.runbook, d.name)
	}
	title := fmt.Sprintf("%s %s · %s", d.runbook, d.name, d.plan.Mode)
	if d.plan.Steps > 1 {
		title = fmt.Sprintf("%s %s · %d steps · %s", d.runbook, d.name, d.plan.Steps, d.plan.Mode)
	}
	return title
}

func (d *confirmDialog) ink() ink {
	if d.ready && d.plan.Mode == ops.Live {
		return alarm
	}
	return notice
}

func (d *confirmDialog) paste() { d.remark = "type it: pastes are ignored here" }

// complete reports whether the phrase stands as it has to.
func (d *confirmDialog) complete() bool { return d.ready && d.phrase.text == d.plan.Phrase }

// strayed reports whether no further key makes the phrase of what is typed.
func (d *confirmDialog) strayed() bool { return !strings.HasPrefix(d.plan.Phrase, d.phrase.text) }

// echo reports whether a key is the one that opened the dialog, pressed twice: it
// does not begin the phrase.
func (d *confirmDialog) echo(key string) bool {
	return d.phrase.text == "" && key == d.opener && !strings.HasPrefix(d.plan.Phrase, key)
}

// rest is what still has to pass before enter counts.
func (d *confirmDialog) rest(now time.Time) time.Duration { return dwell - now.Sub(d.quiet) }

// unread is how many of the plan's lines have not been on the screen.
func (d *confirmDialog) unread() int {
	if d.h < 1 {
		return 1
	}
	return max(len(d.list(noInk, d.w))-d.facts.seen, 0)
}

func (d *confirmDialog) hints() []hint {
	switch {
	case !d.ready || len(d.plan.Refusals) > 0:
		return []hint{{"↑ ↓", "scroll"}, {"esc", "close"}}
	case d.busy:
		return []hint{{"esc", "look away; it takes nothing back"}}
	default:
		return []hint{{"↑ ↓", "scroll"}, {"enter", "send, after the phrase"}, {"esc", "cancel"}}
	}
}

func (d *confirmDialog) fit(w, h int) {
	d.w, d.h = w, h
	if d.ready && h > 0 {
		d.facts.fit(len(d.list(noInk, w)), d.room(h))
	}
}

// room is what the facts have when the prompt has its own.
func (d *confirmDialog) room(h int) int { return max(h-d.promptRows(), 1) }

func (d *confirmDialog) failed(err error) {
	d.busy, d.problem = false, cleanError(err)
	d.phrase.text = ""
}

// key: esc always closes; everything else counts only while the plan is on the
// screen and a person can confirm it.
func (d *confirmDialog) key(k tea.KeyPressMsg, now time.Time) intent {
	rest := d.rest(now)
	d.quiet = now
	switch {
	case k.String() == "esc" && d.busy:
		return intent{close: true, say: "it was confirmed already, and esc takes nothing back: FIRST MINUTE shows how far it is"}
	case k.String() == "esc":
		return intent{close: true}
	case !d.ready || d.busy || d.h < 1:
		return intent{}
	case d.facts.turn(k.String(), d.room(d.h)):
		return intent{again: dwell}
	case len(d.plan.Refusals) > 0 || k.IsRepeat || d.echo(k.String()):
		return intent{}
	case k.String() == "enter":
		return d.enter(rest)
	}
	if d.phrase.typed(k) {
		d.remark, d.problem = "", ""
	}
	if d.complete() {
		return intent{again: dwell}
	}
	return intent{}
}

// enter is the second act.
func (d *confirmDialog) enter(rest time.Duration) intent {
	d.remark = ""
	switch {
	case d.strayed(): // the prompt says so
		return intent{}
	case !d.complete():
		d.remark = "the phrase is not complete; nothing has been sent"
		return intent{}
	case d.unread() > 0 || rest > 0: // the prompt says so
		return intent{again: dwell}
	default:
		d.busy, d.problem = true, ""
		return intent{command: ops.Contain{Digest: d.plan.Digest, Prepared: d.plan.Prepared, Phrase: d.phrase.text}}
	}
}

func (d *confirmDialog) render(t *theme, w, h int, now time.Time) []string {
	row := func() *line { return newLine(t, w) }
	if !d.ready {
		if d.problem == "" {
			return []string{row().put(notice, "decoding and simulating…").end(), row().put(dim, "nothing has been sent; esc cancels").end()}
		}
		out := []string{row().put(alarm, "It cannot be prepared. Nothing has been sent.").end()}
		return append(append(out, labelled(t, w, "", plain, d.problem)...), row().put(dim, "esc closes").end())
	}
	out := d.facts.show(t, w, d.room(h), d.list(t, w))
	if d.gap() > 0 {
		out = append(out, row().end())
	}
	if len(d.plan.Refusals) > 0 {
		return append(out, row().put(alarm, "REFUSED: nothing can be sent. ").put(dim, "esc closes").end())
	}
	return append(out, d.prompt(t, w, now)...)
}

// gap is the blank row over the prompt; where there are few rows, it is better
// read than left blank.
func (d *confirmDialog) gap() int {
	if d.h < 18 {
		return 0
	}
	return 1
}

// promptRows is how many rows the prompt has, always the same: what is read must
// not move while it is typed.
func (d *confirmDialog) promptRows() int {
	if len(d.plan.Refusals) > 0 {
		return d.gap() + 1
	}
	rows := 1
	if d.problem != "" && d.w > 0 {
		rows = len(wrapped(d.problem, d.w-2))
		if d.remark != "" {
			rows++
		}
	}
	return d.gap() + 2 + rows
}

func (d *confirmDialog) prompt(t *theme, w int, now time.Time) []string {
	row := func() *line { return newLine(t, w) }
	if d.busy {
		return []string{row().put(notice, "CONFIRMED: writing it down, signing, sending…").end()}
	}
	out := []string{
		row().put(plain, "Type  ").put(strong, d.plan.Phrase).put(plain, "  then enter.").end(),
		row().put(accent, "> ").put(strong, tail(d.phrase.shown(), w-3)).put(accent, "▌").end(),
	}
	if d.problem != "" {
		out = append(out, labelled(t, w, "✖ ", alarm, d.problem)...)
		if d.remark != "" {
			out = append(out, row().put(notice, d.remark).end())
		}
		return out
	}
	state := row()
	if d.remark != "" {
		state.put(notice, d.remark)
		if !d.complete() {
			return append(out, state.end())
		}
		state.put(plain, " · ")
	}
	switch {
	case d.strayed():
		state.put(notice, strayText(w))
	case !d.complete():
		state.put(dim, "Nothing has been sent. esc cancels.")
	case d.unread() > 0:
		state.put(notice, "complete; read it to its end first: ↓")
	case d.rest(now) > 0:
		state.put(notice, "a moment: read it once more, then enter")
	default:
		state.put(accent, "enter").put(plain, " sends it; esc cancels.")
	}
	return append(out, state.end())
}

// strayText says how to get back to the phrase, in fewer words where there is no
// room for all.
func strayText(w int) string {
	const back = "that is not the phrase: backspace, or ctrl+u for all of it"
	if all := back + "; nothing has been sent"; width(all) <= w {
		return all
	}
	return back
}

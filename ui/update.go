package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Update takes in one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.shown = m.now()
	cmd := m.take(msg)
	if m.dialog == nil && len(m.late) > 0 {
		m.dialog, m.late = m.late[0], m.late[1:]
		m.hushed, m.pressed = true, m.shown
	}
	if m.dialog != nil {
		m.dialog.fit(m.dialogRoom())
	}
	return m, cmd
}

func (m *Model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		if m.auto {
			m.theme = newTheme(msg.IsDark())
		}
	case snapshotMsg:
		return m.snapshot(msg)
	case tickMsg:
		if m.shown.Sub(m.noticed) > noticeLasts {
			m.notice = ""
		}
		return m.tick()
	case beatMsg: // a dialog's dwell has passed; showing it again is all
	case planMsg:
		if m.dialog == msg.asked { // an earlier dialog's answer must not change what is read in this one
			if msg.asked.planned(msg, m.shown) {
				return m.after(dwell, beat)
			}
		}
	case doneMsg:
		return m.done(msg)
	case tea.PasteMsg:
		if m.dialog != nil {
			m.dialog.paste()
		}
	case tea.KeyPressMsg:
		return m.key(msg)
	}
	return nil
}

func (m *Model) snapshot(msg snapshotMsg) tea.Cmd {
	if !msg.open { // the terminal's person still looks: what is shown must not pass for news
		m.ended = true
		return nil
	}
	at := m.chosen()
	m.snap, m.seen, m.arrived = msg.snapshot, true, m.shown
	m.choose(at)
	for p := range m.cursor {
		m.cursor[p] = max(min(m.cursor[p], m.rows(p)-1), 0)
	}
	if d, ok := m.dialog.(*confirmDialog); ok {
		d.look(m.snap)
		if d.stale() {
			return tea.Batch(m.wait(), m.prepare(d))
		}
	}
	return m.wait()
}

// done takes in what became of a command. Whoever asked may be gone: what went
// wrong then is said all the same, and what is right shows in the next snapshot.
func (m *Model) done(msg doneMsg) tea.Cmd {
	waits := msg.asked != nil && msg.asked == m.dialog
	if msg.err != nil {
		if waits {
			msg.asked.failed(msg.err)
		} else {
			m.late = append(m.late, failure(msg)) // a remark would be gone with the next key
		}
		return nil
	}
	if !waits {
		return nil
	}
	m.dialog, m.hushed, m.pressed = nil, true, m.shown
	switch d := msg.asked.(type) {
	case *armDialog:
		m.note("armed")
		if d.then != "" {
			return m.openRunbook(d.then)
		}
	case *confirmDialog: // FIRST MINUTE shows how far it is
		if msg.receipt.Repeated {
			m.note("nothing was sent again: this was confirmed before")
		}
	}
	return nil
}

// noticeLasts is how long a remark stays in the footer.
const noticeLasts = 6 * time.Second

func (m *Model) note(text string) { m.notice, m.noticed = text, m.now() }

// key is one key press: the dialog's while one is open.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return tea.Quit
	}
	m.notice = ""
	if m.hush(k.String()) {
		return nil
	}
	if m.dialog != nil {
		return m.obey(m.dialog.key(k, m.now()))
	}
	if m.filtering {
		return m.filterKey(k)
	}
	if p := strings.Index("1234", k.String()); p >= 0 && len(k.String()) == 1 {
		m.pane, m.full = p, false
		return nil
	}
	for _, line := range m.snap.Board {
		if line.Key != "" && line.Key == k.String() {
			return m.press(line, k)
		}
	}
	return m.act(m.keys.byKey[k.String()])
}

// hush reports whether a key is not taken: what was typed for a dialog that has
// gone must reach no other by accident. Where one came by itself that is every
// key but esc, else enter, until nothing was typed for the length of a dwell.
func (m *Model) hush(key string) bool {
	pause := m.shown.Sub(m.pressed)
	m.pressed = m.shown
	m.hushed = m.hushed && pause < dwell && key != "esc" && (m.dialog != nil || key == "enter")
	return m.hushed
}

// press is a runbook's key. A held key opens nothing twice.
func (m *Model) press(line ops.Readiness, k tea.KeyPressMsg) tea.Cmd {
	if k.IsRepeat {
		return nil
	}
	if a := m.snap.Arming; !m.snap.On(line.Chain).Armed && a.Refused == "" { // where arming is impossible, looking is not: the dialog says why nothing can be sent
		arm := newArmDialog(m.snap, line.Runbook)
		arm.opener, arm.opened = line.Key, m.shown
		m.dialog = arm
		return nil
	}
	return m.openRunbook(line.Runbook)
}

func (m *Model) openRunbook(id ops.RunbookID) tea.Cmd {
	for _, line := range m.snap.Board {
		if line.Runbook == id {
			d := newConfirmDialog(line)
			d.look(m.snap)
			m.dialog = d
			return m.prepare(d)
		}
	}
	m.note("there is no such runbook")
	return nil
}

func (m *Model) act(a action) tea.Cmd {
	switch a {
	case actHelp:
		m.dialog = newHelpDialog(m.keys, m.snap)
	case actFilter:
		m.filtering = true
	case actCommand:
		m.dialog = newPalette(m)
	case actNext:
		m.pane = (m.pane + 1) % panes
	case actPrevious:
		m.pane = (m.pane + panes - 1) % panes
	case actUp:
		m.move(-1)
	case actDown:
		m.move(1)
	case actTop:
		m.cursor[m.pane] = 0
	case actBottom:
		m.cursor[m.pane] = max(m.rows(m.pane)-1, 0)
	case actDetail:
		if d := m.detail(); d != nil {
			m.dialog = d
		}
	case actBack:
		m.filter, m.full = "", false
	case actCopy:
		return m.copy()
	case actLog:
		m.full = !m.full
		m.pane = paneJournal
	case actArm:
		return m.armOrLock()
	case actAnswer:
		m.openAnswer()
	case actCoach:
		m.coach = !m.coach
	case actQuit:
		return m.quit()
	}
	return nil
}

func (m *Model) move(by int) {
	m.cursor[m.pane] = max(min(m.cursor[m.pane]+by, m.rows(m.pane)-1), 0)
}

func (m *Model) armOrLock() tea.Cmd {
	if m.snap.Arming.Armed {
		return m.do(ops.Lock{}, nil)
	}
	m.dialog = newArmDialog(m.snap, "")
	return nil
}

// quit is refused while something is under way: whoever looks away then does not
// know how it ended.
func (m *Model) quit() tea.Cmd {
	if r, under := m.snap.InFlight(); under {
		m.note(fmt.Sprintf("not now: %s is %s. Wait for its end; ctrl+c leaves at once, and what is sent stays sent", r.Name, r.Stage))
		return nil
	}
	return tea.Quit
}

func (m *Model) filterKey(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "enter":
		m.filtering = false
	case "esc":
		m.filtering, m.filter = false, ""
	case "backspace":
		if r := []rune(m.filter); len(r) > 0 {
			m.filter = string(r[:len(r)-1])
		}
	default:
		m.filter += k.Text
	}
	m.cursor = [panes]int{}
	return nil
}

// copy hands the line to the terminal's clipboard and shows it in full: the
// terminal never says whether it copied.
func (m *Model) copy() tea.Cmd {
	d := m.detail()
	if d == nil {
		return nil
	}
	m.dialog = d
	return tea.SetClipboard(strings.Join(d.text, "\n"))
}

// obey does what a dialog wants.
func (m *Model) obey(i intent) tea.Cmd {
	var cmds []tea.Cmd
	if i.command != nil {
		asked, _ := m.dialog.(asker)
		cmds = append(cmds, m.do(i.command, asked))
	}
	if i.close {
		m.dialog = nil
	}
	if i.say != "" {
		m.note(i.say)
	}
	if i.clip != "" {
		cmds = append(cmds, tea.SetClipboard(i.clip))
	}
	if i.pane > 0 {
		m.pane, m.full = i.pane-1, false
	}
	if i.runbook != "" {
		if at := slices.IndexFunc(m.snap.Board, func(l ops.Readiness) bool { return l.Runbook == i.runbook }); at >= 0 {
			cmds = append(cmds, m.press(m.snap.Board[at], tea.KeyPressMsg{}))
		}
	}
	if i.action != "" {
		cmds = append(cmds, m.act(i.action))
	}
	if i.again > 0 {
		cmds = append(cmds, m.after(i.again, beat))
	}
	return tea.Batch(cmds...)
}

// beatMsg shows the screen again when a dwell is over.
type beatMsg struct{}

func beat(time.Time) tea.Msg { return beatMsg{} }

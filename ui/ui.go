// Package ui is the console: one Bubble Tea model whose panes and dialogs are
// plain structs that render what a snapshot says and return what a person wants.
//
// It must never know a chain, a key or the engine: it sees snapshots and hands
// over commands. It must never show a foreign string that package safe has not
// cleaned, never tell anything by colour alone, never ask for the time while it
// renders, and never let one key press, a paste or a held key confirm anything.
package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Backend is the console's other half. Snapshots delivers the newest state,
// latest wins, until the context ends. Prepare decodes and simulates and sends
// nothing. Do carries out a command; its error says what is still true.
type Backend interface {
	Snapshots(ctx context.Context) <-chan ops.Snapshot
	Prepare(ctx context.Context, id ops.RunbookID) (ops.Plan, error)
	Do(ctx context.Context, c ops.Command) (ops.Receipt, error)
}

// Options are how a console looks and listens.
type Options struct {
	Theme    string              // auto, dark or light; auto begins dark
	Coach    bool                // the line that says which key comes next, in drills
	Bindings map[string][]string // action to keys, over the defaults
	Clock    func() time.Time    // nil: the wall clock
}

// patience is how long a command or a preparation may take.
const patience = 15 * time.Second

// Model is the console's state. It changes in Update alone.
type Model struct {
	ctx     context.Context
	backend Backend
	feed    <-chan ops.Snapshot
	now     func() time.Time
	after   func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // tea.Tick; a test turns its clock by hand
	theme   *theme
	auto    bool // the theme follows the terminal
	keys    *keymap
	coach   bool

	width, height int
	snap          ops.Snapshot
	seen          bool // a snapshot arrived
	shown         time.Time
	arrived       time.Time // when the newest snapshot did
	ended         bool      // no other will come
	pane          int
	cursor        [panes]int
	filter        string
	filtering     bool
	full          bool // the log fills the screen
	dialog        dialog
	late          []dialog // what has to be said when no other dialog is open
	errands       errands
	notice        string
	noticed       time.Time
	pressed       time.Time // the last key, or when a dialog came or went by itself
	hushed        bool      // since then no key is taken, see hush
}

// New makes a console. Bindings that clash or name no action are an error.
func New(ctx context.Context, b Backend, o Options) (*Model, error) {
	keys, err := newKeymap(o.Bindings)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Model{
		ctx: ctx, backend: b, feed: b.Snapshots(ctx), now: o.Clock, keys: keys, coach: o.Coach, after: tea.Tick,
		theme: newTheme(o.Theme != "light"), auto: o.Theme != "light" && o.Theme != "dark", shown: o.Clock(),
	}, nil
}

// Run shows the console until the person quits or the context ends. The terminal
// is restored whatever happens.
func Run(ctx context.Context, b Backend, o Options, in io.Reader, out io.Writer, more ...tea.ProgramOption) error {
	screen, stop := context.WithCancel(ctx)
	defer stop()
	m, err := New(screen, b, o)
	if err != nil {
		return err
	}
	options := append([]tea.ProgramOption{tea.WithContext(screen), tea.WithInput(in), tea.WithOutput(out)}, more...)
	_, err = tea.NewProgram(m, options...).Run()
	m.errands.wait() // the terminal is restored by now; what was confirmed is not left half done
	if err != nil && !over(err) {
		return fmt.Errorf("the screen failed: %w", err)
	}
	return nil
}

// over reports whether the program ended because it was told to.
func over(err error) bool {
	return errors.Is(err, tea.ErrInterrupted) || errors.Is(err, context.Canceled) || errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, tea.ErrProgramPanic)
}

// Messages of the console's own.
type (
	snapshotMsg struct {
		snapshot ops.Snapshot
		open     bool
	}
	tickMsg time.Time
	planMsg struct {
		asked *confirmDialog
		plan  ops.Plan
		err   error
	}
	doneMsg struct {
		asked   asker // nil: nobody waits for the answer
		command ops.Command
		receipt ops.Receipt
		err     error
	}
)

// Init waits for the first snapshot and starts the clock.
func (m *Model) Init() tea.Cmd {
	if m.auto {
		return tea.Batch(m.wait(), m.tick(), tea.RequestBackgroundColor) // the answer may never come: dark until then
	}
	return tea.Batch(m.wait(), m.tick())
}

// wait delivers the next snapshot. One wait is under way at a time, so a slow
// screen sees the newest and never a queue.
func (m *Model) wait() tea.Cmd {
	return func() tea.Msg {
		s, open := <-m.feed
		return snapshotMsg{cleanSnapshot(s), open}
	}
}

// tick is the screen's own second, for what counts up or down.
func (m *Model) tick() tea.Cmd {
	return m.after(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// prepare asks for a plan, in the background and with a deadline.
func (m *Model) prepare(d *confirmDialog) tea.Cmd {
	d.asking, d.asked = true, d.head
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(m.ctx, patience)
		defer cancel()
		plan, err := m.backend.Prepare(ctx, d.runbook)
		return planMsg{asked: d, plan: cleanPlan(plan), err: err}
	}
}

// do hands a command over, in the background. It is not cut off by the screen's
// end: what was confirmed is carried out, and Run waits for it.
func (m *Model) do(c ops.Command, asked asker) tea.Cmd {
	return func() tea.Msg {
		if !m.errands.begin() {
			return nil
		}
		defer m.errands.done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(m.ctx), patience)
		defer cancel()
		receipt, err := m.backend.Do(ctx, c)
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %s, so it is not known whether it was carried out; FIRST MINUTE and the journal will tell: %w", patience, err)
		}
		return doneMsg{asked: asked, command: c, receipt: cleanReceipt(receipt), err: err}
	}
}

package ui

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// watch is a clock that a test turns while a program looks at it.
type watch struct {
	mu   sync.Mutex
	time time.Time
}

func (w *watch) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *watch) turn(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// glass is a terminal in memory that says when something was written to it.
type glass struct {
	*vt.SafeEmulator
	grew chan struct{}
}

func (g glass) Write(b []byte) (int, error) {
	n, err := g.SafeEmulator.Write(b)
	select {
	case g.grew <- struct{}{}:
	default:
	}
	return n, err
}

// sitting is the real program on a terminal in memory, with a person at it.
type sitting struct {
	t       *testing.T
	glass   glass
	desk    *desk
	watch   *watch
	program *tea.Program
	ended   chan error
}

func sit(t *testing.T, w, h int, first ops.Snapshot) *sitting {
	t.Helper()
	x := &sitting{t: t, glass: glass{vt.NewSafeEmulator(w, h), make(chan struct{}, 1)}, desk: newDesk(), watch: &watch{time: noon}, ended: make(chan error, 1)}
	if _, err := x.glass.Write([]byte("\x1b[20h")); err != nil { // no tty driver turns line feeds into new lines here
		t.Fatal(err)
	}
	m, err := New(t.Context(), x.desk, Options{Theme: "dark", Coach: true, Clock: x.watch.now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	keys, typed := io.Pipe()
	copied := make(chan struct{})
	go func() { defer close(copied); _, _ = io.Copy(typed, x.glass.SafeEmulator) }()
	x.program = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(keys), tea.WithOutput(x.glass), tea.WithWindowSize(w, h),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}), tea.WithoutSignals())
	go func() { _, err := x.program.Run(); x.ended <- err }()
	t.Cleanup(func() {
		stop()
		x.program.Wait()
		_ = keys.Close()
		_ = x.glass.InputPipe().(io.Closer).Close() // the emulator's own Close races with its Read
		<-copied
	})
	x.desk.feed <- first
	return x
}

func (x *sitting) text() string { return ansi.Strip(x.glass.Render()) }

// until waits for the terminal to show what is wanted.
func (x *sitting) until(what string, shown func(screen string) bool) {
	x.t.Helper()
	late := time.After(30 * time.Second)
	for !shown(x.text()) {
		select {
		case <-x.glass.grew:
		case <-late:
			x.t.Fatalf("never: %s\n%s", what, x.text())
		}
	}
}

func (x *sitting) sees(text string) {
	x.t.Helper()
	x.until("see "+text, func(screen string) bool { return strings.Contains(screen, text) })
}

func (x *sitting) types(text string) { x.glass.SendText(text) }

// rests lets the dwell pass and shows the screen again, as the program's own
// timer does a little later.
func (x *sitting) rests() {
	x.watch.turn(dwell)
	x.program.Send(beatMsg{})
}

// From the breach to CONTAINED, locked at first, on the terminal itself.
func TestOnATerminalFromTheBreachToContained(t *testing.T) {
	for _, size := range [][2]int{{160, 48}, {100, 30}, {80, 24}} {
		x := sit(t, size[0], size[1], breach())
		x.sees("✖ A1 CRITICAL")
		x.sees("LOCKED")
		x.types("F")
		x.sees("Arm the console")
		x.types("on the bridge\r")
		x.sees("vault.pause()")
		x.watch.turn(dwell)
		x.desk.feed <- armed(breach())
		x.sees("ARMED")
		x.types("drill freeze vault\r\x7f") // in one burst: enter does not count
		x.sees("> drill freeze vaul▌")
		x.types("t")
		x.sees("a moment")
		x.rests()
		x.sees("enter sends it")
		x.types("\r\r\r")
		x.until("the dialog goes", func(screen string) bool { return !strings.Contains(screen, "Type  drill") })
		x.desk.feed <- flying()
		x.sees("✓ IN EFFECT")
		x.watch.turn(dwell)
		x.types("q")
		x.sees("not now")
		x.desk.feed <- contained()
		x.sees("■ CONTAINED R1")
		x.sees("BREACH since")
		if sent := x.desk.sent(); len(sent) != 1 {
			t.Errorf("%v: %d commands were sent", size, len(sent))
		}
		x.types("q")
		if err := <-x.ended; err != nil {
			t.Error(err)
		}
	}
}

// What arrives as a paste, and what is typed before esc, sends nothing.
func TestOnATerminalPastesAndEscapeSendNothing(t *testing.T) {
	x := sit(t, 100, 30, armed(breach()))
	x.sees("ARMED")
	x.types("F")
	x.sees("Type  drill freeze vault")
	x.types("\x1b[200~drill freeze vault\r\x1b[201~")
	x.sees("pastes are ignored")
	x.rests()
	x.types("\r")
	x.sees("the phrase is not complete")
	x.types("drill freeze vault")
	x.sees("> drill freeze vault")
	x.rests()
	x.sees("enter sends it")
	x.types("\x1b")
	x.until("the dialog goes", func(screen string) bool { return !strings.Contains(screen, "Type  drill") })
	x.types("\r") // opens the line in full, and sends nothing
	x.sees("vault.totalAssets() >= vault.totalSupply()")
	if len(x.desk.sent()) != 0 {
		t.Error("something was sent")
	}
}

// A terminal that is resized again and again in the middle of a confirmation
// confirms nothing by itself, and shows the dialog whole in the end.
func TestOnATerminalThatIsResizedInTheMiddle(t *testing.T) {
	x := sit(t, 100, 30, armed(breach()))
	x.sees("ARMED")
	x.types("F")
	x.sees("Type  drill freeze vault")
	for n := range 200 {
		x.glass.Resize(20+n*37%140, 6+n*13%40)
		x.program.Send(tea.WindowSizeMsg{Width: 20 + n*37%140, Height: 6 + n*13%40})
	}
	x.glass.Resize(50, 12)
	x.program.Send(tea.WindowSizeMsg{Width: 50, Height: 12})
	x.sees("bulkhead needs 60x16")
	x.glass.Resize(100, 30)
	x.program.Send(tea.WindowSizeMsg{Width: 100, Height: 30})
	x.sees("Nothing has been sent")
	x.sees("vault.paused()  false → true")
	if len(x.desk.sent()) != 0 {
		t.Error("a resize confirmed")
	}
	x.types("drill freeze vault")
	x.sees("> drill freeze vault")
	x.rests()
	x.sees("enter sends it")
	x.types("\r")
	x.until("the dialog goes", func(screen string) bool { return !strings.Contains(screen, "Type  drill") })
	if len(x.desk.sent()) != 1 {
		t.Error("a fresh confirmation does not confirm")
	}
}

// The chain goes away and comes back: nothing is healthy in between.
func TestOnATerminalBlindnessComesAndGoes(t *testing.T) {
	x := sit(t, 160, 48, calm())
	x.sees("Nothing is in breach")
	x.desk.feed <- blind()
	x.sees("The chain cannot be seen")
	if screen := x.text(); strings.Contains(screen, "● OK ") || strings.Contains(screen, "READY") {
		t.Errorf("something is healthy while blind:\n%s", screen)
	}
	x.desk.feed <- calm()
	x.sees("Nothing is in breach")
}

// A panic gives the terminal back before it is told.
type falls struct{ *desk }

func (falls) Do(context.Context, ops.Command) (ops.Receipt, error) { panic("a bug") }

func TestAPanicGivesTheTerminalBack(t *testing.T) {
	d := falls{newDesk()}
	d.feed <- armed(calm())
	in, keys := io.Pipe()
	defer func() { _ = keys.Close() }()
	out := newTape()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(t.Context(), d, Options{Theme: "dark"}, in, out, tea.WithWindowSize(100, 30), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignals())
	}()
	out.await(t, "Nothing is in breach")
	_, _ = io.WriteString(keys, "\x01")
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "the screen failed") {
		t.Errorf("%v", err)
	}
	if text := out.text(); strings.LastIndex(text, "\x1b[?1049l") < strings.LastIndex(text, "\x1b[?1049h") {
		t.Error("the other screen stays")
	}
}

package ui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// tape records what reaches a terminal, and says when a text did.
type tape struct {
	mu   sync.Mutex
	all  bytes.Buffer
	grew chan struct{}
}

func newTape() *tape { return &tape{grew: make(chan struct{}, 1)} }

func (r *tape) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.grew <- struct{}{}:
	default:
	}
	return r.all.Write(b)
}

func (r *tape) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all.String()
}

func (r *tape) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !strings.Contains(r.text(), text) {
		select {
		case <-r.grew:
		case <-late:
			t.Fatalf("%q never reached the terminal", text)
		}
	}
}

// However it ends, the terminal gets its own screen and cursor back.
func TestTheTerminalIsRestoredHoweverItEnds(t *testing.T) {
	for name, end := range map[string]func(keys io.Writer, stop context.CancelFunc){
		"q":           func(keys io.Writer, _ context.CancelFunc) { _, _ = io.WriteString(keys, "q") },
		"ctrl+c":      func(keys io.Writer, _ context.CancelFunc) { _, _ = io.WriteString(keys, "\x03") },
		"the context": func(_ io.Writer, stop context.CancelFunc) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.feed <- calm()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			in, keys := io.Pipe()
			defer func() { _ = keys.Close() }()
			out := newTape()
			ended := make(chan error, 1)
			go func() {
				ended <- Run(ctx, d, Options{Theme: "dark"}, in, out, tea.WithWindowSize(100, 30),
					tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignals())
			}()
			out.await(t, "Nothing is in breach")
			end(keys, stop)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if text := out.text(); !strings.Contains(text, "\x1b[?1049h") || strings.LastIndex(text, "\x1b[?1049l") < strings.LastIndex(text, "\x1b[?1049h") {
				t.Error("the other screen stays")
			}
			if !strings.Contains(out.text()[strings.LastIndex(out.text(), "\x1b[?1049l")-40:], "\x1b[?25h") {
				t.Error("the cursor stays hidden")
			}
		})
	}
}

func TestASlowScreenSeesTheNewestAndMissesNothingThatMatters(t *testing.T) {
	x := newHand(t, 100, 30, calm())
	x.desk.feed <- breach()
	msg, ok := x.wait()().(snapshotMsg)
	if !ok || !msg.open || msg.snapshot.Head.Number != 37 {
		t.Errorf("%+v", msg)
	}
	close(x.desk.feed)
	if msg, ok := x.wait()().(snapshotMsg); !ok || msg.open {
		t.Errorf("after the end: %+v", msg)
	}
	if cmd := x.snapshot(snapshotMsg{}); cmd != nil {
		t.Error("it waits on a feed that has ended")
	}
}

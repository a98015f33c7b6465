package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
	"github.com/bulkhead-console/bulkhead/ui"
)

// terminalUnderTest is a terminal in memory with a person at it.
type terminalUnderTest struct {
	t      *testing.T
	screen *vt.SafeEmulator
}

func (x terminalUnderTest) text() string { return ansi.Strip(x.screen.Render()) }

// sees waits until the text is on the screen.
func (x terminalUnderTest) sees(text string) {
	x.t.Helper()
	late := time.After(time.Minute)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !strings.Contains(x.text(), text) {
		select {
		case <-look.C:
		case <-late:
			x.t.Fatalf("never saw %q:\n%s", text, x.text())
		}
	}
}

func (x terminalUnderTest) types(text string) { x.screen.SendText(text) }

// The whole drill on one screen: somebody who follows the coach sees the breach,
// presses the key beside it, types the phrase and sees CONTAINED.
func TestThroughTheWholeDrillOnTheRealConsole(t *testing.T) {
	run, err := rehearsal.Start(t.Context(), rehearsal.Options{
		Seed: 1, Folder: t.TempDir(), Interval: 40 * time.Millisecond, Runbooks: runbooks.Embedded, Operator: ops.Operator{Name: "Ada", Role: "commander"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	emulator := vt.NewSafeEmulator(160, 48)
	if _, err := emulator.Write([]byte("\x1b[20h")); err != nil { // no tty driver turns line feeds into new lines here
		t.Fatal(err)
	}
	keys, keysIn := io.Pipe()
	go func() { _, _ = io.Copy(keysIn, emulator) }() // ends with the emulator
	played, watched, shown := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { played <- run.Play(ctx) }()
	go func() { watched <- run.Engine.Run(ctx) }()
	go func() {
		shown <- ui.Run(ctx, run.Engine, ui.Options{Theme: "dark", Coach: true}, keys, emulator,
			tea.WithWindowSize(160, 48), tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}), tea.WithoutSignals())
	}()

	x := terminalUnderTest{t, emulator}
	x.sees("DRILL")
	x.sees("LOCKED")
	x.sees("Press ctrl+a to arm")
	x.types("\x01")
	x.sees("Arm the console")
	x.types("a drill\r")
	x.sees("ARMED")
	x.sees("A1 is breached. Press F")
	x.sees("READY")
	x.types("F")
	x.sees("paused()  false → true")
	x.sees("REVERTS EnforcedPause")
	x.types("drill freeze vault")
	x.sees("enter sends it") // the dwell is over
	x.types("\r")
	x.sees("CONTAINED R1")
	x.sees("✖ A1 CRITICAL") // the money is still gone
	x.sees("BREACH since")
	x.sees("stopped")
	x.types("q")
	if err := <-shown; err != nil {
		t.Fatal(err)
	}
	h := run.Hotwash(run.Engine.Last(), "quit")
	stop()
	for _, ended := range []chan error{played, watched} {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	if !h.Contained || h.Confirm == 0 || h.Mine == 0 || h.Verify == 0 || h.DetectedBlock != h.BreachBlock {
		t.Errorf("the hotwash says %+v", h)
	}
}

// program runs the program and returns its exit code and what it said.
func program(t *testing.T, args ...string) (code int, out, talk string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestHeadlessSaysOneObjectAndExitsByIt(t *testing.T) {
	for responder, want := range map[string]int{"auto": exitOK, "none": exitBreach} {
		code, out, talk := program(t, "drill", "--headless", "--json", "--responder", responder, "--folder", t.TempDir())
		if code != want {
			t.Fatalf("%s: exit %d, want %d: %s", responder, code, want, talk)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%s: %q: %v", responder, out, err)
		}
		for _, key := range []string{"scenario", "seed", "mode", "breach_block", "detected_block", "contained_block", "detect_ms", "confirm_ms",
			"mine_ms", "verify_ms", "lost_wei", "saved_wei", "contained", "journal", "exit_reason"} {
			if _, ok := got[key]; !ok {
				t.Errorf("%s: the object lacks %q", responder, key)
			}
		}
		if got["mode"] != "drill" || got["contained"] != (responder == "auto") {
			t.Errorf("%s: %v", responder, got)
		}
	}
}

func TestUsageIsSaid(t *testing.T) {
	for _, args := range [][]string{{"drlil"}, {"drill", "--speed", "-1"}, {"drill", "--responder", "maybe"}, {"drill", "extra"}, {"check", "--nothing"},
		{"drill", "--speed", "NaN"}, {"drill", "--speed", "+Inf"}, {"drill", "--serve", "--headless"}} {
		if code, _, talk := program(t, args...); code != exitUsage || talk == "" {
			t.Errorf("%v: exit %d, %q", args, code, talk)
		}
	}
}

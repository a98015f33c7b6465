package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ui"
)

// board is the console of two chains under test: the side chain first, the drill's
// second.
type board struct {
	*fleet
	t    *testing.T
	s    served
	feed <-chan ops.Snapshot
	last ops.Snapshot
}

func boardFor(t *testing.T, s served) *board {
	t.Helper()
	l, err := load(s.config, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(l.chains)
	f, err := l.fleet(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, f.close()); err != nil {
			t.Error(err)
		}
	})
	return &board{fleet: f, t: t, s: s, feed: f.Snapshots(ctx)}
}

func (b *board) until(what string, holds func(ops.Snapshot) bool) {
	b.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for !holds(b.last) {
		select {
		case b.last = <-b.feed:
		case <-late.C:
			b.t.Fatalf("never: %s:\n%s", what, ui.Plain(b.last))
		}
	}
}

// step seals a block of the drill's chain and waits until it is judged.
func (b *board) step() {
	b.t.Helper()
	sealed, err := b.s.Drill.Step(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	b.until("the drill is judged", func(s ops.Snapshot) bool {
		drill := s.On("drill")
		return drill.Followed >= sealed.Block.Number && drill.Blind == ""
	})
}

// goOn seals block after block from here on.
func (b *board) goOn() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- rehearsal.Play(ctx, 200*time.Millisecond, func(ctx context.Context) error {
			_, err := b.s.Drill.Step(ctx)
			return err
		})
	}()
	b.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
	})
}

func (b *board) finding(id ops.DetectorID) ops.Finding {
	i := slices.IndexFunc(b.last.Findings, func(f ops.Finding) bool { return f.Detector == id })
	if i < 0 {
		b.t.Fatalf("there is no %s", id)
	}
	return b.last.Findings[i]
}

// console shows the board on a terminal in memory.
func (b *board) console() terminalUnderTest {
	b.t.Helper()
	emulator := vt.NewSafeEmulator(160, 48)
	if _, err := emulator.Write([]byte("\x1b[20h")); err != nil {
		b.t.Fatal(err)
	}
	keys, keysIn := io.Pipe()
	go func() { _, _ = io.Copy(keysIn, emulator) }() // ends with the emulator
	ctx, stop := context.WithCancel(context.Background())
	shown := make(chan error, 1)
	go func() {
		shown <- ui.Run(ctx, b, ui.Options{Theme: "dark"}, keys, emulator, tea.WithWindowSize(160, 48), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignals())
	}()
	b.t.Cleanup(func() {
		stop()
		if err := <-shown; err != nil {
			b.t.Error(err)
		}
	})
	return terminalUnderTest{b.t, emulator}
}

// Two chains on one board. One is killed: the other is judged at every block, and a
// breach there is answered with its key and contained, while the dead one is UNKNOWN
// and named. Then it comes back.
func TestOneChainsTroubleHidesNoOther(t *testing.T) {
	s := serveForTest(t)
	fake, proxy := s.side(t)
	b := boardFor(t, s)
	b.until("both are judged", func(s ops.Snapshot) bool { return len(s.Chains) == 2 && s.Blind == "" })
	x := b.console()
	x.sees("drill #")
	proxy.Refuse(true)
	proxy.Cut()
	b.until("the side is dark", func(s ops.Snapshot) bool { return s.On("side").Blind != "" })
	x.sees("? side BLIND")
	judged := b.last.On("drill").Judged
	for range 3 {
		b.step()
		if f := b.finding("M1"); f.Verdict != ops.Unknown || f.Chain != "side" || !strings.HasPrefix(b.last.Blind, "side: ") {
			t.Fatalf("%s of %s is %s, blind %q", f.Detector, f.Chain, f.Verdict, b.last.Blind)
		}
	}
	if now := b.last.On("drill"); now.Judged < judged+3 || now.Missed > 0 {
		t.Errorf("%d blocks were judged after %d, %d missed", now.Judged, judged, now.Missed)
	}
	for n := 0; b.finding("A1").Verdict != ops.Breach; n++ {
		if n > 60 {
			t.Fatal("the vault was never breached")
		}
		b.step()
	}
	b.goOn()
	x.sees("A1 CRITICAL on drill")
	x.sees("FIRST MINUTE · ? side BLIND")
	x.types("\x01")
	x.sees("Arm the console")
	x.types("a drill\r")
	x.sees("ctrl+a lock") // the dialog is gone
	x.types("F")
	x.sees("paused()  false → true")
	x.types("drill freeze vault")
	x.sees("enter sends it")
	x.types("\r")
	b.until("it is done, and the clock has stopped", func(s ops.Snapshot) bool {
		return len(s.Receipts) == 1 && s.Receipts[0].Done() && !s.Incident.StoppedAt.IsZero()
	})
	if r := b.last.Receipts[0]; r.Chain != "drill" || r.Stage != ops.StageContained || b.last.Incident.Chain != "drill" {
		t.Errorf("%s on %q, incident %+v", r.Stage, r.Chain, b.last.Incident)
	}
	x.sees("CONTAINED R1 freeze-vault on drill")
	x.sees("? side BLIND")
	fake.Mine(3)
	proxy.Refuse(false)
	b.until("the side is back", func(s ops.Snapshot) bool { return s.Blind == "" })
	if f := b.finding("M1"); f.Verdict != ops.OK {
		t.Errorf("M1 is %s", f.Verdict)
	}
}

// A chain that is dead from the start holds up nothing.
func TestAChainThatIsDeadAtTheStart(t *testing.T) {
	s := serveForTest(t)
	_, proxy := s.side(t)
	proxy.Refuse(true)
	proxy.Cut()
	b := boardFor(t, s)
	b.until("the drill is judged, and the side is dark", func(s ops.Snapshot) bool {
		return s.On("drill").Judged > 0 && s.On("drill").Blind == "" && strings.Contains(s.On("side").Blind, "far")
	})
	if b.finding("M1").Verdict != ops.Unknown {
		t.Error("M1 is known")
	}
	if _, err := b.Prepare(t.Context(), "R9"); !errors.Is(err, engine.ErrNoRunbook) || !strings.Contains(err.Error(), "side") {
		t.Errorf("%v", err)
	}
}

func TestDrillAndLiveOnOneBoardAreRefused(t *testing.T) {
	s := serveForTest(t)
	s.side(t)
	s.change(t, "policy.yaml", "side: {id: 7331002}", "side: {id: 8453}")
	code, _, talk := program(t, "console", "--plain", "-c", s.config)
	if code != exitConfig || !strings.Contains(talk, "drill is DRILL and side is LIVE") || !strings.Contains(talk, "--chain") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

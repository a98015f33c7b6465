package ui

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
)

// crowd is a breach among 500 findings.
func crowd() ops.Snapshot {
	s := armed(breach())
	for n := range 500 {
		f := s.Findings[1]
		f.Detector = ops.DetectorID(fmt.Sprintf("N%d", n))
		s.Findings = append(s.Findings, f)
	}
	return s
}

func crowded(b *testing.B) *Model {
	b.Helper()
	m, err := New(b.Context(), newDesk(), Options{Theme: "dark", Coach: true, Clock: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	m.Update(snapshotMsg{cleanSnapshot(crowd()), true})
	return m
}

// BenchmarkView is goal P11: the frame at 200x60 with 500 findings, against the
// floor of writing as many plain cells.
func BenchmarkView(b *testing.B) {
	b.Run("console", func(b *testing.B) {
		b.ReportAllocs()
		m := crowded(b)
		for b.Loop() {
			_ = m.View()
		}
	})
	b.Run("dialog", func(b *testing.B) {
		b.ReportAllocs()
		m := crowded(b)
		d := newConfirmDialog(m.snap.Board[0])
		d.planned(planMsg{plan: thePlan()}, noon)
		m.dialog = d
		for b.Loop() {
			_ = m.View()
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var frame strings.Builder
			for n := range 60 {
				row := fmt.Sprintf("│ %-10s %-9s %20s %20s %8d %-18s %-9s ", "A1", "● OK", "1,118.07 dUSD", "≥ 1,179.6192", n, "F freeze-vault", "READY")
				frame.WriteString(row)
				frame.WriteString(strings.Repeat(" ", max(200-width(row), 0)))
				frame.WriteByte('\n')
			}
			_ = tea.NewView(frame.String())
		}
	})
}

// BenchmarkSnapshot is what taking in a snapshot of 500 findings costs.
func BenchmarkSnapshot(b *testing.B) {
	b.ReportAllocs()
	s := crowd()
	for b.Loop() {
		_ = cleanSnapshot(s)
	}
}

// bareLine is a Bubble Tea program that shows the last key.
type bareLine struct{ key string }

func (bareLine) Init() tea.Cmd { return nil }
func (m bareLine) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		m.key = k.String()
	}
	return m, nil
}
func (m bareLine) View() tea.View { return tea.NewView("key <" + m.key + ">") }

// BenchmarkKeyToScreen is goal P11: from a key to its effect on the terminal, at
// the same frames a second, against a program that shows one line.
func BenchmarkKeyToScreen(b *testing.B) {
	options := []tea.ProgramOption{tea.WithWindowSize(200, 60), tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}), tea.WithoutSignals()}
	measure := func(b *testing.B, m tea.Model, ready string, keys [2]string, effects [2]string) {
		b.Helper()
		ctx, stop := context.WithCancel(b.Context())
		in, typed := io.Pipe()
		out := newTape()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = tea.NewProgram(m, append(options, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out))...).Run()
		}()
		awaitNew(out, 0, ready)
		n := 0
		var took []time.Duration
		for b.Loop() {
			from := len(out.text())
			start := time.Now()
			if _, err := io.WriteString(typed, keys[n%2]); err != nil {
				b.Fatal(err)
			}
			awaitNew(out, from, effects[n%2])
			took = append(took, time.Since(start))
			n++
		}
		b.StopTimer()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		stop()
		_ = typed.Close()
		<-ended
	}
	b.Run("console", func(b *testing.B) {
		d := newDesk()
		d.feed <- crowd()
		m, err := New(b.Context(), d, Options{Theme: "dark", Clock: func() time.Time { return noon }})
		if err != nil {
			b.Fatal(err)
		}
		measure(b, m, "FIRST MINUTE", [2]string{"?", "?"}, [2]string{"Keys", "freeze-vault"})
	})
	b.Run("floor", func(b *testing.B) {
		measure(b, bareLine{}, "key", [2]string{"a", "b"}, [2]string{"a", "b"})
	})
}

// awaitNew waits until a text is among what was written after a point.
func awaitNew(out *tape, from int, text string) {
	for !strings.Contains(out.text()[from:], text) {
		<-out.grew
	}
}

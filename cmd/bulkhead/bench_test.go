package main

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
	"github.com/bulkhead-console/bulkhead/ui"
)

// firstSight is a terminal that notes when a text first reaches it.
type firstSight struct {
	text string
	mu   sync.Mutex
	all  strings.Builder
	once sync.Once
	seen chan struct{}
}

func sightOf(text string) *firstSight { return &firstSight{text: text, seen: make(chan struct{})} }

func (f *firstSight) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.Write(b)
	if strings.Contains(f.all.String(), f.text) {
		f.once.Do(func() { close(f.seen) })
	}
	return len(b), nil
}

var screenOptions = []tea.ProgramOption{
	tea.WithWindowSize(160, 48), tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}), tea.WithoutSignals(),
}

// bare is a Bubble Tea program that shows one line.
type bare struct{}

func (bare) Init() tea.Cmd                         { return nil }
func (m bare) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }
func (bare) View() tea.View                        { return tea.NewView("BULKHEAD") }

// BenchmarkColdStart is the time from nothing to the first painted frame and to
// the first verdicts, with chain, contracts and 48 h of waiting, against a bare
// program that paints one line. Starting the process itself is not in it.
func BenchmarkColdStart(b *testing.B) {
	for name, text := range map[string]string{"paint": "BULKHEAD", "verdicts": "Nothing is in breach"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				coldStart(b, text)
			}
		})
	}
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			sight := sightOf("BULKHEAD")
			ctx, stop := context.WithTimeout(b.Context(), time.Minute)
			in, keys := io.Pipe()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = tea.NewProgram(bare{}, append(screenOptions, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(sight))...).Run()
			}()
			<-sight.seen
			b.StopTimer()
			stop()
			_ = keys.Close()
			<-ended
			b.StartTimer()
		}
	})
}

func coldStart(b *testing.B, text string) {
	b.Helper()
	sight := sightOf(text)
	run, err := rehearsal.Start(b.Context(), rehearsal.Options{
		Seed: 1, Folder: b.TempDir(), Interval: time.Hour, Runbooks: runbooks.Embedded, Operator: ops.Operator{Name: "Ada", Role: "commander"},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithTimeout(b.Context(), time.Minute)
	in, keys := io.Pipe()
	watched, shown := make(chan error, 1), make(chan error, 1)
	go func() { watched <- run.Engine.Run(ctx) }()
	go func() { shown <- ui.Run(ctx, run.Engine, ui.Options{Theme: "dark"}, in, sight, screenOptions...) }()
	<-sight.seen
	b.StopTimer()
	stop()
	_ = keys.Close()
	for _, ended := range []chan error{watched, shown} {
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
	if err := run.Close(); err != nil {
		b.Error(err)
	}
	b.StartTimer()
}

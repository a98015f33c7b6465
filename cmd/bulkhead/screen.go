package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ui"
)

// rehearse is a drill with a screen, or with lines where there is none.
func rehearse(c *cobra.Command, run *rehearsal.Run, f drillFlags) error {
	ctx, stop := context.WithCancel(c.Context())
	played := make(chan error, 1)
	go func() { played <- run.Play(ctx) }() // waited for below
	last, err := watch(ctx, c, run.Engine, ui.Options{Theme: f.theme, Coach: f.coach}, f.plain)
	stop()
	if err = errors.Join(err, <-played); err != nil {
		return exit(exitError, err)
	}
	return conclude(c.OutOrStdout(), run.Hotwash(last, "quit"), f.json)
}

// backend is the engine of one chain, or several that show as one.
type backend interface {
	ui.Backend
	Run(ctx context.Context) error
	Last() ops.Snapshot
}

// watch runs the engine and the screen until one of them ends, and returns the
// last snapshot.
func watch(ctx context.Context, c *cobra.Command, e backend, o ui.Options, plain bool) (ops.Snapshot, error) {
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.Run(running) }() // waited for below
	var err error
	if in, out, ok := terminal(c); ok && !plain {
		err = ui.Run(ctx, e, o, in, out)
	} else {
		if !plain {
			_, _ = fmt.Fprintln(c.ErrOrStderr(), "bulkhead: there is no terminal for a screen here: printing lines; ctrl-c ends")
		}
		err = ui.Follow(ctx, e, c.OutOrStdout())
	}
	last := e.Last()
	stop()
	return last, errors.Join(err, <-ended)
}

// terminal reports whether both ends are a terminal that can show a screen.
func terminal(c *cobra.Command) (io.Reader, io.Writer, bool) {
	in, okIn := c.InOrStdin().(*os.File)
	out, okOut := c.OutOrStdout().(*os.File)
	if !okIn || !okOut || !term.IsTerminal(in.Fd()) || !term.IsTerminal(out.Fd()) {
		return nil, nil, false
	}
	name := os.Getenv("TERM")
	return in, out, name != "" && name != "dumb"
}

func consoleCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "console",
		Short: "The console on chains of your own",
		Long: `Shows every chain of the policy on one screen, or with --chain one of them alone.
Each chain has its own loop, providers and journal: one that cannot be reached is
dark, and says so, while the others go on.`,
		Args: cobra.NoArgs,
	}
	config := configFlag(c)
	plain := c.Flags().Bool("plain", false, "lines instead of a screen")
	name := c.Flags().String("chain", "", "this chain alone, where the policy watches several")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		shown, err := l.shown(*name)
		if err != nil {
			return err
		}
		var keys []string
		for _, w := range shown {
			keys = append(keys, w.rules.Keys()...)
		}
		if err := ui.CheckBindings(l.settings.Bindings, keys); err != nil {
			return exit(exitConfig, fmt.Errorf("%s: %w", *config, err))
		}
		if n := len(l.across().Findings()); n > 0 && len(shown) < len(l.chains) {
			_, _ = fmt.Fprintf(c.ErrOrStderr(), "bulkhead: %d groups of contracts span other chains than %s: they are not judged here\n", n, *name)
		}
		live, end, err := l.backend(c.Context(), shown, c.ErrOrStderr())
		if err != nil {
			return err
		}
		o := ui.Options{Theme: l.settings.Theme, Coach: l.settings.Coach, Bindings: l.settings.Bindings}
		last, err := watch(c.Context(), c, live, o, *plain)
		if err = errors.Join(err, end()); err != nil {
			return exit(exitError, err)
		}
		return left(last)
	}
	return c
}

// backend is what is behind the screen, and how it is closed.
func (l loaded) backend(ctx context.Context, shown []watched, talk io.Writer) (backend, func() error, error) {
	if len(shown) > 1 {
		f, err := l.fleet(ctx, talk)
		if err != nil {
			return nil, nil, err
		}
		return f, f.close, nil
	}
	live, err := l.start(ctx, shown[0], talk)
	if err != nil {
		return nil, nil, err
	}
	return live.engine, live.close, nil
}

// left is how a live console ends: with 7 when the last thing that was confirmed
// failed and nothing is contained.
func left(last ops.Snapshot) error {
	if last.Failed() {
		return exit(exitFailed, errors.New("the last containment failed, and nothing is contained: the journal says why"))
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func timelockCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "timelock",
		Short: "What waits in the timelocks, and what is wrong with it: list, show, decode",
		Long: `list and show read the newest block of every chain: exit 4 where something is wrong
with what waits, 6 where that is not known. decode puts calldata into plain words, with
the pack's ABIs and without a chain: exit 6 where a part of it could not be read.`,
	}
	c.AddCommand(timelockList(), timelockShow(), timelockDecode())
	return c
}

// queues reads the timelocks of every chain, at once. A chain that cannot be read hides
// no other: lost says which, and why.
func (l loaded) queues(c *cobra.Command) (seen []ops.Snapshot, lost error) {
	snapshots, failed := make([]ops.Snapshot, len(l.chains)), make([]error, len(l.chains))
	talk := &synced{w: c.ErrOrStderr()}
	var reads sync.WaitGroup
	for i, w := range l.chains {
		reads.Go(func() {
			pool, err := w.dial(c.Context(), talk)
			if err == nil {
				snapshots[i], err = engine.Queue(c.Context(), w.rules, pool)
				pool.Close()
			}
			failed[i] = err
		})
	}
	reads.Wait()
	for i, err := range failed {
		if err == nil {
			seen = append(seen, snapshots[i])
			continue
		}
		lost = errors.Join(lost, fmt.Errorf("%s: %w", l.chains[i].Name, err))
	}
	return seen, lost
}

// ended is how a command ends by the hazards it told of: a breach anywhere beats what is
// not known, and so does a fault of the configuration.
func ended(talk io.Writer, worst ops.Verdict, lost error) error {
	var code exitCode
	switch {
	case errors.As(lost, &code) && code.code == exitConfig:
		return lost
	case worst == ops.Breach:
		if lost != nil {
			_, _ = fmt.Fprintln(talk, safe.Lines("bulkhead: "+lost.Error()))
		}
		return exit(exitBreach, nil)
	case lost != nil || worst == ops.Unknown:
		return exit(exitUnknown, lost)
	}
	return nil
}

// worst is the gravest verdict of some hazards.
func worst(of ops.Verdict, hazards []ops.Hazard) ops.Verdict {
	for _, h := range hazards {
		if h.Verdict == ops.Breach || h.Verdict == ops.Unknown && of == ops.OK {
			of = h.Verdict
		}
	}
	return of
}

func timelockList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "Every timelock and what waits in it, a line each", Args: cobra.NoArgs}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object for each timelock")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		seen, lost := l.queues(c)
		found := ops.OK
		for _, s := range seen {
			for _, t := range s.Timelocks {
				found = worst(found, t.Hazards)
				queue := slices.DeleteFunc(slices.Clone(s.Queue), func(o ops.Operation) bool { return o.Timelock != t.ID })
				for _, o := range queue {
					found = worst(found, o.Hazards)
				}
				if err := timelockTold(c.OutOrStdout(), s, t, queue, *asJSON); err != nil {
					return exit(exitError, err)
				}
			}
		}
		return ended(c.ErrOrStderr(), found, lost)
	}
	return c
}

func timelockTold(out io.Writer, s ops.Snapshot, t ops.Timelock, queue []ops.Operation, asJSON bool) error {
	if asJSON {
		return encoded(out, timelockDocument(s, t, queue))
	}
	lines := []string{ui.TimelockLine(t, s.Chain, queue)}
	for _, o := range queue {
		lines = append(lines, "  "+ui.OperationLine(o))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(out, safe.Text(line)); err != nil {
			return err
		}
	}
	return nil
}

func timelockShow() *cobra.Command {
	c := &cobra.Command{Use: "show OPERATION", Short: "Everything of one operation, by its short id or its hash", Args: cobra.ExactArgs(1)}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object")
	c.RunE = func(c *cobra.Command, args []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		seen, lost := l.queues(c)
		s, o, err := operationOf(seen, args[0])
		if err != nil {
			if lost != nil { // it may be where nobody could look
				return exit(exitUnknown, errors.Join(err, lost))
			}
			return exit(exitUsage, err)
		}
		if *asJSON {
			err = encoded(c.OutOrStdout(), operationDocument(o))
		} else {
			for _, line := range ui.OperationText(o, s.Head) {
				if _, err = fmt.Fprintln(c.OutOrStdout(), safe.Text(line)); err != nil {
					break
				}
			}
		}
		if err != nil {
			return exit(exitError, err)
		}
		return ended(c.ErrOrStderr(), worst(ops.OK, o.Hazards), nil)
	}
	return c
}

// operationOf finds one operation: by its short id, with the dot or without, by the
// beginning of its hash, or by all of it.
func operationOf(seen []ops.Snapshot, name string) (ops.Snapshot, ops.Operation, error) {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("·", "", ".", "", "-", "").Replace(s))
	}
	var known, several []string
	var at ops.Snapshot
	var found ops.Operation
	for _, s := range seen {
		for _, o := range s.Queue {
			known = append(known, o.Short)
			if plain(o.Short) == plain(name) || len(name) >= 6 && strings.HasPrefix(o.ID.Hex(), strings.ToLower(name)) {
				at, found, several = s, o, append(several, o.Short+" on "+s.Chain)
			}
		}
	}
	switch {
	case len(several) == 1:
		return at, found, nil
	case len(several) > 1:
		return at, found, fmt.Errorf("%q may be %s: write the whole hash", name, strings.Join(several, ", "))
	case len(known) == 0:
		return at, found, fmt.Errorf("there is no operation %q: nothing was ever scheduled", name)
	default:
		return at, found, fmt.Errorf("there is no operation %q: there are %s", name, strings.Join(known[:min(len(known), 20)], ", "))
	}
}

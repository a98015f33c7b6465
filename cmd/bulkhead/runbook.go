package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/runbooks"
	"github.com/bulkhead-console/bulkhead/ui"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func runbookCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "runbook",
		Short: "The pre-committed actions: list, show, simulate, run",
		Long: `A runbook is an action tree that was committed beforehand. list and show read the
pack alone; simulate tries it on the newest block, for whatever it answers now, and
sends nothing; run does without a screen what its key does in the console.`,
	}
	c.AddCommand(runbookList(), runbookShow(), runbookSimulate(), runbookRun(), runbookSecond(), runbookPresign())
	return c
}

func runbookList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "Every runbook, a line each", Args: cobra.NoArgs}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object for each runbook")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		for _, w := range l.chains {
			for _, b := range w.rules.Runbooks() {
				if err := listed(c.OutOrStdout(), w, b, *asJSON); err != nil {
					return exit(exitError, err)
				}
			}
		}
		return nil
	}
	return c
}

// runbookJSON is a runbook as `runbook list --json` prints it.
type runbookJSON struct {
	ID      ops.RunbookID    `json:"id"`
	Name    string           `json:"name"`
	Chain   string           `json:"chain"`
	Key     string           `json:"key"`
	Class   ops.BreachClass  `json:"class"`
	Phrase  string           `json:"phrase"`
	Steps   int              `json:"steps"`
	Answers []ops.DetectorID `json:"answers"`
	SHA256  string           `json:"sha256"`
}

func listed(out io.Writer, w watched, b runbooks.Runbook, asJSON bool) error {
	answers := w.rules.Answered(b.ID)
	if asJSON {
		return json.NewEncoder(out).Encode(runbookJSON{b.ID, b.Name, w.Name, b.Key, b.Class, b.Phrase, len(b.Steps), answers, b.Hash.Hex()})
	}
	ids := make([]string, len(answers))
	for i, id := range answers {
		ids[i] = string(id)
	}
	_, err := fmt.Fprintln(out, safe.Text(fmt.Sprintf("%-8s %-24s key %s  %-13s on %s, %d steps, answers %s", b.ID, b.Name, b.Key, b.Class, w.Name, len(b.Steps), strings.Join(ids, " "))))
	return err
}

// find reads the settings and the pack, and finds a runbook by its id or its name.
func find(c *cobra.Command, config, name string) (loaded, watched, runbooks.Runbook, error) {
	l, err := load(config, c.ErrOrStderr())
	if err != nil {
		return l, watched{}, runbooks.Runbook{}, err
	}
	w, b, err := l.which(name)
	return l, w, b, err
}

// which finds a runbook by its id or its name.
func (l loaded) which(name string) (watched, runbooks.Runbook, error) {
	var known []string
	for _, w := range l.chains {
		for _, b := range w.rules.Runbooks() {
			if strings.EqualFold(string(b.ID), name) || b.Name == name {
				return w, b, nil
			}
			known = append(known, string(b.ID)+" "+b.Name)
		}
	}
	return watched{}, runbooks.Runbook{}, exit(exitUsage, fmt.Errorf("no runbook is called %q: there are %s", name, strings.Join(known, ", ")))
}

func runbookShow() *cobra.Command {
	c := &cobra.Command{Use: "show RUNBOOK", Short: "What a runbook does, step by step, as it was committed", Args: cobra.ExactArgs(1)}
	config := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		_, w, b, err := find(c, *config, args[0])
		if err != nil {
			return err
		}
		for _, line := range shownRunbook(w, b) {
			if _, err := fmt.Fprintln(c.OutOrStdout(), safe.Text(line)); err != nil {
				return exit(exitError, err)
			}
		}
		return nil
	}
	return c
}

// shownRunbook is a runbook as it is read aloud.
func shownRunbook(w watched, b runbooks.Runbook) []string {
	out := []string{
		fmt.Sprintf("%s %s, class %s, on chain %s, key %s, phrase %q", b.ID, b.Name, b.Class, w.Name, b.Key, b.Phrase),
		fmt.Sprintf("owner %s, file %s, sha256 %s", b.Owner, b.File, b.Hash.Hex()),
	}
	for _, s := range b.Steps {
		does := "call " + s.Call.Value
		switch {
		case s.Ask != "":
			does = fmt.Sprintf("asks %q and expects %q", s.Ask, s.Expect.Value)
		case s.Control.Value != "":
			does = "control " + s.Control.Value
		}
		out = append(out, fmt.Sprintf("%s %s: %s", s.ID, s.Title, does))
		more := func(label, text string) {
			if text != "" {
				out = append(out, fmt.Sprintf("    %-12s %s", label, text))
			}
		}
		more("when", s.When.Value)
		more("otherwise", s.Otherwise.Value)
		if b.Instead(s.ID) {
			more("only", "in the place of another step")
		}
		var lanes []string
		for _, lane := range s.Lanes {
			l := b.Lanes[lane.Value]
			text := fmt.Sprintf("%s (%s, %s)", lane.Value, l.Kind.Value, l.From.Value)
			if l.Kind.Value == runbooks.KindSafe {
				text = fmt.Sprintf("%s (%s, %s, sent by %s)", lane.Value, l.Kind.Value, l.From.Value, l.Executor.Value)
			}
			lanes = append(lanes, text)
		}
		more("lanes", strings.Join(lanes, ", then "))
		more("stops", fmt.Sprintf("%s (%s)", s.Blast.Stops, s.Blast.Scope.Value))
		if s.Ask == "" {
			more("expect", s.Expect.Value)
		}
		if s.Within > 0 {
			more("within", s.Within.String())
		}
		more("takes", s.Takes.Value)
		more("on failure", s.OnFailure.Value)
	}
	return append(out, fmt.Sprintf("contained when %s has held for %d blocks, with %s in effect", b.Until.Holds.Value, b.Until.Blocks, strings.Join(b.Until.Steps, ", ")))
}

func runbookSimulate() *cobra.Command {
	c := &cobra.Command{
		Use:   "simulate RUNBOOK",
		Short: "Try a runbook on the newest block: 0 it would work, 5 it would not, 6 unknown",
		Args:  cobra.ExactArgs(1),
	}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "the plan as one JSON object")
	c.RunE = func(c *cobra.Command, args []string) error {
		l, w, b, err := find(c, *config, args[0])
		if err != nil {
			return err
		}
		by, err := l.keys(w)
		if err != nil {
			return exit(exitConfig, err)
		}
		pool, err := w.dial(c.Context(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer pool.Close()
		plan, line, err := engine.Simulate(c.Context(), w.rules, pool, by.keys, l.folder(w), b.ID)
		if errors.Is(err, engine.ErrNoRunbook) {
			return exit(exitRefused, err)
		}
		if err != nil {
			return exit(exitUnknown, err)
		}
		return simulated(c.Context(), c.OutOrStdout(), plan, line, *asJSON)
	}
	return c
}

// simulated prints a plan and says by its exit code whether it would work.
func simulated(_ context.Context, out io.Writer, plan ops.Plan, line ops.Readiness, asJSON bool) error {
	var err error
	if asJSON {
		err = json.NewEncoder(out).Encode(struct {
			Plan  ops.Plan `json:"plan"`
			Ready string   `json:"ready"`
			Why   []string `json:"why"`
		}{plan, line.State.String(), line.Why})
	} else {
		_, err = fmt.Fprint(out, ui.PlanText(plan), "ready        ", line.State, "\n")
		for _, why := range slices.Clone(line.Why) {
			_, err = fmt.Fprintln(out, "             "+safe.Text(why))
		}
	}
	switch {
	case err != nil:
		return exit(exitError, err)
	case line.State == ops.ReadyUnknown || !plan.Simulated:
		return exit(exitUnknown, nil)
	case line.State == ops.Dead:
		return exit(exitRefused, nil)
	}
	return nil
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
)

// secondFor is how long a second person's confirmation counts.
const secondFor = 30 * time.Minute

func runbookSecond() *cobra.Command {
	c := &cobra.Command{
		Use:   "second RUNBOOK",
		Short: "Confirm, beside whoever runs it, the plan of a runbook that asks for two people",
		Long: `Tries the runbook on the newest block, shows the plan, takes its phrase and signs
its digest with the operator's own key of config.yaml. The file that comes of it is
for the console of whoever runs it: it lies there in the folder seconds, beside the
journal, and counts for half an hour.`,
		Args: cobra.ExactArgs(1),
	}
	config := configFlag(c)
	out := c.Flags().String("out", "", "where the confirmation is written (default: the folder seconds beside the journal)")
	c.RunE = func(c *cobra.Command, args []string) error {
		l, w, b, err := find(c, *config, args[0])
		if err != nil {
			return err
		}
		by, err := l.keys(w)
		if err != nil {
			return exit(exitConfig, err)
		}
		if by.own.Store == nil || by.own.Password == nil {
			return exit(exitConfig, errors.New("nothing was signed: name your own key in config.yaml, with a reference to its password: operator: {name: …, key: …}"))
		}
		pool, err := w.dial(c.Context(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer pool.Close()
		plan, _, err := engine.Simulate(c.Context(), w.rules, pool, by.keys, l.folder(w), b.ID)
		if err != nil {
			return exit(exitRefused, err)
		}
		_, _ = fmt.Fprint(c.ErrOrStderr(), ui.PlanText(plan))
		p := person{in: bufio.NewScanner(c.InOrStdin()), talk: c.ErrOrStderr()}
		if phrase, err := p.ask(fmt.Sprintf("To confirm it beside whoever runs it, type  %s  then enter.\n> ", plan.Phrase)); err != nil || phrase != plan.Phrase {
			return exit(exitRefused, errors.Join(errors.New("cancelled: nothing was signed"), err))
		}
		now := time.Now().UTC().Truncate(time.Second)
		s := engine.Second{
			Runbook: b.ID, Plan: plan.Digest, Chain: plan.ChainID, Root: w.rules.Pack().Root(), Address: by.own.Store.Address(), At: now, Until: now.Add(secondFor),
		}
		if err := s.Sign(by.own); err != nil {
			return exit(exitRefused, err)
		}
		path := *out
		if path == "" {
			path = filepath.Join(l.folder(w), engine.SecondsFolder, fmt.Sprintf("%s-%s.json", b.ID, s.Address.Hex()))
		}
		return keepSecond(path, s)
	}
	return c
}

// keepSecond writes a confirmation as one file.
func keepSecond(path string, s engine.Second) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, append(b, '\n'), 0o600)
	}
	if err != nil {
		return exit(exitError, fmt.Errorf("the confirmation was not kept: %w", err))
	}
	return nil
}

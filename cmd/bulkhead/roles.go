package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func rolesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "roles",
		Short: "Who may do what now, as a baseline to be reviewed and signed",
		Long: `Prints who holds which rights on the contracts that the policy's detectors of kind
authorization watch, at the newest block, as the document that they take as a baseline.
It says what is, not what should be: read each line before you sign it. Write it beside
the baseline in use and not over it: that one is read too, and a shell empties it first.
Exits with 6 where something could not be known, and says what.`,
		Args: cobra.NoArgs,
	}
	config := configFlag(c)
	chain := c.Flags().String("chain", "", "one of several chains")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		chains, err := l.shown(*chain)
		if err != nil {
			return err
		}
		var unclear []string
		var b strings.Builder
		b.WriteString("version: 1\nholds:\n")
		for _, w := range chains {
			pool, err := w.dial(c.Context(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			at, facts, doubts, err := engine.Rights(c.Context(), w.rules, pool)
			pool.Close()
			if err != nil {
				return exit(exitUnknown, err)
			}
			fmt.Fprintf(&b, "  # %s at #%d %s\n", w.Name, at.Number, at.Hash)
			b.WriteString(authorization.Document(facts))
			unclear = append(unclear, doubts...)
		}
		if _, err := fmt.Fprint(c.OutOrStdout(), safe.Lines(b.String())); err != nil {
			return exit(exitError, err)
		}
		if len(unclear) > 0 {
			return exit(exitUnknown, errors.New("not known: "+strings.Join(unclear, "; ")))
		}
		return nil
	}
	return c
}

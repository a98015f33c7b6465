package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	multisig "github.com/bulkhead-console/bulkhead/ops/safe"

	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

func safeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "safe",
		Short: "What the owners of a Safe sign for a runbook: show, sign, add, list",
		Long: `A runbook's lane of the kind safe is sent with the signatures of the Safe's owners.
They are collected here in files beside the journal, without any service: each owner
shows what is to be signed, compares the hash with the wallet's, and signs. Nothing of
this sends anything.`,
	}
	c.AddCommand(safeShow(), safeSign(), safeAdd(), safeList())
	return c
}

// safeFlags say which call of a runbook is meant, and under which of the Safe's nonces.
type safeFlags struct {
	config, step, nonce string
}

func (f *safeFlags) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.config, "config", "c", "config.yaml", "the settings of this console")
	c.Flags().StringVar(&f.step, "step", "", "the step's id; every step of the runbook that a Safe makes without it")
	c.Flags().StringVar(&f.nonce, "nonce", "current", "the Safe's nonce: a number, or its next; further steps take those after it")
}

// drafts are what a Safe's owners sign for a runbook, with where it is kept.
type drafts struct {
	loaded
	watched
	book runbooks.Runbook
	all  []engine.SafeDraft
}

func (f safeFlags) drafts(ctx context.Context, c *cobra.Command, runbook string) (d drafts, err error) {
	var nonce *uint64
	if f.nonce != "current" {
		n, err := strconv.ParseUint(f.nonce, 10, 64)
		if err != nil {
			return d, exit(exitUsage, fmt.Errorf("--nonce %s: a number, or current", f.nonce))
		}
		nonce = &n
	}
	if d.loaded, err = load(f.config, c.ErrOrStderr()); err != nil {
		return d, err
	}
	if d.watched, d.book, err = d.which(runbook); err != nil {
		return d, err
	}
	pool, err := d.dial(ctx, c.ErrOrStderr())
	if err != nil {
		return d, err
	}
	defer pool.Close()
	d.all, err = d.rules.SafeDrafts(ctx, pool, d.beside(), d.book.ID, f.step, nonce)
	switch {
	case errors.Is(err, engine.ErrNoSafe), errors.Is(err, engine.ErrNoRunbook), errors.Is(err, engine.ErrHash), errors.Is(err, multisig.ErrVersion):
		return d, exit(exitRefused, err)
	case err != nil:
		return d, exit(exitUnknown, err)
	}
	return d, nil
}

// beside is the folder of the chain's journal.
func (d drafts) beside() string { return d.folder(d.watched) }

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/spf13/cobra"

	multisig "github.com/bulkhead-console/bulkhead/ops/safe"

	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/sign"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func safeSign() *cobra.Command {
	var f safeFlags
	c := &cobra.Command{
		Use:   "sign RUNBOOK --key NAME",
		Short: "Sign a runbook's call as an owner of its Safe, after it was simulated",
		Long: `Tries the call from the Safe on the newest block, shows what is signed, signs it with a
keystore of the settings, and keeps the signature in the folder safe beside the
journal. Nothing is sent. Whoever has enough such files can send the call while the
Safe's nonce is the one that was signed: copy them only where that is meant.`,
		Args: cobra.ExactArgs(1),
	}
	f.add(c)
	name := c.Flags().String("key", "", "a keystore that the settings name; its account must be an owner")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *name == "" {
			return exit(exitUsage, errors.New("name --key: whose signature it is"))
		}
		d, err := f.drafts(c.Context(), c, args[0])
		if err != nil {
			return err
		}
		return d.sign(c, *name)
	}
	return c
}

func (d drafts) sign(c *cobra.Command, name string) error {
	named, ok := d.settings.Key(name)
	if !ok || named.Keystore == "" {
		return exit(exitConfig, fmt.Errorf("the settings name no keystore %q under keys", name))
	}
	store, err := sign.OpenKeystore(named.Keystore, d.rules.ChainID)
	if err != nil {
		return exit(exitConfig, err)
	}
	for _, s := range d.all {
		_, _ = io.WriteString(c.ErrOrStderr(), safe.Lines(d.text(s)))
		switch {
		case !slices.Contains(s.State.Owners, store.Address()):
			return exit(exitRefused, fmt.Errorf("nothing was signed: %s is no owner of the Safe %s", store.Address().Hex(), s.Tx.Safe.Hex()))
		case s.Reverts != "":
			return exit(exitRefused, fmt.Errorf("nothing was signed: %s REVERTS today: %s", s.Step.ID, s.Reverts))
		}
	}
	password, err := passwordOf(c, named)
	if err != nil {
		return exit(exitRefused, err)
	}
	if err := store.Unlock(password); err != nil {
		return exit(exitRefused, err)
	}
	defer store.Lock()
	for _, s := range d.all {
		signature, err := store.SignSafe(s.Tx)
		if err != nil {
			return exit(exitRefused, err)
		}
		if err := d.keep(c, s, signature); err != nil {
			return err
		}
	}
	return nil
}

// keep writes a signature beside the journal, and says how many there are now.
func (d drafts) keep(c *cobra.Command, s engine.SafeDraft, signature multisig.Signature) error {
	path, err := engine.Keep(d.beside(), multisig.Kept{Transaction: s.Tx, Signature: signature})
	if err != nil {
		return exit(exitError, err)
	}
	all := []multisig.Signature{signature}
	all = append(all, s.Count.Signed...)
	count := s.State.CountOf(s.Tx.Hash(), all)
	text := fmt.Sprintf("%s nonce %d %s by %s: %s; kept in %s\n", s.Step.ID, s.Tx.Nonce, s.Tx.Hash().Hex(), d.rules.Owner(signature.Owner), count.Says(d.rules.Owner), path)
	if _, err := io.WriteString(c.OutOrStdout(), safe.Lines(text)); err != nil {
		return exit(exitError, err)
	}
	return nil
}

func safeAdd() *cobra.Command {
	var f safeFlags
	c := &cobra.Command{
		Use:   "add RUNBOOK --signature 0x…",
		Short: "Take in a signature that a hardware wallet or another console made",
		Long: `Verifies the signature against the call and the Safe's owners of now, and keeps it in
the folder safe beside the journal. What was signed as a message (eth_sign) is
understood; a contract's signature (EIP-1271) and a hash approved on chain are not
taken from a file.`,
		Args: cobra.ExactArgs(1),
	}
	f.add(c)
	text := c.Flags().String("signature", "", "0x and 130 digits")
	c.RunE = func(c *cobra.Command, args []string) error {
		raw, err := hexutil.Decode(*text)
		if err != nil || len(raw) > multisig.KeptSize {
			return exit(exitUsage, errors.New("--signature is 0x and 130 hexadecimal digits"))
		}
		d, err := f.drafts(c.Context(), c, args[0])
		if err != nil {
			return err
		}
		var why error
		for _, s := range d.all {
			signature, err := multisig.Of(s.State.Owners, s.Tx.Hash(), raw)
			if err == nil {
				return d.keep(c, s, signature)
			}
			why = fmt.Errorf("it was not kept: under %s nonce %d, hash %s: %w", s.Step.ID, s.Tx.Nonce, s.Tx.Hash().Hex(), err)
		}
		return exit(exitRefused, why)
	}
	return c
}

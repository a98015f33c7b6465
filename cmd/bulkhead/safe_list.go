package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	multisig "github.com/bulkhead-console/bulkhead/ops/safe"

	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func safeList() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "Every set of signatures by the Safe's nonce: what is alive, and what the next transaction would void",
		Args:  cobra.NoArgs,
	}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object for each set")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		blind := false
		for _, w := range l.chains {
			pool, err := w.dial(c.Context(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			lines, at, err := w.rules.Safes(c.Context(), pool, l.folder(w))
			pool.Close()
			if err != nil {
				return exit(exitUnknown, err)
			}
			for _, line := range lines {
				blind = blind || line.Err != nil
				if err := printSafe(c.OutOrStdout(), w, line, at.Number, *asJSON); err != nil {
					return exit(exitError, err)
				}
			}
		}
		if blind {
			return exit(exitUnknown, nil)
		}
		return nil
	}
	return c
}

// setJSON is a set of signatures as `safe list --json` prints it.
type setJSON struct {
	Chain     string         `json:"chain"`
	Safe      common.Address `json:"safe"`
	Current   uint64         `json:"current_nonce"`
	Nonce     uint64         `json:"nonce"`
	Hash      common.Hash    `json:"safe_tx_hash"`
	Call      string         `json:"call"`
	Worth     string         `json:"worth"`
	Signed    int            `json:"signed"`
	Threshold uint64         `json:"threshold"`
	Alive     bool           `json:"alive"`
	Err       string         `json:"error,omitempty"`
}

func printSafe(out io.Writer, w watched, line engine.SafeLine, at uint64, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(out)
		if line.Err != nil {
			return encoder.Encode(setJSON{Chain: w.Name, Safe: line.Address, Err: line.Err.Error()})
		}
		for _, s := range line.Sets {
			err := encoder.Encode(setJSON{
				Chain: w.Name, Safe: line.Address, Current: line.State.Nonce, Nonce: s.Nonce, Hash: s.Hash(), Call: call(line, s), Worth: s.Worth.String(),
				Signed: len(s.Signed), Threshold: s.Threshold, Alive: s.Alive(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	_, err := io.WriteString(out, safe.Lines(safeText(w, line, at)))
	return err
}

// call is what a set's transaction does, in the runbooks' words where they have some.
func call(line engine.SafeLine, s multisig.Set) string {
	if known, ok := line.Calls[s.Hash()]; ok {
		return known
	}
	return fmt.Sprintf("no runbook's call: %s %#.10x", s.To.Hex(), s.Data)
}

func safeText(w watched, line engine.SafeLine, at uint64) string {
	var out strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&out, format+"\n", args...) } // to memory
	if line.Err != nil {
		say("%s on %s: UNKNOWN %s", line.Address.Hex(), w.Name, line.Err)
		return out.String()
	}
	s := line.State
	say("%s on %s, version %s, nonce %d at #%d, %d of %d owners sign", line.Address.Hex(), w.Name, s.Version, s.Nonce, at, s.Threshold, len(s.Owners))
	for _, set := range line.Sets {
		state := "ALIVE"
		switch {
		case set.Worth == multisig.Void:
			state = "VOID: the nonce is used"
		case !set.Enough():
			state = "SHORT"
		case set.Worth == multisig.Waits:
			state = fmt.Sprintf("ALIVE, waits until %d more are sent", set.Nonce-s.Nonce)
		}
		say("  nonce %-4d %s  %s  %s", set.Nonce, call(line, set), state, set.Says(w.rules.Owner))
	}
	if len(line.Sets) == 0 {
		say("  nothing was signed: bulkhead safe sign RUNBOOK --key NAME")
		return out.String()
	}
	lost := 0
	for _, set := range s.Voided(line.Sets) {
		lost++
		say("  A routine transaction that takes nonce %d voids %s (%d signatures): sign it anew under a later nonce first", s.Nonce, call(line, set), len(set.Signed))
	}
	if lost == 0 {
		say("  A routine transaction that takes nonce %d voids nothing", s.Nonce)
	}
	return out.String()
}

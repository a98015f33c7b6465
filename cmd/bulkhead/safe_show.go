package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func safeShow() *cobra.Command {
	var f safeFlags
	c := &cobra.Command{
		Use:   "show RUNBOOK",
		Short: "What the owners of a Safe sign, field by field, who has signed and who still can",
		Long: `Computes the hashes offline, holds them against the Safe's own word, tries the call on
the newest block and says who has signed. With --typed-data it prints the EIP-712 data
of the one step alone, for a hardware or another wallet.`,
		Args: cobra.ExactArgs(1),
	}
	f.add(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object for each step")
	typed := c.Flags().Bool("typed-data", false, "the EIP-712 data alone, as eth_signTypedData_v4 takes it")
	c.RunE = func(c *cobra.Command, args []string) error {
		d, err := f.drafts(c.Context(), c, args[0])
		if err != nil {
			return err
		}
		if *typed && len(d.all) != 1 {
			return exit(exitUsage, fmt.Errorf("%s has %d steps that a Safe makes: name one with --step", d.book.ID, len(d.all)))
		}
		for _, draft := range d.all {
			switch {
			case *typed:
				var data []byte
				if data, err = draft.Tx.JSON(); err == nil {
					_, err = fmt.Fprintln(c.OutOrStdout(), string(data))
				}
			case *asJSON:
				err = json.NewEncoder(c.OutOrStdout()).Encode(d.json(draft))
			default:
				_, err = io.WriteString(c.OutOrStdout(), safe.Lines(d.text(draft)))
			}
			if err != nil {
				return exit(exitError, err)
			}
		}
		return nil
	}
	return c
}

// safeJSON is a draft as `safe show --json` prints it.
type safeJSON struct {
	Runbook   string           `json:"runbook"`
	Step      string           `json:"step"`
	Call      string           `json:"call"`
	Chain     uint64           `json:"chain_id"`
	Safe      common.Address   `json:"safe"`
	Version   string           `json:"version"`
	To        common.Address   `json:"to"`
	Data      string           `json:"data"`
	Nonce     uint64           `json:"nonce"`
	Current   uint64           `json:"current_nonce"`
	Domain    common.Hash      `json:"domain_hash"`
	Message   common.Hash      `json:"message_hash"`
	Hash      common.Hash      `json:"safe_tx_hash"`
	Threshold uint64           `json:"threshold"`
	Signed    []common.Address `json:"signed"`
	Missing   []common.Address `json:"can_still_sign"`
	Strangers []common.Address `json:"do_not_count"`
	Enough    bool             `json:"enough"`
	Reverts   string           `json:"reverts,omitempty"`
	Doubts    []string         `json:"doubts"`
}

func (d drafts) json(s engine.SafeDraft) safeJSON {
	signed := make([]common.Address, 0, len(s.Count.Signed))
	for _, sig := range s.Count.Signed {
		signed = append(signed, sig.Owner)
	}
	return safeJSON{
		Runbook: string(d.book.ID), Step: s.Step.ID, Call: s.Step.Call.Function, Chain: uint64(s.Tx.Chain), Safe: s.Tx.Safe, Version: s.State.Version, To: s.Tx.To,
		Data: fmt.Sprintf("%#x", s.Tx.Data), Nonce: s.Tx.Nonce, Current: s.State.Nonce, Domain: s.Tx.Domain(), Message: s.Tx.Message(), Hash: s.Tx.Hash(),
		Threshold: s.State.Threshold, Signed: signed, Missing: append([]common.Address{}, s.Count.Missing...), Strangers: append([]common.Address{}, s.Count.Strangers...),
		Enough: s.Count.Enough(), Reverts: s.Reverts, Doubts: append([]string{}, s.Doubts...),
	}
}

// text is a draft as it is read aloud beside a wallet.
func (d drafts) text(s engine.SafeDraft) string {
	var out strings.Builder
	line := func(label, format string, args ...any) {
		_, _ = fmt.Fprintf(&out, "  %-12s %s\n", label, fmt.Sprintf(format, args...)) // to memory
	}
	_, _ = fmt.Fprintf(&out, "%s %s  %s, by lane %s\n", d.book.ID, s.Step.ID, s.Step.Title, s.Lane)
	line("safe", "%s, version %s, at #%d", s.Tx.Safe.Hex(), s.State.Version, s.At.Number)
	line("chain", "%s %d", d.rules.Chain, s.Tx.Chain)
	line("to", "%s  %s", s.Tx.To.Hex(), s.Step.Call.Name)
	line("call", "%s", s.Step.Call.Function)
	line("data", "%#x", s.Tx.Data)
	line("value", "%s wei", s.Step.Call.Value)
	line("operation", "0, a plain call; never a delegatecall")
	line("refund", "none: safeTxGas, baseGas, gasPrice, gasToken and refundReceiver are 0")
	switch s.Tx.Nonce {
	case s.State.Nonce:
		line("nonce", "%d, the Safe's next", s.Tx.Nonce)
	default:
		line("nonce", "%d; the Safe is at %d: it can be sent when those before it are used", s.Tx.Nonce, s.State.Nonce)
	}
	line("domain hash", "%s", s.Tx.Domain().Hex())
	line("message hash", "%s", s.Tx.Message().Hex())
	line("safeTxHash", "%s", s.Tx.Hash().Hex())
	line("", "the Safe's getTransactionHash says the same; compare it with the wallet's, digit by digit")
	line("simulated", "%s", simulatedAs(s))
	line("signatures", "%s", s.Count.Says(d.rules.Owner))
	for _, sig := range s.Count.Signed {
		line("  signed", "%s %s, %s", sig.Owner.Hex(), d.rules.Owner(sig.Owner), sig.How())
	}
	for _, a := range s.Count.Missing {
		line("  can sign", "%s %s", a.Hex(), d.rules.Owner(a))
	}
	line("singleton", "%s", s.State.Singleton.Hex())
	for _, doubt := range s.Doubts {
		line("WARNING", "%s", doubt)
	}
	return out.String()
}

func simulatedAs(s engine.SafeDraft) string {
	if s.Reverts != "" {
		return "REVERTS " + s.Reverts
	}
	return fmt.Sprintf("from the Safe at #%d: it succeeds", s.At.Number)
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Judge one block and exit: 0 ok, 4 breach, 6 unknown",
		Args:  cobra.NoArgs,
	}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object on standard output")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		pool, err := l.dial(c.Context(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer pool.Close()
		snapshot, err := engine.Check(c.Context(), l.rules, pool)
		if err != nil {
			return exit(exitUnknown, err)
		}
		if err := report(c.OutOrStdout(), snapshot, *asJSON); err != nil {
			return exit(exitError, err)
		}
		return verdict(snapshot.Findings)
	}
	return c
}

// verdict is the exit code of findings: breach beats unknown, whatever the
// severity.
func verdict(findings []ops.Finding) error {
	code := exitOK
	for _, f := range findings {
		switch f.Verdict {
		case ops.Breach:
			return exit(exitBreach, nil)
		case ops.Unknown:
			code = exitUnknown
		}
	}
	if code == exitOK {
		return nil
	}
	return exit(code, nil)
}

// findingJSON is one finding as `check --json` prints it. Observed and threshold
// are exact: integers, fractions, words or hex.
type findingJSON struct {
	ID        ops.DetectorID  `json:"id"`
	Class     ops.BreachClass `json:"class"`
	Severity  ops.Severity    `json:"severity"`
	Owner     string          `json:"owner"`
	Verdict   ops.Verdict     `json:"verdict"`
	Observed  string          `json:"observed"`
	Threshold string          `json:"threshold"`
	Source    string          `json:"source"`
	Why       string          `json:"why"`
	Action    ops.RunbookID   `json:"action"`
	Block     uint64          `json:"block"`
}

type checkJSON struct {
	At struct {
		Chain  ops.ChainID `json:"chain_id"`
		Number uint64      `json:"number"`
		Hash   common.Hash `json:"hash"`
		Time   time.Time   `json:"time"`
	} `json:"at"`
	Policy   string        `json:"policy"`
	Findings []findingJSON `json:"findings"`
}

func report(out io.Writer, s ops.Snapshot, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprint(out, ui.Plain(s))
		return err
	}
	doc := checkJSON{Policy: s.PolicyHash.Hex(), Findings: []findingJSON{}}
	doc.At.Chain, doc.At.Number, doc.At.Hash, doc.At.Time = s.ChainID, s.Head.Number, s.Head.Hash, s.Head.Time
	for _, f := range s.Findings {
		doc.Findings = append(doc.Findings, findingJSON{
			ID: f.Detector, Class: f.Class, Severity: f.Severity, Owner: f.Owner, Verdict: f.Verdict, Observed: f.Observed.Exact,
			Threshold: f.Threshold.Exact, Source: f.Source, Why: f.Why, Action: f.Action, Block: f.At.Number,
		})
	}
	return json.NewEncoder(out).Encode(doc)
}

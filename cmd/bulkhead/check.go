package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
	"github.com/bulkhead-console/bulkhead/ui/safe"
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
		return checkAll(c, l, *asJSON)
	}
	return c
}

// checkAll judges every chain, at once. One that is dead hides no other: a breach
// anywhere beats it.
func checkAll(c *cobra.Command, l loaded, asJSON bool) error {
	snapshots, failed := make([]ops.Snapshot, len(l.chains)), make([]error, len(l.chains))
	hear := make([]func([]ops.Side) ops.Snapshot, len(l.chains))
	var checks sync.WaitGroup
	talk := &synced{w: c.ErrOrStderr()}
	for i, w := range l.chains {
		checks.Go(func() { snapshots[i], hear[i], failed[i] = checkOne(c.Context(), w, talk) })
	}
	checks.Wait()
	var findings []ops.Finding
	var unknown error
	across := l.across()
	for i, err := range failed {
		if err == nil {
			across.See(snapshots[i])
		} else {
			across.Lose(l.chains[i].Name, err.Error())
		}
	}
	for i, err := range failed {
		var code exitCode
		switch {
		case err == nil:
			snapshots[i] = hear[i](across.Elsewhere(l.chains[i].Name))
			findings = append(findings, snapshots[i].Findings...)
			if err := report(c.OutOrStdout(), snapshots[i], asJSON); err != nil {
				return exit(exitError, err)
			}
		case errors.As(err, &code) && code.code != exitUnknown:
			return err
		default:
			unknown = errors.Join(unknown, err)
		}
	}
	findings = append(findings, across.Findings()...)
	if err := reportAcross(c.OutOrStdout(), across.Findings(), asJSON); err != nil {
		return exit(exitError, err)
	}
	judged := verdict(findings)
	if unknown == nil {
		return judged
	}
	if worst := new(exitCode); errors.As(judged, worst) && worst.code == exitBreach {
		_, _ = fmt.Fprintln(talk, safe.Lines("bulkhead: "+unknown.Error()))
		return judged
	}
	return exit(exitUnknown, unknown)
}

func checkOne(ctx context.Context, w watched, talk io.Writer) (ops.Snapshot, func([]ops.Side) ops.Snapshot, error) {
	pool, err := w.dial(ctx, talk)
	if err != nil {
		return ops.Snapshot{}, nil, err
	}
	defer pool.Close()
	snapshot, hear, err := engine.CheckBeside(ctx, w.rules, pool)
	if err != nil {
		return snapshot, nil, exit(exitUnknown, err)
	}
	return snapshot, hear, nil
}

// synced is a writer for several goroutines.
type synced struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (s *synced) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
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
	doc.Findings = append(doc.Findings, asFindings(s.Findings)...)
	return json.NewEncoder(out).Encode(doc)
}

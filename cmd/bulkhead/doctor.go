package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "What each provider can do: latency, limits, how far back, clock; exit 6 if too few can be used",
		Args:  cobra.NoArgs,
	}
	config := configFlag(c)
	asJSON := c.Flags().Bool("json", false, "one JSON object on standard output")
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		reports, short := make([][]chain.Report, len(l.chains)), make([]error, len(l.chains))
		var probes sync.WaitGroup
		for i, w := range l.chains {
			probes.Go(func() { reports[i], short[i] = probeAll(c.Context(), w) })
		}
		probes.Wait()
		if err := examine(c.OutOrStdout(), slices.Concat(reports...), *asJSON); err != nil {
			return exit(exitError, err)
		}
		if err := errors.Join(short...); err != nil {
			return exit(exitUnknown, err)
		}
		return nil
	}
	return c
}

// probeAll asks every provider of a chain what it can do, and says when too few can
// be used.
func probeAll(ctx context.Context, w watched) ([]chain.Report, error) {
	clients, err := w.clients(ctx)
	if err != nil {
		return nil, err
	}
	pool := chain.NewPool(w.Quorum, clients...)
	defer pool.Close()
	reports := make([]chain.Report, len(clients))
	var probes sync.WaitGroup
	for i, client := range clients {
		probes.Go(func() {
			reports[i] = client.Probe(ctx)
			reports[i].Name = w.Name + " " + reports[i].Name
		})
	}
	probes.Wait()
	usable := 0
	for _, r := range reports {
		if r.Err == "" {
			usable++
		}
	}
	if usable < pool.Quorum() {
		return reports, fmt.Errorf("chain %s: %d of %d providers can be used, and %d have to say the same", w.Name, usable, len(reports), pool.Quorum())
	}
	return reports, nil
}

// reportJSON is one provider as `doctor --json` prints it. Times are in
// milliseconds, gas in units, the rest counts what its name says. Sizes are what
// was tried and accepted; more may be.
type reportJSON struct {
	Name       string   `json:"name"`
	Error      string   `json:"error,omitempty"`
	Heads      string   `json:"heads"`
	Head       uint64   `json:"head"`
	HeadAgeMS  int64    `json:"head_age_ms"`
	LatencyMS  float64  `json:"latency_ms"`
	SkewMS     *int64   `json:"clock_skew_ms"`
	Reads      string   `json:"reads_by"`
	CallGas    uint64   `json:"call_gas"`
	Batch      int      `json:"batch_calls"`
	Body       int      `json:"body_bytes"`
	LogBlocks  uint64   `json:"log_blocks"`
	StateDepth uint64   `json:"state_blocks_back"`
	Archive    bool     `json:"archive"`
	Simulation bool     `json:"simulation"`
	Proofs     bool     `json:"proofs"`
	Mempool    string   `json:"mempool"`
	Warnings   []string `json:"warnings"`
}

func examine(out io.Writer, reports []chain.Report, asJSON bool) error {
	var docs []reportJSON
	for _, r := range reports {
		doc := reportJSON{
			Name: r.Name, Error: r.Err, Heads: r.Heads, Head: r.Head.Number, HeadAgeMS: r.Age.Milliseconds(),
			LatencyMS: float64(r.Latency.Microseconds()) / 1000, Reads: r.Means.String(), CallGas: r.Gas, Batch: r.Batch, Body: r.Body,
			LogBlocks: r.Logs, StateDepth: r.State, Archive: r.Oldest, Simulation: r.Trials, Proofs: r.Proofs, Mempool: r.Mempool, Warnings: warnings(r),
		}
		if r.Clock {
			skew := r.Skew.Milliseconds()
			doc.SkewMS = &skew
		}
		docs = append(docs, doc)
	}
	if asJSON {
		return json.NewEncoder(out).Encode(map[string]any{"providers": docs})
	}
	var errs []error
	for i, r := range reports {
		_, err := io.WriteString(out, safe.Lines(inWords(r, docs[i])))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// mostSkew is how far two clocks may be apart before it is said: deadlines and
// countdowns are then not what they seem.
const mostSkew = 15 * time.Second

// warnings say what an incident commander will miss with this provider.
func warnings(r chain.Report) []string {
	out := []string{}
	say := func(when bool, format string, args ...any) {
		if when && r.Err == "" {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(r.Heads != "subscription", "heads: %s", r.Heads)
	say(r.Means != chain.ByOverride, "it applies no state overrides: blocks are read by %s, in more requests", r.Means)
	say(!r.Trials, "it cannot simulate: actions will be NOT SIMULATED")
	say(r.State < 64 && !r.Oldest, "state can be read %d blocks back: after a longer interruption blocks stay UNKNOWN", r.State)
	say(r.Logs < 10_000, "logs come %d blocks at a time: the start takes longer", r.Logs)
	say(r.Clock && r.Skew.Abs() > mostSkew, "its clock is %s off this machine's: one of the two is wrong", r.Skew)
	return out
}

func inWords(r chain.Report, doc reportJSON) string {
	if r.Err != "" {
		return fmt.Sprintf("%s  ✖ cannot be used: %s\n", r.Name, r.Err)
	}
	yes := map[bool]string{true: "yes", false: "no"}
	depth := fmt.Sprintf("%d blocks back", r.State)
	if r.Oldest {
		depth = "to the first block"
	}
	skew := "not said"
	if r.Clock {
		skew = r.Skew.String() + " apart"
	}
	text := fmt.Sprintf(`%s
  head        #%d, %s old, by %s
  latency     %.1f ms
  clock       %s
  reads       by %s, %d gas a call, %d calls and %d bytes a request
  logs        %d blocks a query
  state       %s
  simulation  %s
  proofs      %s
  mempool     %s
`, r.Name, r.Head.Number, r.Age, r.Heads, doc.LatencyMS, skew, r.Means, r.Gas, r.Batch, r.Body, r.Logs, depth, yes[r.Trials], yes[r.Proofs], r.Mempool)
	for _, w := range doc.Warnings {
		text += "  ! " + w + "\n"
	}
	return text
}

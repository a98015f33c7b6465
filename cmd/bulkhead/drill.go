package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
	"github.com/bulkhead-console/bulkhead/ui"
)

// drillFlags are the flags of the drill.
type drillFlags struct {
	seed      uint64
	scenario  string
	broken    string
	list      bool
	speed     float64
	folder    string
	headless  bool
	responder string
	json      bool
	serve     bool
	plain     bool
	coach     bool
	theme     string
}

func drillCommand() *cobra.Command {
	var f drillFlags
	c := &cobra.Command{
		Use:   "drill",
		Short: "Rehearse an incident: a real chain in the process, real contracts, a real breach",
		Long: `Starts an embedded chain with an upgraded vault in its canary window and opens
the console on it. Within 45 seconds the vault is being drained; the coach line
says which key comes next. Nothing leaves this machine.

--scenario plays another breach, and --broken spoils its answer beforehand: --list
names both.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runDrill(c, f) },
	}
	flags := c.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "the same seed plays the same run")
	flags.StringVar(&f.scenario, "scenario", "", "which breach (default vault-insolvency)")
	flags.StringVar(&f.broken, "broken", "", "what is wrong with the answer before the breach: dust, nonce, target or expired")
	flags.BoolVar(&f.list, "list", false, "the scenarios, and no drill")
	flags.Float64Var(&f.speed, "speed", 0, "blocks a second (default 1 with a screen, as fast as it can headless)")
	flags.StringVar(&f.folder, "folder", "", "where pack, key and journal are written (default: a new one for each drill)")
	flags.BoolVar(&f.headless, "headless", false, "no screen")
	flags.StringVar(&f.responder, "responder", string(rehearsal.Auto), "who answers without a screen: auto or none")
	flags.BoolVar(&f.json, "json", false, "the result as one JSON object on standard output")
	flags.BoolVar(&f.serve, "serve", false, "only the chain, with a ready config.yaml for console, check and other programs")
	flags.BoolVar(&f.plain, "plain", false, "lines instead of a screen")
	flags.BoolVar(&f.coach, "coach", true, "the line that says which key comes next")
	flags.StringVar(&f.theme, "theme", "auto", "auto, dark or light")
	return c
}

func runDrill(c *cobra.Command, f drillFlags) error {
	if f.list {
		return listScenarios(c.OutOrStdout(), f.json)
	}
	if f.serve && f.headless {
		return exit(exitUsage, errors.New("--serve has no responder: leave out --headless"))
	}
	if f.speed != 0 && (math.IsNaN(f.speed) || f.speed < 0.01 || f.speed > 1000) {
		return exit(exitUsage, errors.New("--speed is a number of blocks a second, from 0.01 to 1000"))
	}
	if r := rehearsal.Responder(f.responder); r != rehearsal.Auto && r != rehearsal.None {
		return exit(exitUsage, fmt.Errorf("--responder is auto or none, not %q", f.responder))
	}
	if f.folder == "" {
		f.folder = filepath.Join(xdg.StateHome, "bulkhead", "drills", time.Now().UTC().Format("20060102-150405.000"))
	}
	run, err := rehearsal.Start(c.Context(), rehearsal.Options{
		Seed: f.seed, Scenario: f.scenario, Broken: drill.Broken(f.broken),
		Folder: f.folder, Interval: f.interval(), Runbooks: runbooks.Embedded, Operator: f.operator(),
	})
	if errors.Is(err, drill.ErrScenario) {
		return exit(exitUsage, err)
	}
	if err != nil {
		return exit(exitError, err)
	}
	switch {
	case f.serve:
		err = serve(c.Context(), run, c.OutOrStdout(), c.ErrOrStderr())
	case f.headless:
		err = headless(c.Context(), run, f, c.OutOrStdout())
	default:
		err = rehearse(c, run, f)
	}
	if closing := run.Close(); err == nil && closing != nil {
		return exit(exitError, closing)
	}
	return err
}

// interval is the pace: one block a second where nothing else is said and
// somebody watches.
func (f drillFlags) interval() time.Duration {
	speed := f.speed
	if speed == 0 {
		if f.headless {
			return 0
		}
		speed = 1
	}
	return time.Duration(float64(time.Second) / speed)
}

// operator is who sits at a drill; with no screen nobody does, and the answers are
// the responder's.
func (f drillFlags) operator() ops.Operator {
	if f.headless {
		return ops.Operator{Name: "responder", Role: "commander"}
	}
	name := os.Getenv("USER")
	if name == "" {
		name = "you"
	}
	return ops.Operator{Name: name, Role: "commander"}
}

func headless(ctx context.Context, run *rehearsal.Run, f drillFlags, out io.Writer) error {
	h, err := run.Headless(ctx, rehearsal.Responder(f.responder))
	if err != nil {
		return exit(exitError, err)
	}
	return conclude(out, h, f.json)
}

// conclude prints the result and ends with 0 when the breach was contained, 7
// when the answer failed, 4 when there was none.
func conclude(out io.Writer, h ops.Hotwash, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(out).Encode(resultOf(h)); err != nil {
			return exit(exitError, err)
		}
	} else if _, err := fmt.Fprint(out, ui.Hotwash(h)); err != nil {
		return exit(exitError, err)
	}
	switch {
	case h.Contained:
		return nil
	case h.Failed:
		return exit(exitFailed, nil)
	default:
		return exit(exitBreach, nil)
	}
}

// result is a drill as `drill --json` prints it. Times are in milliseconds of
// the wall clock, amounts in the token's smallest unit.
type result struct {
	Scenario       string  `json:"scenario"`
	Seed           uint64  `json:"seed"`
	Mode           string  `json:"mode"`
	BreachBlock    uint64  `json:"breach_block"`
	DetectedBlock  uint64  `json:"detected_block"`
	ContainedBlock uint64  `json:"contained_block"`
	DetectMS       float64 `json:"detect_ms"`
	ConfirmMS      float64 `json:"confirm_ms"`
	MineMS         float64 `json:"mine_ms"`
	VerifyMS       float64 `json:"verify_ms"`
	LostWei        string  `json:"lost_wei"`
	SavedWei       string  `json:"saved_wei"`
	Contained      bool    `json:"contained"`
	Journal        string  `json:"journal"`
	ExitReason     string  `json:"exit_reason"`
}

func resultOf(h ops.Hotwash) result {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return result{
		Scenario: h.Scenario, Seed: h.Seed, Mode: "drill", BreachBlock: h.BreachBlock, DetectedBlock: h.DetectedBlock, ContainedBlock: h.ContainedBlock,
		DetectMS: ms(h.Detect), ConfirmMS: ms(h.Confirm), MineMS: ms(h.Mine), VerifyMS: ms(h.Verify),
		LostWei: h.Lost.Exact, SavedWei: h.Saved.Exact, Contained: h.Contained, Journal: h.Journal, ExitReason: h.ExitReason,
	}
}

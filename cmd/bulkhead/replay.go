package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func replayCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay",
		Short: "Judge past blocks, and print what changed: how a threshold is chosen",
		Long: `Judges blocks of the past by the code that judges live ones, and prints every change
of a verdict; at the end, of each detector, how many blocks it found ok, in breach and
unknown, how many breaches began and where, and between which values its measure lay.

It needs an endpoint that has the state of those blocks: an archive node for old ones.
Blocks before the first are judged and not told, so that windows are full. With --resume
what was found is kept in a file, and a replay that was broken off goes on from there.
Exits with 0 when all was judged, whatever was found.`,
		Args: cobra.NoArgs,
	}
	config := configFlag(c)
	from := c.Flags().Uint64("from", 0, "the first block")
	to := c.Flags().Uint64("to", 0, "the last block; without it the newest, or that of what is resumed")
	chain := c.Flags().String("chain", "", "one of several chains")
	asJSON := c.Flags().Bool("json", false, "one JSON object a line on standard output")
	resume := c.Flags().String("resume", "", "a file that keeps how far it is")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if !c.Flags().Changed("from") {
			return exit(exitUsage, errors.New("name the first block: --from N"))
		}
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		chains, err := l.shown(*chain)
		if err != nil {
			return err
		}
		if len(chains) > 1 {
			return exit(exitUsage, errors.New("blocks are of one chain: name it with --chain"))
		}
		pool, err := chains[0].dial(c.Context(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer pool.Close()
		if !c.Flags().Changed("to") {
			head, err := pool.Latest(c.Context())
			if err != nil {
				return exit(exitUnknown, err)
			}
			*to = head.Number
			if *resume != "" { // the chain has grown since: what was begun is gone on with
				*to = engine.ProgressEnd(*resume, *to)
			}
		}
		r := engine.Replay{Rules: chains[0].rules, Chain: pool, From: *from, To: *to}
		return replay(c.Context(), r, *resume, teller(c.OutOrStdout(), *asJSON), newMeter(c.ErrOrStderr(), *from, *to))
	}
	return c
}

// saveEvery is after how many blocks the progress is kept.
const saveEvery = 500

// replay runs and tells. What was broken off keeps what it found.
func replay(ctx context.Context, r engine.Replay, path string, tell telling, m *meter) error {
	var done engine.Progress
	var err error
	if path != "" {
		if done, err = engine.LoadProgress(path, r.Basis()); err != nil {
			return exit(exitError, err)
		}
	}
	r.Tell = func(t engine.Transition) error { m.clear(); return tell.transition(t) }
	r.Judged = func(done engine.Progress) error {
		m.show(done.Last.Number)
		if path == "" || done.Next%saveEvery != 0 {
			return nil
		}
		return engine.SaveProgress(path, r.Basis(), done)
	}
	done, err = r.Run(ctx, done)
	if path != "" && !done.Last.Zero() {
		err = errors.Join(err, engine.SaveProgress(path, r.Basis(), done))
	}
	m.clear()
	switch {
	case errors.Is(err, engine.ErrRange), errors.Is(err, engine.ErrRewritten):
		return exit(exitUsage, err)
	case ctx.Err() != nil:
		why := fmt.Errorf("broken off before #%d", done.Next)
		if path != "" {
			why = fmt.Errorf("%w: the same command goes on from there", why)
		}
		return exit(exitError, why)
	case err != nil:
		return exit(exitUnknown, err)
	}
	return tell.summary(r, done)
}

// meter is a bar that says how far it is, on a terminal, and nothing elsewhere.
type meter struct {
	out      io.Writer
	from, to uint64
	drawn    time.Time
	began    time.Time
	on       bool
}

func newMeter(out io.Writer, from, to uint64) *meter {
	return &meter{out: out, from: from, to: to, began: time.Now(), on: looked(out)}
}

// meterEvery is how often the bar is drawn, and meterWidth how wide, in cells.
const (
	meterEvery = 100 * time.Millisecond
	meterWidth = 24
)

func (m *meter) show(number uint64) {
	if now := time.Now(); m.on && (now.Sub(m.drawn) >= meterEvery || number == m.to) {
		m.drawn = now
		done, all := number-m.from+1, m.to-m.from+1
		full := int(done * meterWidth / all)
		rate := float64(done) / max(now.Sub(m.began).Seconds(), 0.001)
		_, _ = fmt.Fprintf(m.out, "\r\x1b[K%s%s #%d of #%d, %.0f blocks a second", strings.Repeat("█", full), strings.Repeat("░", meterWidth-full), number, m.to, rate)
	}
}

// clear makes room for a line.
func (m *meter) clear() {
	if m.on {
		_, _ = fmt.Fprint(m.out, "\r\x1b[K")
	}
}

// telling prints what a replay finds.
type telling interface {
	transition(engine.Transition) error
	summary(engine.Replay, engine.Progress) error
}

func teller(out io.Writer, asJSON bool) telling {
	if asJSON {
		return &replayJSON{lines: lines{out: out}}
	}
	return replayText{out}
}

// replayText is for people.
type replayText struct{ out io.Writer }

func (t replayText) transition(x engine.Transition) error {
	f := x.Finding
	change := fmt.Sprintf("%s → %s", x.Was, f.Verdict)
	if x.First {
		change = f.Verdict.String()
	}
	text := fmt.Sprintf("#%d %s %s %s", f.At.Number, f.At.Time.UTC().Format(time.DateTime), f.Detector, change)
	switch f.Verdict {
	case ops.OK:
		text += fmt.Sprintf(": %s %s %s", f.Observed.Shown, f.Relation, f.Threshold.Shown)
	case ops.Breach:
		text += fmt.Sprintf(": %s, must be %s %s", f.Observed.Shown, f.Relation, f.Threshold.Shown)
	}
	if f.Why != "" {
		text += " · " + f.Why
	}
	_, err := fmt.Fprintln(t.out, safe.Text(text))
	return err
}

func (t replayText) summary(r engine.Replay, done engine.Progress) error {
	if _, err := fmt.Fprintf(t.out, "\n#%d to #%d\n%-12s %9s %9s %9s %9s  %s\n", r.From, r.To, "", "ok", "breach", "unknown", "breaches", "lay between"); err != nil {
		return err
	}
	for _, id := range done.Order {
		x := done.Tallies[id]
		text := fmt.Sprintf("%-12s %9d %9d %9d %9d  ", id, x.OK, x.Breach, x.Unknown, x.Breaches)
		if x.Least.Shown != "" {
			text += x.Least.Shown + " and " + x.Most.Shown
		}
		if !x.First.Zero() {
			text += fmt.Sprintf(" · first breach #%d", x.First.Number)
		}
		if _, err := fmt.Fprintln(t.out, safe.Text(strings.Replace(text, "   · ", "   ", 1))); err != nil {
			return err
		}
	}
	return nil
}

// replayJSON is for programs: lines of kind transition, and one of kind summary.
type replayJSON struct{ lines lines }

type transitionJSON struct {
	Kind  string      `json:"kind"`
	Was   ops.Verdict `json:"was"`
	First bool        `json:"first,omitempty"`
	Hash  common.Hash `json:"hash"`
	Time  time.Time   `json:"time"`
	findingJSON
}

func (j *replayJSON) transition(x engine.Transition) error {
	j.lines.put(transitionJSON{"transition", x.Was, x.First, x.Finding.At.Hash, x.Finding.At.Time, asFindings([]ops.Finding{x.Finding})[0]})
	return j.lines.failed()
}

func (j *replayJSON) summary(r engine.Replay, done engine.Progress) error {
	j.lines.put(struct {
		Kind string       `json:"kind"`
		Of   engine.Basis `json:"of"`
		engine.Progress
	}{"summary", r.Basis(), done})
	return j.lines.failed()
}

// looked reports whether somebody watches what is written.
func looked(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

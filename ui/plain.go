package ui

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// Plain is a snapshot as lines: the same facts as the screen, for pipes, logs and
// screen readers.
func Plain(s ops.Snapshot) string {
	s = cleanSnapshot(s)
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line("%s %s, chain %s %d, policy %s, block %s %s", s.Mode, s.Policy, s.Chain, s.ChainID, shortHash(s.PolicyHash), block(s.Head.Number), s.Head.Hash.Hex())
	if s.Blind != "" {
		line("BLIND since %s UTC: %s", utc(s.BlindSince), s.Blind)
	}
	for _, f := range s.Findings {
		line("%s", findingLine(f))
	}
	for _, o := range s.Queue {
		approved, _ := approval(o)
		line("%s %s %s, approved: %s", o.Short, o.State, what(o), approved)
	}
	return b.String()
}

func findingLine(f ops.Finding) string {
	word := strings.ToUpper(f.Verdict.String())
	switch f.Verdict {
	case ops.Unknown:
		return fmt.Sprintf("%s %s %s: %s (%s)", f.Detector, word, f.Title, f.Why, lastKnown(f))
	default:
		text := fmt.Sprintf("%s %s %s: %s, bound %s %s, at %s", f.Detector, word, f.Title, f.Observed.Shown, f.Relation, f.Threshold.Shown, block(f.At.Number))
		if f.Verdict == ops.Breach {
			text += fmt.Sprintf(", severity %s, answered by %s", f.Severity, f.Action)
		}
		return text
	}
}

// Follow prints what changes, line by line, until the context ends: the console
// where there is no terminal.
func Follow(ctx context.Context, b Backend, out io.Writer) error {
	var last ops.Entry
	first := true
	for s := range b.Snapshots(ctx) {
		if first && s.Head.Zero() {
			continue
		}
		if first {
			if _, err := io.WriteString(out, Plain(s)); err != nil {
				return fmt.Errorf("printing: %w", err)
			}
		}
		for _, e := range fresh(s.Log, last, first) {
			if _, err := fmt.Fprintf(out, "%s %s %s\n", utc(e.Time), block(e.Block), safe.Text(e.Text)); err != nil {
				return fmt.Errorf("printing: %w", err)
			}
			last = e
		}
		first = false
	}
	return nil
}

// fresh are the entries after the last one printed, oldest first. On the first
// look everything that is there was printed as the state.
func fresh(log []ops.Entry, last ops.Entry, first bool) []ops.Entry {
	var out []ops.Entry
	for _, e := range log {
		if e == last {
			break
		}
		out = append([]ops.Entry{e}, out...)
	}
	if first && len(out) > 0 {
		return out[len(out)-1:]
	}
	return out
}

// Hotwash is what a drill says when it is over.
func Hotwash(h ops.Hotwash) string {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		_, _ = fmt.Fprintf(&b, "  %-12s %s\n", label, safe.Text(fmt.Sprintf(format, args...)))
	}
	_, _ = fmt.Fprintf(&b, "HOTWASH  %s, seed %d (%s)\n", safe.Text(h.Scenario), h.Seed, safe.Text(h.ExitReason))
	switch {
	case h.BreachBlock == 0:
		line("breach", "none: the drill ended before anything broke")
	case h.DetectedBlock == 0:
		line("breach", "at %s, and it was not detected", block(h.BreachBlock))
	default:
		line("breach", "at %s, detected at %s", block(h.BreachBlock), block(h.DetectedBlock))
		line("detect", "%s", tookText(h.Detect))
		line("confirm", "%s", tookText(h.Confirm))
		line("mine", "%s", tookText(h.Mine))
		line("verify", "%s", tookText(h.Verify))
	}
	if h.Contained {
		line("CONTAINED", "in effect at %s; %s of the attacker reverted after it", block(h.ContainedBlock), plural(h.Reverted, "withdrawal", "withdrawals"))
		line("saved", "%s", h.Saved.Shown)
	} else {
		line("contained", "no")
	}
	line("lost", "%s", h.Lost.Shown)
	line("journal", "%s", h.Journal)
	return b.String()
}

package ui

import (
	"context"
	"fmt"
	"io"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// Follow prints what changes, line by line, until the context ends: the console
// where there is no terminal.
func Follow(ctx context.Context, b Backend, out io.Writer) error {
	last := map[string]ops.Entry{} // of each chain: one may tell later what it knew before another
	first := true
	for s := range b.Snapshots(ctx) {
		if first && !s.Started() {
			continue
		}
		if first {
			if _, err := io.WriteString(out, Plain(s)); err != nil {
				return fmt.Errorf("printing: %w", err)
			}
		}
		for _, e := range fresh(s.Log, last, first) {
			if _, err := fmt.Fprintf(out, "%s %s%s %s\n", utc(e.Time), prefix(safe.Text(e.Chain)), block(e.Block), safe.Text(e.Text)); err != nil {
				return fmt.Errorf("printing: %w", err)
			}
			last[e.Chain] = e
		}
		first = false
	}
	return nil
}

// fresh are the entries after the last one printed of their chain, oldest first.
// On the first look everything that is there was printed as the state.
func fresh(log []ops.Entry, last map[string]ops.Entry, first bool) []ops.Entry {
	var out []ops.Entry
	told := map[string]bool{} // its older entries were printed, or stand for the state
	for _, e := range log {
		if before, any := last[e.Chain]; any && e == before {
			told[e.Chain] = true
		}
		if !told[e.Chain] {
			out = append([]ops.Entry{e}, out...)
		}
		told[e.Chain] = told[e.Chain] || first
	}
	return out
}

// prefix is a chain's name before what is said of it; nothing where there is one
// chain alone.
func prefix(chain string) string {
	if chain == "" {
		return ""
	}
	return chain + " "
}

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

package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

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
	switch {
	case h.Contained:
		line("CONTAINED", "in effect at %s; %s", block(h.ContainedBlock), h.Foiled)
		line("saved", "%s", h.Saved.Shown)
	case h.Failed:
		line("contained", "no: what was confirmed FAILED; the journal says why")
	default:
		line("contained", "no")
	}
	line("lost", "%s", h.Lost.Shown)
	line("journal", "%s", h.Journal)
	return b.String()
}

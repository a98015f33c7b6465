package rehearsal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// BenchmarkColdStart is goal P15 before a past that matters: from the start of a console to
// its first judged block, and to its first without anything UNKNOWN for want of the past,
// with a provider that takes 50 ms for an answer and detectors that look back over so many
// blocks of transactions. waiting is a console that waits for its past.
func BenchmarkColdStart(b *testing.B) {
	for _, blocks := range []int{100, 2000} {
		s := newStage(b, 1)
		s.detects(b, fmt.Sprintf("kind: caller, watch: [vault], accounts: [%q], of: {over: 2h}", drill.Address(drill.Relayer).Hex()))
		for range blocks {
			s.step(b)
		}
		g := chaintest.Behind(b, s.HTTP())
		g.Set(chaintest.Slow(50 * time.Millisecond))
		for name, patience := range map[string]time.Duration{"console": 0, "waiting": time.Minute} {
			b.Run(fmt.Sprintf("%s/%d", name, blocks), func(b *testing.B) {
				s.with = func(c *engine.Config) { c.ReadBack = patience }
				var first, all time.Duration
				for b.Loop() {
					start := time.Now()
					w := s.consoleIn(b, b.TempDir(), g.HTTP, s.WS(), journal.Options{})
					w.until("the first block is judged", func(x ops.Snapshot) bool { return x.Judged > 0 && x.Blind == "" })
					first += time.Since(start)
					for finding(w.last, "Z1").Verdict == ops.Unknown {
						s.step(b, w)
					}
					all += time.Since(start)
					w.quit()
				}
				b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms/first-decision")
				b.ReportMetric(float64(all.Milliseconds())/float64(b.N), "ms/past")
			})
		}
	}
}

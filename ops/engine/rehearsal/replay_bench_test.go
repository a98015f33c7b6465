package rehearsal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// BenchmarkReplay judges thousands of blocks of an archive node with fifty invariants, of
// which ten look back. The floor reads the same headers and nothing else.
func BenchmarkReplay(b *testing.B) {
	const blocks = 3_000
	s := newStage(b, 3)
	holds := map[string]string{}
	for n := range 30 {
		holds[fmt.Sprintf("M%d", n)] = fmt.Sprintf("vault.totalAssets() + %d >= vault.totalSupply() * 0.9 + token.balanceOf(vault) * %d", n, n%2)
	}
	for n := range 10 {
		holds[fmt.Sprintf("W%d", n)] = fmt.Sprintf("sum(vault.Withdraw.assets, %dm) <= ether(%d)", n+1, 10000+n)
	}
	s.must(b, holds)
	for range blocks {
		s.step(b)
	}
	rules, pool, head := s.rules(b), s.pool(b), s.Head().Number
	b.Run("replay", func(b *testing.B) {
		for b.Loop() {
			began := time.Now()
			done, err := engine.Replay{Rules: rules, Chain: pool, From: head - blocks + 1, To: head}.Run(b.Context(), engine.Progress{})
			if err != nil {
				b.Fatal(err)
			}
			if t := done.Tallies["M1"]; t.OK+t.Breach != blocks {
				b.Fatalf("%+v", t)
			}
			b.ReportMetric(blocks/time.Since(began).Seconds(), "blocks/s")
			b.ReportMetric(float64(len(done.Order)), "findings")
		}
	})
	b.Run("headers", func(b *testing.B) {
		for b.Loop() {
			began := time.Now()
			for n := head - blocks + 1; n <= head; {
				refs, err := pool.Blocks(b.Context(), n, head)
				if err != nil {
					b.Fatal(err)
				}
				n = refs[len(refs)-1].Number + 1
			}
			b.ReportMetric(blocks/time.Since(began).Seconds(), "blocks/s")
		}
	})
}

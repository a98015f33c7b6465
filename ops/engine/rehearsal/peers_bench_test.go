package rehearsal_test

import (
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// BenchmarkThousandReads compares one aggregated request with how monitors read
// that make one call for each thing: one after the other, and sixteen at a time.
// away/… is the same with a round trip of 50 ms (goal P6, in round trips).
func BenchmarkThousandReads(b *testing.B) {
	const n, trip = 1000, 50 * time.Millisecond
	s := newStage(b, 1)
	s.step(b)
	selector := crypto.Keccak256([]byte("balanceOf(address)"))[:4]
	reads := make([]ops.Read, n)
	for i := range reads {
		holder := common.BigToAddress(big.NewInt(int64(i + 1)))
		reads[i] = ops.Read{Kind: ops.ReadCall, To: drill.Addresses().Vault, Data: string(append(selector[:4:4], common.LeftPadBytes(holder[:], 32)...))}
	}
	far := record(b, s.HTTP())
	far.delay = trip
	for name, url := range map[string]string{"near": s.HTTP(), "away": far.url} {
		client, err := chain.Dial(b.Context(), chain.Endpoint{Name: "drill", Chain: s.rules(b).ChainID, HTTP: url})
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		head, err := client.Latest(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/aggregated", func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				readings, err := client.Read(b.Context(), head, reads)
				if err != nil || readings[n-1].Status != ops.ReadOK {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			percentiles(b, took)
			if name == "away" {
				b.ReportMetric(float64(took[len(took)/2])/float64(trip), "round-trips")
			}
		})
		bare, err := rpc.Dial(url)
		if err != nil {
			b.Fatal(err)
		}
		defer bare.Close()
		one := func(r ops.Read) {
			var out hexutil.Bytes
			message := map[string]any{"to": r.To, "data": hexutil.Bytes(r.Data)}
			if err := bare.CallContext(b.Context(), &out, "eth_call", message, map[string]any{"blockHash": head.Hash}); err != nil {
				b.Error(err)
			}
		}
		b.Run(name+"/sixteen-at-a-time", func(b *testing.B) {
			for b.Loop() {
				next := make(chan ops.Read)
				var hands sync.WaitGroup
				for range 16 {
					hands.Go(func() {
						for r := range next {
							one(r)
						}
					})
				}
				for _, r := range reads {
					next <- r
				}
				close(next)
				hands.Wait()
			}
		})
		if name == "away" {
			continue // one after the other would take a minute
		}
		b.Run(name+"/one-after-the-other", func(b *testing.B) {
			for b.Loop() {
				for _, r := range reads {
					one(r)
				}
			}
		})
	}
}

// BenchmarkMinedToAlert is goal P2: from a sealed block to its findings, against a
// monitor that looks once a second, as the quickest of them do, at a phase that
// has nothing to do with the chain's.
func BenchmarkMinedToAlert(b *testing.B) {
	s := newStage(b, 1)
	b.Run("console", func(b *testing.B) {
		w := s.console(b, s.HTTP(), s.WS())
		s.step(b, w)
		var took []time.Duration
		for b.Loop() {
			sealed, err := s.Step(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			w.until("the block is judged", func(s ops.Snapshot) bool { return s.Head.Number >= sealed.Block.Number })
			took = append(took, time.Since(start))
			w.until("the board is measured", func(s ops.Snapshot) bool { return s.Board[0].At.Number >= sealed.Block.Number })
		}
		percentiles(b, took)
	})
	b.Run("poller", func(b *testing.B) {
		c, err := rpc.Dial(s.HTTP())
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		seen := make(chan uint64)
		ctx := b.Context()
		go func() { // ends with the benchmark's context
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				var head hexutil.Uint64
				if c.CallContext(ctx, &head, "eth_blockNumber") != nil {
					continue
				}
				select {
				case seen <- uint64(head):
				case <-ctx.Done():
					return
				}
			}
		}()
		var took []time.Duration
		for n := 0; b.Loop(); n++ {
			time.Sleep(time.Duration(n*377%1000) * time.Millisecond) // the phase
			sealed, err := s.Step(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			for number := range seen {
				if number >= sealed.Block.Number {
					break
				}
			}
			took = append(took, time.Since(start))
		}
		percentiles(b, took)
	})
}

package chain_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// BenchmarkBackfill is goal P8: reading back a gap of 10,000 blocks, each linked to
// the one before, against the floor of asking for as many headers in batches and
// reading nothing of them.
func BenchmarkBackfill(b *testing.B) {
	const gap = 10_000
	s := chaintest.Serve(b, chaintest.New(drill))
	s.Leap(gap)
	genesis, head := s.At(0), s.Head()
	b.Run("feed", func(b *testing.B) {
		c, err := chain.Open(b.Context(), chain.Endpoint{Name: "fake", Chain: drill, HTTP: s.HTTP, WS: s.WS, Timeout: 10 * time.Second})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for b.Loop() {
			ctx, stop := context.WithCancel(b.Context())
			feed := chain.NewFeed(c, ops.BlockRef{Hash: genesis.Hash}, func(e chain.Event) {
				if e.Block.Hash == head.Hash {
					stop()
				}
			})
			_ = feed.Run(ctx) // its only error is that of the context
		}
		b.ReportMetric(float64(gap*b.N)/b.Elapsed().Seconds(), "blocks/s")
	})
	b.Run("floor", func(b *testing.B) {
		c, err := rpc.Dial(s.HTTP)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for b.Loop() {
			for from := 1; from <= gap; from += 100 {
				elems := make([]rpc.BatchElem, 100)
				for i := range elems {
					elems[i] = rpc.BatchElem{Method: "eth_getBlockByNumber", Args: []any{hexutil.Uint64(from + i), false}, Result: new(json.RawMessage)}
				}
				if err := c.BatchCallContext(b.Context(), elems); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(gap*b.N)/b.Elapsed().Seconds(), "blocks/s")
	})
}

// BenchmarkLogIngest is goal P7: 10,000 logs of one block, checked, ordered and
// dated, against the floor of decoding the same answer.
func BenchmarkLogIngest(b *testing.B) {
	const logs = 10_000
	s := chaintest.Serve(b, chaintest.New(drill))
	s.Mine(1)
	for i := range logs {
		s.Emit(s.At(1), types.Log{Address: vault, Index: uint(i), Topics: []common.Hash{{1}, {2}}, Data: make([]byte, 64), TxHash: common.Hash{byte(i)}})
	}
	at := ops.BlockRef{Number: 1, Hash: s.At(1).Hash}
	b.Run("console", func(b *testing.B) {
		c, err := chain.Open(b.Context(), chain.Endpoint{Name: "fake", Chain: drill, HTTP: s.HTTP, Timeout: 10 * time.Second})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for b.Loop() {
			_, found, err := c.ReadBlock(b.Context(), at, nil, chain.Filter{Addresses: []common.Address{vault}})
			if err != nil || len(found) != logs {
				b.Fatal(len(found), err)
			}
		}
		b.ReportMetric(float64(logs*b.N)/b.Elapsed().Seconds(), "logs/s")
	})
	b.Run("floor", func(b *testing.B) {
		c, err := rpc.Dial(s.HTTP)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for b.Loop() {
			var found []types.Log
			if err := c.CallContext(b.Context(), &found, "eth_getLogs", map[string]any{"blockHash": at.Hash}); err != nil || len(found) != logs {
				b.Fatal(len(found), err)
			}
		}
		b.ReportMetric(float64(logs*b.N)/b.Elapsed().Seconds(), "logs/s")
	})
}

package rehearsal_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// BenchmarkHeadToFinding is goal P1: from the sealing of a block to the
// publication of its findings, against the bare floor on the same chain: a
// subscription that asks for one view and the logs of the block, and judges
// nothing.
func BenchmarkHeadToFinding(b *testing.B) {
	b.Run("console", func(b *testing.B) {
		s := newStage(b, 1)
		w := s.console(b, s.HTTP(), s.WS())
		w.until("the first block is judged", func(s ops.Snapshot) bool { return !s.Head.Zero() && s.Blind == "" })
		var total time.Duration
		for b.Loop() {
			sealed, err := s.Step(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			w.until("the block is judged", func(s ops.Snapshot) bool { return s.Head.Number >= sealed.Block.Number })
			total += time.Since(start)
			// on a real chain the next block is a second away: the board is measured by then
			w.until("the board is measured", func(s ops.Snapshot) bool { return s.Board[0].At.Number >= sealed.Block.Number })
		}
		b.ReportMetric(float64(total.Microseconds())/float64(b.N)/1000, "ms/finding")
	})
	b.Run("floor", func(b *testing.B) {
		s := newStage(b, 1)
		socket, err := rpc.Dial(s.WS())
		if err != nil {
			b.Fatal(err)
		}
		defer socket.Close()
		calls, err := rpc.Dial(s.HTTP())
		if err != nil {
			b.Fatal(err)
		}
		defer calls.Close()
		heads := make(chan *types.Header, 16)
		subscription, err := socket.EthSubscribe(b.Context(), heads, "newHeads")
		if err != nil {
			b.Fatal(err)
		}
		defer subscription.Unsubscribe()
		view := hexutil.Bytes(crypto.Keccak256([]byte("totalAssets()"))[:4])
		vault := drill.Addresses().Vault
		var total time.Duration
		for b.Loop() {
			sealed, err := s.Step(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			for h := range heads {
				var assets hexutil.Bytes
				var logs []types.Log
				at := map[string]any{"blockHash": h.Hash()}
				batch := []rpc.BatchElem{
					{Method: "eth_call", Args: []any{map[string]any{"to": vault, "input": view}, at}, Result: &assets},
					{Method: "eth_getLogs", Args: []any{map[string]any{"blockHash": h.Hash(), "address": vault}}, Result: &logs},
				}
				if err := calls.BatchCallContext(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				if h.Number.Uint64() >= sealed.Block.Number {
					break
				}
			}
			total += time.Since(start)
		}
		b.ReportMetric(float64(total.Microseconds())/float64(b.N)/1000, "ms/finding")
	})
}

// BenchmarkMinedToReceipt is goal P10: from the sealing of the block that holds the
// pause to the picture that says IN EFFECT. Whoever polls for receipts every 12 s sees
// it 6 s later, on average.
func BenchmarkMinedToReceipt(b *testing.B) {
	var total time.Duration
	for b.Loop() {
		b.StopTimer()
		s := newStage(b, 1)
		w := s.console(b, s.HTTP(), s.WS())
		s.step(b, w)
		w.arm()
		w.confirm(w.plan("R1"))
		b.StartTimer()
		if _, err := s.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		w.until("it is in effect", func(n ops.Snapshot) bool { return receipt(n, "R1").Stage >= ops.StageInEffect })
		total += time.Since(start)
		b.StopTimer()
		w.quit()
		b.StartTimer()
	}
	b.ReportMetric(float64(total.Microseconds())/float64(b.N)/1000, "ms/receipt")
}

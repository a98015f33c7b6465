package chain_test

import (
	"context"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// A gap that is too long to read back is jumped, once, and seen by whoever counts:
// the feed goes on from the head.
func TestAGapTooLongToReadBackIsJumped(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(3)
	start := s.At(3)
	s.Leap(chain.MaxGap + 5)
	ctx, stop := context.WithCancel(t.Context())
	blocks := make(chan ops.BlockRef, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		from := ops.BlockRef{Number: uint64(start.Number), Hash: start.Hash}
		_ = chain.NewFeed(client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), from, func(e chain.Event) {
			if !e.Block.Zero() {
				blocks <- e.Block
			}
		}).Run(ctx)
	}()
	if b := <-blocks; b.Number != chain.MaxGap+8 {
		t.Errorf("it went on at #%d", b.Number)
	}
	s.Mine(1)
	if b := <-blocks; b.Number != chain.MaxGap+9 {
		t.Errorf("then came #%d", b.Number)
	}
	stop()
	<-done
}

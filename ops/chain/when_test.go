package chain_test

import (
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// Block n of the fake chain is n seconds after its genesis, whatever the endpoint
// believes.
func TestTheBlockBeforeATimeIsFound(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Leap(3000)
	genesis := time.Unix(chaintest.Genesis, 0)
	for _, usual := range []time.Duration{time.Second, 12 * time.Second, time.Hour} {
		c := client(t, chain.Endpoint{HTTP: s.HTTP, BlockTime: usual})
		until, err := c.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 2, 1499, 1500, 2998, 2999, 3000} {
			before := s.Requests()
			b, err := c.Before(t.Context(), genesis.Add(time.Duration(n)*time.Second), until)
			if err != nil || b.Number != uint64(n) || b.Hash != s.At(n).Hash {
				t.Errorf("every %s, %d s: #%d, %v", usual, n, b.Number, err)
			}
			if took := s.Requests() - before; took > 18 {
				t.Errorf("every %s, %d s: %d requests", usual, n, took)
			}
		}
		if b, err := c.Before(t.Context(), genesis.Add(-time.Hour), until); err != nil || b.Number != 0 {
			t.Errorf("before everything: #%d, %v", b.Number, err)
		}
		if b, err := c.Before(t.Context(), genesis.Add(time.Hour), until); err != nil || b != until {
			t.Errorf("after everything: #%d, %v", b.Number, err)
		}
		middle := ops.BlockRef{Number: 100, Hash: s.At(100).Hash, Time: genesis.Add(100 * time.Second)}
		if b, err := c.Before(t.Context(), genesis.Add(50500*time.Millisecond), middle); err != nil || b.Number != 50 {
			t.Errorf("between two blocks: #%d, %v", b.Number, err)
		}
	}
}

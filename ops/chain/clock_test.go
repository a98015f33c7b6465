package chain_test

import (
	"math"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// Fault 24, the chain's side: times that jump by an hour, go back, or are none that
// any clock shows, change nothing in which block follows which.
func TestTimesThatJumpDoNotDisturbTheFeeds(t *testing.T) {
	const hour = 3600
	clock := func(n uint64) uint64 {
		return [...]uint64{chaintest.Genesis + n, chaintest.Genesis + n + hour, chaintest.Genesis + n - hour, chaintest.Genesis - n, 0, math.MaxUint64, math.MaxInt64}[n%7]
	}
	for name, start := range map[string]func(t *testing.T, c *chaintest.Chain) *watch{
		"a feed": func(t *testing.T, c *chaintest.Chain) *watch {
			s := chaintest.Serve(t, c)
			return follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
		},
		"a pool": func(t *testing.T, c *chaintest.Chain) *watch { return launch(t, 2, patient, c, c, c).follow(t) },
	} {
		t.Run(name, func(t *testing.T) {
			c := chaintest.New(drill)
			c.Clock(clock)
			l := &ledger{watch: start(t, c)}
			l.upTo(c.Head())
			c.Mine(50)
			l.upTo(c.Head())
			c.Leap(250)
			l.upTo(c.Head())
			c.Reorg(40, 41)
			l.upTo(c.Head())
			l.whole(c, 1)
			for n, b := range l.blocks[1:] { // as it is on the chain, as far as it can be written down
				if want := clock(uint64(n + 1)); want < 1<<32 && b.Time.Unix() != int64(want) || b.Time.Year() > 9999 {
					t.Fatalf("#%d is of %v", b.Number, b.Time)
				}
			}
		})
	}
}

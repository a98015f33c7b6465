package rehearsal_test

import (
	"math/big"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
)

// Moonwell, 15 February 2026: an oracle forgets to multiply by a second price. It is held
// against another source of the same price, and shown in the block of the proposal.
func TestMoonwellsPriceIsShownInTheBlockOfTheProposal(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Oracle")
	oracle, reference := f.put("oracle", c, ""), f.put("reference", c, "")
	f.detects("Z1", "kind: liquidity, of: {reserve: oracle.price(), against: reference.price(), excursion: 200}")
	f.quiet()
	cents := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1e16)) }
	f.send(drill.Deployer, reference, c.Call("set", cents(222_000)))
	f.send(drill.Deployer, oracle, c.Call("set", cents(222_100)))
	f.send(drill.Deployer, oracle, c.Call("set", cents(112)))
	f.shows("Z1", f.head(), "ratio")
}

// Balancer V2, 3 November 2025: rounding takes a little with every swap, thousands of times
// in a transaction. The reserve leaves its proportion in the block of the first of them.
func TestBalancersRoundingIsShownInItsBlock(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Pool")
	pool := f.put("pool", c, "", drill.Address(drill.Guardian), big.NewInt(3600))
	f.detects("Z1", "kind: liquidity, of: {reserve: pool.reserve(), against: pool.shares(), excursion: 10}")
	f.detects("Z2", "kind: liveness, of: {call: pool.pause(), as: guardian}")
	f.rest.WriteString("constants: {guardian: \"" + drill.Address(drill.Guardian).Hex() + "\"}\n")
	f.quiet()
	f.mine(60)
	f.send(drill.Proposer, pool, c.Call("swap", big.NewInt(100)))
	f.mine(3600) // and the window in which it could be paused is over, as that of the older pools was
	expired := f.head()
	for range 12 {
		f.pooled(drill.Mallory, &pool, c.Call("swap", big.NewInt(1)))
	}
	f.mine(1)
	f.shows("Z1", f.head(), "ratio")
	f.shows("Z2", expired, "the call works")
}

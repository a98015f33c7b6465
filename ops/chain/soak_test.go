package chain_test

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// The goal is 100,000 blocks; a run without the flag makes do with fewer.
var (
	long = flag.Bool("soak", false, "soak the feeds in 100,000 blocks instead of 20,000")
	seed = flag.Uint64("soak-seed", 2026, "what the soak does at random comes from this")
)

func soaked() int {
	if *long {
		return 100_000
	}
	return 20_000
}

// ledger holds every block a feed emitted that is still canonical, and demands
// that each follows the one before it (R4).
type ledger struct {
	*watch
	blocks []ops.BlockRef
	seen   int
	back   int // times it went back, as it does after a reorg
	downs  int
}

// upTo takes in blocks until the one that the header names.
func (l *ledger) upTo(h chaintest.Header) {
	l.t.Helper()
	for len(l.blocks) == 0 || l.blocks[len(l.blocks)-1].Hash != h.Hash {
		e := l.next()
		if e.Block.Zero() {
			if e.Health.State == ops.FeedDown {
				l.downs++
			}
			continue
		}
		l.add(e.Block)
	}
}

func (l *ledger) add(b ops.BlockRef) {
	l.t.Helper()
	l.seen++
	next := uint64(len(l.blocks))
	switch {
	case b.Number > next:
		l.t.Fatalf("#%d comes after #%d: a block was missed", b.Number, next-1)
	case b.Number < next && l.blocks[b.Number].Hash == b.Hash:
		l.t.Fatalf("#%d came twice", b.Number)
	case b.Number > 0 && l.blocks[b.Number-1].Hash != b.Parent:
		l.t.Fatalf("#%d does not follow the #%d that was emitted", b.Number, b.Number-1)
	case b.Number < next:
		l.back++
	}
	l.blocks = append(l.blocks[:b.Number], b)
}

// whole demands that what was emitted is the chain, block for block.
func (l *ledger) whole(c *chaintest.Chain, reorgs int) {
	l.t.Helper()
	for n, b := range l.blocks {
		if h := c.At(n); b.Hash != h.Hash || b.Number != uint64(h.Number) {
			l.t.Fatalf("#%d is %v, on the chain it is %v", n, b.Hash, h.Hash)
		}
	}
	if l.back > 3*reorgs { // to the new branch by reading ahead, to the old one by a head that waited, and over again
		l.t.Errorf("it went back %d times in %d reorgs", l.back, reorgs)
	}
	l.t.Logf("%d blocks on the chain, %d emitted, %d reorgs (%d seen), %d times down", len(l.blocks), l.seen, reorgs, l.back, l.downs)
}

// grown lets the chain do one of the things that chains do. It returns how many
// reorgs that were.
func grown(c *chaintest.Chain, random *rand.Rand) int {
	switch n := random.IntN(100); {
	case n < 45:
		c.Leap(1 + random.IntN(1000))
	case n < 65:
		c.Mine(1 + random.IntN(30))
	case n < 85 && c.Head().Number > 64:
		depth := 1 + random.IntN(64)
		c.Reorg(depth, depth+random.IntN(4))
		return 1
	case n < 95: // heads stop, the chain does not
		c.Withhold(true)
		c.Leap(1 + random.IntN(500))
		c.Withhold(false)
		c.Mine(1)
	default:
		c.Repeat()
	}
	return 0
}

func TestSoakOfAFeed(t *testing.T) {
	random := rand.New(rand.NewPCG(*seed, 1))
	s := chaintest.Serve(t, chaintest.New(drill))
	p := chaintest.Before(t, s.WS)
	e := chain.Endpoint{HTTP: s.HTTP, WS: p.WS, Timeout: 5 * time.Second}
	l := &ledger{watch: follow(t, client(t, e), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(time.Second, time.Hour) })}
	reorgs := 0
	for l.upTo(s.Head()); len(l.blocks) < soaked(); l.upTo(s.Head()) {
		for range 1 + random.IntN(3) { // reorgs may come while it still reads back
			reorgs += grown(s.Chain, random)
			if random.IntN(8) == 0 {
				p.Cut()
			}
		}
		s.Mine(1)
	}
	l.whole(s.Chain, reorgs)
}

// One of three does wrong, now this one and now that one.
func TestSoakOfAPool(t *testing.T) {
	random := rand.New(rand.NewPCG(*seed, 2))
	c := chaintest.New(drill)
	f := launch(t, 2, time.Second, c, c, c)
	f.pool.Pace(time.Second, time.Hour)
	l := &ledger{watch: f.follow(t)}
	reorgs, bad := 0, 0
	faults := []chaintest.Fault{
		chaintest.Status(http.StatusTooManyRequests), chaintest.Malformed(1), chaintest.Equivocates(), chaintest.WrongID(),
		chaintest.Storm(2, 0.5), chaintest.Stale(5), chaintest.Silent(), chaintest.Oversized(1 << 16),
	}
	for l.upTo(c.Head()); len(l.blocks) < soaked(); l.upTo(c.Head()) {
		if random.IntN(6) == 0 {
			f.gates[bad].Heal()
			f.proxies[bad].Refuse(false)
			bad = random.IntN(3)
			f.gates[bad].Set(faults[random.IntN(len(faults))])
			f.proxies[bad].Refuse(random.IntN(3) == 0)
		}
		for range 1 + random.IntN(3) {
			reorgs += grown(c, random)
			if random.IntN(8) == 0 {
				f.proxies[bad].Cut()
			}
		}
		c.Mine(1)
	}
	l.whole(c, reorgs)
}

package rehearsal_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// crowds make a timelock of each kind, and the call that puts the n-th operation in it.
var crowds = map[string]func(g *ground) (lock common.Address, put func(n int64) []byte){
	"oz": func(g *ground) (common.Address, func(int64) []byte) {
		c := locktest.Read(g.t, "TimelockController-5.7.0")
		lock := g.deploy(c.TimelockController(2*day, common.Address{}))
		return lock, func(n int64) []byte {
			return c.Call("schedule", lock, big.NewInt(n), []byte{}, common.Hash{1}, common.Hash{}, big.NewInt(2*86400))
		}
	},
	"compound": func(g *ground) (common.Address, func(int64) []byte) {
		c := locktest.Read(g.t, "Timelock")
		lock := g.deploy(c.Deploy(drill.Address(drill.Proposer), big.NewInt(2*86400)))
		eta := g.now.Add(3 * day).Unix()
		return lock, func(n int64) []byte {
			return c.Call("queueTransaction", lock, big.NewInt(n), "", []byte{}, big.NewInt(eta))
		}
	},
	"access-manager": func(g *ground) (common.Address, func(int64) []byte) {
		c := locktest.Read(g.t, "AccessManager")
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer)))
		g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", drill.Address(drill.Mallory), [][4]byte{{1, 2, 3, 4}}, uint64(7)))
		g.send(drill.Deployer, lock, c.Call("grantRole", uint64(7), drill.Address(drill.Proposer), uint32(3600)))
		return lock, func(n int64) []byte {
			return c.Call("schedule", drill.Address(drill.Mallory), []byte{1, 2, 3, 4, byte(n >> 8), byte(n)}, new(big.Int))
		}
	},
	"delay": func(g *ground) (common.Address, func(int64) []byte) {
		c, target := locktest.Read(g.t, "Delay"), drill.Address(drill.Mallory)
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer), target, target, big.NewInt(3600), new(big.Int)))
		g.send(drill.Deployer, lock, c.Call("enableModule", drill.Address(drill.Proposer)))
		return lock, func(n int64) []byte {
			return c.Call("execTransactionFromModule", target, big.NewInt(n), []byte{}, uint8(0))
		}
	},
}

// What a block costs does not grow with what waits: 1,000 operations are read, and held
// against their contract, in as many requests as 10.
func TestALongQueueCostsNoMoreRequests(t *testing.T) {
	for kind, crowd := range crowds {
		t.Run(kind, func(t *testing.T) {
			g := ourGround(t)
			behind := chaintest.Behind(t, g.http)
			client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "behind", Chain: ops.FirstDrillChain, HTTP: behind.HTTP, Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			lock, put := crowd(g)
			l := g.watch(timelock.Timelock{Kind: kind, Address: lock, Accounts: map[common.Address]string{drill.Address(drill.Guardian): "guardian"}})
			costs := map[int]int{}
			n := 0
			for _, size := range []int{10, manyWait} {
				for ; n < size; n++ {
					g.pooled(drill.Proposer, &lock, put(int64(n)))
					if n%100 == 99 {
						g.mine(1)
					}
				}
				g.mine(1)
				l.see()
				g.mine(1)
				l.chain = client
				before := behind.Requests()
				at, err := client.Latest(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				l.take(at)
				costs[size] = behind.Requests() - before
				l.chain = g.chain
				if len(l.queue) != size {
					t.Fatalf("%d of %d are in the queue", len(l.queue), size)
				}
				for _, o := range l.queue {
					if len(o.Checks) != 2 || o.Checks[1].Verdict != ops.OK {
						t.Fatalf("%d wait, and one is not held against its contract: %+v", size, o)
					}
				}
			}
			if costs[manyWait] != costs[10] || costs[10] > 3 {
				t.Errorf("10 cost %d requests, %d cost %d", costs[10], manyWait, costs[manyWait])
			}
		})
	}
}

// The same through an engine: every block of a queue in which 1,000 wait costs what one
// costs in which 10 wait.
func TestAnEngineReadsALongQueueInTheSameRequests(t *testing.T) {
	const blocks = 6
	cost := func(operations int) int {
		s := newStage(t, 1)
		fake := longQueue(t, 2_000, operations)
		w := s.consoleIn(t, t.TempDir(), fake.HTTP, fake.WS, journal.Options{})
		if n, _ := w.waiting(); n != operations/10 {
			t.Fatalf("%d wait", n)
		}
		next := func() {
			fake.Mine(1)
			number := uint64(fake.Head().Number)
			w.until("the block is judged", func(s ops.Snapshot) bool { return s.Head.Number == number && s.Followed == number && s.Blind == "" })
		}
		next() // the reads of what waits are asked from here on
		before := fake.Requests()
		for range blocks {
			next()
		}
		defer w.quit()
		return fake.Requests() - before
	}
	if few, many := cost(100), cost(10*manyWait); many > few+blocks {
		t.Errorf("%d blocks cost %d requests with 10 waiting, %d with %d", blocks, few, many, manyWait)
	}
}

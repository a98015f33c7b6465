package timelock_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// story is a random history of a timelock, block by block: operations are scheduled,
// cancelled, scheduled again and executed, by logs alone.
func story(r *rand.Rand, from, blocks uint64) [][]ops.Log {
	out := make([][]ops.Log, blocks)
	for i := range out {
		block := at(from+uint64(i), int64(from+uint64(i))*12)
		for range r.IntN(3) {
			c := call(r.IntN(6))
			id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
			var l ops.Log
			switch r.IntN(4) {
			case 0, 1:
				l = scheduled(block, id, 0, c, big.NewInt(60))
			case 2:
				l = cancelled(block, id)
			case 3:
				l = executed(block, id)
			}
			l.Index = uint(len(out[i]))
			out[i] = append(out[i], l)
		}
	}
	return out
}

// A ledger that was told of blocks that a reorg took back says the same as one that
// never heard of them.
func TestALedgerForgetsWhatAReorgTookBack(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		lock := timelock.Timelock{ID: "T1", Address: address}
		l := lock.Start()
		var kept [][]ops.Log
		for range 6 {
			for _, logs := range story(r, uint64(len(kept)), 1+uint64(r.IntN(8))) {
				l.Take(logs)
				kept = append(kept, logs)
				if r.IntN(2) == 0 {
					l.Queue(at(uint64(len(kept)), int64(len(kept))*12), nil) // what was made of them is kept
				}
			}
			back := r.IntN(len(kept))
			l.Drop(uint64(back))
			kept = kept[:back]
		}
		fresh := lock.Start()
		for _, logs := range kept {
			fresh.Take(logs)
		}
		now := at(uint64(len(kept)), int64(len(kept))*12)
		if got, want := l.Queue(now, nil), fresh.Queue(now, nil); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d:\n%+v\nwant\n%+v", seed, got, want)
		}
	}
}

// What is over is not kept for ever, but what waits, what was approved, and what a reorg
// may still take back is.
func TestALedgerDoesNotGrowWithWhatIsOver(t *testing.T) {
	approved := timelock.HashOperation(call(0), common.Hash{}, common.Hash{})
	l := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{approved: "vault-v2 O1"}}.Start()
	const all = 1000
	for n := range all {
		c := call(n)
		id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
		block := at(uint64(n), int64(n))
		l.Take([]ops.Log{scheduled(block, id, 0, c, big.NewInt(60))})
		if n%10 != 5 {
			l.Take([]ops.Log{executed(block, id)})
		}
	}
	now := at(all, all)
	if got := len(l.Queue(now, nil)); got != all {
		t.Fatalf("%d operations", got)
	}
	l.Prune(all - 100)
	count := map[string]int{}
	for _, o := range l.Queue(now, nil) {
		count[fmt.Sprint(o.Scheduled.Number >= all-100, o.State == ops.OperationDone)]++
		if o.ID == approved {
			count["approved"]++
		}
	}
	if count["approved"] != 1 || count["true true"] != 90 || count["true false"]+count["false false"] != all/10 || count["false true"] != 201 {
		t.Errorf("%v", count)
	}
}

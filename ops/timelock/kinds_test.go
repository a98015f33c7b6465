package timelock_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// kind is one kind of timelock as its events are: each of call n, with a nonce where the
// contract counts.
type kind struct {
	name    string
	added   func(block ops.BlockRef, n int, nonce uint64) ops.Log // honest
	other   func(block ops.BlockRef, n int, nonce uint64) []ops.Log
	id      func(n int) common.Hash
	answers map[string]*big.Int // by the read's name, without the timelock's
}

var caller = common.HexToAddress("0x408ED6354d4973f66138C91495F2f2FCbd8724C3")

// first is the ETA of what has an absolute one, in seconds since 1970.
var first = big.NewInt(start.Unix() + delay)

func nonced(n uint64) common.Hash { return common.BigToHash(new(big.Int).SetUint64(n)) }

func emitted(block ops.BlockRef, data []byte, topics ...common.Hash) ops.Log {
	return ops.Log{Block: block, Address: address, Topics: topics, Data: data}
}

func compoundData(c ops.Call, eta *big.Int) []byte {
	return pack([]string{"uint256", "string", "bytes", "uint256"}, new(big.Int), "", c.Data, eta)
}

var kinds = []kind{
	{
		name: "compound",
		added: func(block ops.BlockRef, n int, _ uint64) ops.Log {
			c := call(n)
			id := timelock.HashTransaction(c.To, new(big.Int), "", c.Data, first)
			return emitted(block, compoundData(c, first), topic("QueueTransaction(bytes32,address,uint256,string,bytes,uint256)"), id, common.BytesToHash(c.To[:]))
		},
		other: func(block ops.BlockRef, n int, _ uint64) []ops.Log {
			c := call(n)
			id := timelock.HashTransaction(c.To, new(big.Int), "", c.Data, first)
			return []ops.Log{
				emitted(block, compoundData(c, first), topic("ExecuteTransaction(bytes32,address,uint256,string,bytes,uint256)"), id, common.BytesToHash(c.To[:])),
				emitted(block, compoundData(c, first), topic("CancelTransaction(bytes32,address,uint256,string,bytes,uint256)"), id, common.BytesToHash(c.To[:])),
				emitted(block, nil, topic("NewDelay(uint256)"), nonced(delay)),
			}
		},
		id:      func(n int) common.Hash { return timelock.HashTransaction(vault, new(big.Int), "", call(n).Data, first) },
		answers: map[string]*big.Int{"delay()": big.NewInt(delay), "GRACE_PERIOD()": big.NewInt(14 * 86400), "admin()": new(big.Int).SetBytes(caller[:])},
	},
	{
		name: "access-manager",
		added: func(block ops.BlockRef, n int, nonce uint64) ops.Log {
			c := call(n)
			return emitted(block, pack([]string{"uint48", "address", "address", "bytes"}, first, caller, c.To, c.Data),
				topic("OperationScheduled(bytes32,uint32,uint48,address,address,bytes)"), timelock.HashManaged(caller, c.To, c.Data), nonced(nonce))
		},
		other: func(block ops.BlockRef, n int, nonce uint64) []ops.Log {
			id := timelock.HashManaged(caller, vault, call(n).Data)
			return []ops.Log{
				emitted(block, nil, topic("OperationExecuted(bytes32,uint32)"), id, nonced(nonce)),
				emitted(block, nil, topic("OperationCanceled(bytes32,uint32)"), id, nonced(nonce)),
				emitted(block, nil, topic("RoleGuardianChanged(uint64,uint64)"), nonced(7), nonced(8)),
			}
		},
		id:      func(n int) common.Hash { return timelock.HashManaged(caller, vault, call(n).Data) },
		answers: map[string]*big.Int{"expiration()": big.NewInt(7 * 86400)},
	},
	{
		name: "delay",
		added: func(block ops.BlockRef, n int, nonce uint64) ops.Log {
			c := call(n)
			return emitted(block, pack([]string{"address", "uint256", "bytes", "uint8"}, c.To, new(big.Int), c.Data, uint8(0)),
				topic("TransactionAdded(uint256,bytes32,address,uint256,bytes,uint8)"), nonced(nonce), timelock.HashAdded(c))
		},
		other: func(block ops.BlockRef, _ int, nonce uint64) []ops.Log {
			return []ops.Log{emitted(block, nonced(nonce).Bytes(), topic("TxNonceSet(uint256)"))}
		},
		id:      func(n int) common.Hash { return timelock.HashAdded(call(n)) },
		answers: map[string]*big.Int{"txNonce()": new(big.Int), "txCooldown()": big.NewInt(delay), "txExpiration()": big.NewInt(86400), "owner()": new(big.Int).SetBytes(caller[:])},
	},
}

func (k kind) lock(approved ...common.Hash) timelock.Timelock {
	t := timelock.Timelock{ID: "T1", Kind: k.name, Address: address, Approved: map[common.Hash]string{}}
	for _, id := range approved {
		t.Approved[id] = "vault-v2 O1"
	}
	return t
}

// said answers the reads by their names; others are not answered.
func said(reads []ops.Read, answers map[string]*big.Int) ops.Readings {
	out := ops.Readings{}
	for _, r := range reads {
		if n, ok := answers[strings.TrimPrefix(r.Name, "T1.")]; ok {
			out[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: common.BigToHash(n).Bytes()}
		}
	}
	return out
}

// queue folds logs and brings them to a block, with the contract's answers.
func (k kind) queue(lock timelock.Timelock, now ops.BlockRef, logs ...ops.Log) []ops.Operation {
	l := lock.Start()
	l.Take(logs)
	return l.Queue(now, said(l.Asks(), k.answers))
}

func TestAnHonestEventIsReadAndApproved(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			for offset, want := range map[int64]ops.OperationState{-1: ops.OperationWaiting, 0: ops.OperationReady, 86400 - delay: ops.OperationWaiting} {
				queue := k.queue(k.lock(k.id(1)), at(9, delay+offset), k.added(at(1, 0), 1, 0), k.added(at(1, 0), 2, 1))
				if len(queue) != 2 {
					t.Fatalf("%+v", queue)
				}
				for _, o := range queue {
					if o.State != want || !o.ETA.Equal(start.Add(delay*time.Second)) || o.Checks[0].Verdict != ops.OK || (o.Approved == ops.OK) != (o.ID == k.id(1)) {
						t.Errorf("%+d s: %+v", offset, o)
					}
				}
			}
		})
	}
}

// What the contract does not answer is not made up.
func TestAContractThatSaysNothingIsUnknown(t *testing.T) {
	for _, k := range kinds {
		l := k.lock().Start()
		l.Take([]ops.Log{k.added(at(1, 0), 1, 0)})
		answers := ops.Readings{}
		for _, r := range l.Asks() {
			answers[r] = ops.Reading{Read: r, Status: ops.ReadReverted}
		}
		o := l.Queue(at(2, 1<<28), answers)[0]
		if c := o.Checks[len(o.Checks)-1]; c.Verdict != ops.Unknown || c.Why == "" || o.MinDelay != 0 || !o.Expires.IsZero() {
			t.Errorf("%s: %+v", k.name, o)
		}
	}
}

// The ledger of each kind that was told of blocks that a reorg took back says the same as
// one that never heard of them, also of what was only read; and so does a checkpoint.
func TestTheLedgerOfEachKindForgetsWhatAReorgTookBack(t *testing.T) {
	for _, k := range kinds {
		for seed := range uint64(100) {
			r := rand.New(rand.NewPCG(seed, 7))
			lock := k.lock(k.id(1))
			answers := func(n int) map[string]*big.Int { // of block n: a queue that moves, and what follows
				out := map[string]*big.Int{}
				for name, v := range k.answers {
					out[name] = v
				}
				out["txNonce()"] = big.NewInt(int64(n / 5))
				return out
			}
			fed := func(l *timelock.Ledger, n int, logs []ops.Log) {
				l.Take(logs)
				l.Queue(at(uint64(n), int64(n)*3600), said(l.Asks(), answers(n)))
			}
			l, kept := lock.Start(), [][]ops.Log{}
			for range 5 {
				for range 1 + r.IntN(12) {
					n := len(kept)
					block, nonce := at(uint64(n), int64(n)*3600), uint64(r.IntN(9))
					logs := append(k.other(block, r.IntN(4), nonce), k.added(block, r.IntN(4), uint64(n)))
					r.Shuffle(len(logs), func(i, j int) { logs[i], logs[j] = logs[j], logs[i] })
					logs = logs[:r.IntN(len(logs)+1)]
					for i := range logs {
						logs[i].Index = uint(i)
					}
					fed(l, n, logs)
					kept = append(kept, logs)
				}
				back := r.IntN(len(kept))
				l.Drop(uint64(back))
				kept = kept[:back]
			}
			fresh := lock.Start()
			for n, logs := range kept {
				fed(fresh, n, logs)
			}
			n := len(kept)
			now := at(uint64(n), int64(n)*3600)
			raw, err := fresh.Save(0, now)
			if err != nil {
				t.Fatal(err)
			}
			restored, _, err := lock.Restore(now.Chain, 0, raw)
			if err != nil {
				t.Fatal(err)
			}
			want := fresh.Queue(now, said(fresh.Asks(), answers(n)))
			if got := l.Queue(now, said(l.Asks(), answers(n))); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, seed %d:\n%+v\nwant\n%+v", k.name, seed, got, want)
			}
			if got := restored.Queue(now, said(restored.Asks(), answers(n))); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s, seed %d, from a checkpoint:\n%+v\nwant\n%+v", k.name, seed, got, want)
			}
		}
	}
}

package timelock_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// An event that lies about its id, or cannot be read whole, is never approved.
func TestAnEventThatLiesIsUnknown(t *testing.T) {
	for _, k := range kinds {
		for name, spoil := range map[string]func(l *ops.Log){
			"another id":        func(l *ops.Log) { l.Data = k.added(l.Block, 2, 0).Data },
			"no data":           func(l *ops.Log) { l.Data = nil },
			"data cut short":    func(l *ops.Log) { l.Data = l.Data[:len(l.Data)-40] },
			"an endless length": func(l *ops.Log) { copy(l.Data[len(l.Data)-2*32:], common.MaxHash[:]) },
			"another word":      func(l *ops.Log) { l.Data[len(l.Data)-27] ^= 1 },
		} {
			t.Run(k.name+", "+name, func(t *testing.T) {
				l := k.added(at(1, 0), 1, 0)
				l.Data = append([]byte{}, l.Data...)
				spoil(&l)
				queue := k.queue(k.lock(k.id(1)), at(2, 1), l)
				if len(queue) != 1 || queue[0].Approved != ops.Unknown || queue[0].ApprovedAs != "" || queue[0].Checks[0].Why == "" {
					t.Errorf("%+v", queue)
				}
			})
		}
	}
}

// What no calendar holds never comes ready, sorts last, and breaks nothing.
func TestHugeNumbersNeverComeReady(t *testing.T) {
	huge := common.MaxHash.Big()
	c := call(1)
	far := at(9, 1<<33)
	compound := emitted(at(1, 0), compoundData(c, huge), topic("QueueTransaction(bytes32,address,uint256,string,bytes,uint256)"),
		timelock.HashTransaction(c.To, new(big.Int), "", c.Data, huge), common.BytesToHash(c.To[:]))
	last := kinds[2].added(at(1, 0), 1, 0)
	last.Topics[1] = common.MaxHash // a nonce of 2^256-1
	managed := emitted(at(1, 0), pack([]string{"uint48", "address", "address", "bytes"}, big.NewInt(1<<48-1), caller, c.To, c.Data),
		topic("OperationScheduled(bytes32,uint32,uint48,address,address,bytes)"), timelock.HashManaged(caller, c.To, c.Data), common.MaxHash)
	for i, l := range []ops.Log{compound, managed, last} {
		k := kinds[i]
		k.answers = map[string]*big.Int{"delay()": huge, "GRACE_PERIOD()": huge, "expiration()": huge, "txNonce()": new(big.Int), "txCooldown()": huge, "txExpiration()": huge, "owner()": huge}
		o := timelock.Sorted(k.queue(k.lock(), far, l))[0]
		if o.State != ops.OperationWaiting || !o.ETA.IsZero() || !o.Expires.IsZero() || o.Checks[0].Verdict != ops.OK {
			t.Errorf("%s: %+v", k.name, o)
		}
	}
}

// An approval is for one time: the same id executed before, or perhaps executed before,
// or waiting already, is not approved again.
func TestAnApprovalIsForOneTime(t *testing.T) {
	manager, delays := kinds[1], kinds[2]
	done := manager.other(at(2, delay), 1, 1)
	queue := manager.queue(manager.lock(manager.id(1)), at(4, delay+12), manager.added(at(1, 0), 1, 1), done[0], manager.added(at(3, delay+6), 1, 2))
	if o := queue[1]; o.Approved != ops.Breach || o.Spent.Number != 2 || o.Checks[len(o.Checks)-1].Verdict != ops.Breach || queue[0].Approved != ops.OK {
		t.Errorf("executed before: %+v", queue)
	}
	queue = manager.queue(manager.lock(manager.id(1)), at(4, delay+12), manager.added(at(1, 0), 1, 1), done[1], manager.added(at(3, delay+6), 1, 2))
	if o := queue[1]; o.Approved != ops.OK || o.Again.Number != 2 {
		t.Errorf("cancelled before: %+v", queue)
	}
	twice := []ops.Log{delays.added(at(1, 0), 1, 0), delays.added(at(1, 0), 1, 1)}
	if queue = delays.queue(delays.lock(delays.id(1)), at(2, 1), twice...); queue[0].Approved != ops.OK || queue[1].Approved != ops.Breach {
		t.Errorf("waits already: %+v", queue)
	}
	delays.answers = map[string]*big.Int{"txNonce()": big.NewInt(1), "txCooldown()": big.NewInt(delay), "txExpiration()": new(big.Int)}
	if queue = delays.queue(delays.lock(delays.id(1)), at(2, 1), twice...); queue[1].Approved != ops.Unknown || queue[0].State != ops.OperationOver {
		t.Errorf("perhaps executed before: %+v", queue)
	}
}

// FuzzKinds feeds each kind events of its own with foreign bytes: whatever they are,
// what is approved is what was honestly given.
func FuzzKinds(f *testing.F) {
	for i, k := range kinds {
		l := k.added(at(1, 0), 1, 0)
		f.Add(uint8(i), uint8(0), l.Topics[1][:], l.Topics[2][:], l.Data)
	}
	created := pack([]string{"uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string"}, big.NewInt(1), caller,
		[]common.Address{vault}, []*big.Int{new(big.Int)}, []string{""}, [][]byte{call(1).Data}, big.NewInt(1), big.NewInt(2), "# a title\nand words")
	f.Add(uint8(0), uint8(200), []byte{}, []byte{}, created)
	f.Fuzz(func(t *testing.T, which, event uint8, one, two, data []byte) {
		k := kinds[int(which)%len(kinds)]
		lock := k.lock(common.Hash{1})
		lock.Governor = caller
		topics := lock.Topics()
		l := emitted(at(1, 0), data, topics[int(event)%len(topics)], common.BytesToHash(one), common.BytesToHash(two))
		governed := l
		governed.Address = caller
		for _, o := range k.queue(lock, at(2, 1<<25), k.added(at(1, 0), 1, 0), l, governed, l) {
			if o.Approved == ops.OK {
				t.Fatalf("approved: %+v", o)
			}
			if len([]rune(o.Proposal.Title)) > 81 {
				t.Fatalf("a title of %d", len(o.Proposal.Title))
			}
		}
	})
}

// A proposal whose event cannot be read, or which promises more than it holds, is none.
func TestAProposalThatCannotBeReadIsNone(t *testing.T) {
	form := []string{"uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string"}
	good := pack(form, big.NewInt(1), caller, []common.Address{vault}, []*big.Int{new(big.Int)}, []string{""}, [][]byte{call(1).Data}, big.NewInt(1), big.NewInt(2), strings.Repeat("é", 500))
	lock := kinds[0].lock()
	lock.Governor = caller
	see := func(data []byte) []ops.Operation {
		l := emitted(at(1, 0), data, topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)"))
		l.Address = caller
		return kinds[0].queue(lock, at(1, 0), l)
	}
	if queue := see(good); len(queue) != 1 || queue[0].State != ops.OperationProposed || len([]rune(queue[0].Proposal.Title)) != 81 {
		t.Errorf("%+v", queue)
	}
	uneven := pack(form, big.NewInt(1), caller, []common.Address{vault}, []*big.Int{}, []string{""}, [][]byte{{}}, big.NewInt(1), big.NewInt(2), "")
	for name, data := range map[string][]byte{"cut short": good[:len(good)-64], "nothing": nil, "uneven": uneven, "its id alone": good[:32]} {
		if queue := see(data); len(queue) != 0 {
			t.Errorf("%s: %+v", name, queue)
		}
	}
}

// A checkpoint holds the proposals too, and one of another governor's queue is refused.
// Of an old proposal nothing is shown until the governor says that it is open.
func TestACheckpointHoldsWhatAGovernorHasBeforeIt(t *testing.T) {
	form := []string{"uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string"}
	log := emitted(at(1, 0), pack(form, big.NewInt(7), caller, []common.Address{vault}, []*big.Int{new(big.Int)}, []string{""}, [][]byte{call(1).Data}, big.NewInt(1), big.NewInt(2), "a title"),
		topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)"))
	log.Address = caller
	lock := kinds[0].lock()
	lock.Governor = caller
	l := lock.Start()
	l.Take([]ops.Log{log})
	raw, err := l.Save(0, at(2, 1))
	if err != nil {
		t.Fatal(err)
	}
	restored, _, err := lock.Restore(0, 0, raw)
	if err != nil {
		t.Fatal(err)
	}
	if queue := restored.Queue(at(3, 2), nil); len(queue) != 0 {
		t.Errorf("nobody said that it is open: %+v", queue)
	}
	for state, want := range map[int64]int{0: 1, 1: 1, 2: 0, 3: 0, 4: 1, 5: 1, 6: 0, 7: 0} {
		fresh, _, err := lock.Restore(0, 0, raw)
		if err != nil {
			t.Fatal(err)
		}
		if queue := fresh.Queue(at(3, 2), said(fresh.Asks(), map[string]*big.Int{"governor.state(7)": big.NewInt(state)})); len(queue) != want {
			t.Errorf("in state %d: %+v", state, queue)
		}
		if asks := len(fresh.Asks()); asks != 3+want {
			t.Errorf("in state %d %d reads are asked", state, asks)
		}
	}
	lock.Governor = vault
	if _, _, err := lock.Restore(0, 0, raw); !errors.Is(err, timelock.ErrCheckpoint) {
		t.Errorf("of another governor: %v", err)
	}
}

package timelock_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// What waits says how it is cancelled; the same calldata is taken back for the same
// operation alone, to the byte.
func TestWhatCancelsAnOperationIsOfItAlone(t *testing.T) {
	for _, k := range kinds {
		lock := k.lock()
		queue := k.queue(lock, at(2, 1), k.added(at(1, 0), 1, 0), k.added(at(1, 0), 2, 1))
		o, other := queue[0], queue[1]
		call, err := lock.Cancelling(o.ID, o.Nonce, o.Cancel)
		if err != nil || call.To != address || !bytes.Equal(call.Data, o.Cancel) || call.Value != "0" {
			t.Fatalf("%s: %+v, %v", k.name, call, err)
		}
		for name, data := range map[string][]byte{
			"nothing": nil, "its selector alone": o.Cancel[:4], "cut short": o.Cancel[:len(o.Cancel)-1], "a byte more": append(bytes.Clone(o.Cancel), 0),
			"another function": append([]byte{1, 2, 3, 4}, o.Cancel[4:]...), "another operation": other.Cancel, "endless": make([]byte, 1<<20),
		} {
			if _, err := lock.Cancelling(o.ID, o.Nonce, data); !errors.Is(err, timelock.ErrCancel) {
				t.Errorf("%s: %s: %v", k.name, name, err)
			}
		}
	}
	z := timelock.Timelock{ID: "T1", Address: address}
	id := common.Hash{7}
	data := append(topic("cancel(bytes32)").Bytes()[:4], id[:]...)
	if call, err := z.Cancelling(id, "", data); err != nil || !strings.HasPrefix(call.Function, "cancel(0x0700…") {
		t.Errorf("%+v, %v", call, err)
	}
	if _, err := z.Cancelling(common.Hash{8}, "", data); err == nil {
		t.Error("another's")
	}
}

// An event that lies about its id gives nothing that cancels, for nobody knows what that
// would do; and what does not wait cannot be cancelled.
func TestWhatLiesIsNotCancelledByItsLies(t *testing.T) {
	for _, k := range kinds[:2] {
		l := k.added(at(1, 0), 1, 0)
		l.Data = k.added(at(1, 0), 2, 0).Data
		if queue := k.queue(k.lock(), at(2, 1), l); queue[0].Cancel != nil {
			t.Errorf("%s: %x", k.name, queue[0].Cancel)
		}
		if queue := k.queue(k.lock(), at(3, 1), k.added(at(1, 0), 1, 0), k.other(at(2, 1), 1, 0)[0]); queue[0].Cancel != nil {
			t.Errorf("%s is over: %x", k.name, queue[0].Cancel)
		}
	}
}

func TestAnOperationIsGoneWhenItsContractSaysSo(t *testing.T) {
	for kind, c := range map[string]struct {
		here, gone int64
		says       string
	}{
		"oz": {1900000000, 0, "getTimestamp is 0"}, "compound": {1, 0, "queuedTransactions is 0"}, "access-manager": {1900000000, 0, "getSchedule is 0"}, "delay": {3, 4, "txNonce is 4"},
	} {
		g := timelock.Timelock{ID: "T1", Kind: kind, Address: address}.Gone(common.Hash{7}, "3", "cancelled(T1, operation) == true")
		judged := func(n int64) ops.Assessment {
			r := g.Reads()[0]
			return g.Judge(ops.Readings{r: {Read: r, Status: ops.ReadOK, Data: common.BigToHash(big.NewInt(n)).Bytes()}}, nil)
		}
		if a := judged(c.here); a.Verdict != ops.Breach || !strings.HasPrefix(a.Observed, "false, ") {
			t.Errorf("%s: %+v", kind, a)
		}
		if a := judged(c.gone); a.Verdict != ops.OK || a.Observed != "true, "+c.says {
			t.Errorf("%s: %+v", kind, a)
		}
		if a := g.Judge(ops.Readings{}, nil); a.Verdict != ops.Unknown || a.Why == "" {
			t.Errorf("%s: %+v", kind, a)
		}
	}
	if a := (timelock.Timelock{ID: "T1", Address: address}).Gone(common.Hash{7}, "", "x"); a.Judge(ops.Readings{a.Reads()[0]: {Status: ops.ReadOK, Data: common.Hash{31: 1}.Bytes()}}, nil).Verdict != ops.Breach {
		t.Error("what was executed left the queue of a TimelockController, and was not cancelled")
	}
}

// All that goes with an operation of a Delay is named, also what was queued before the
// history begins.
func TestWhatIsVoidedWithAnOperationIsNamed(t *testing.T) {
	k := kinds[2]
	l := k.lock(k.id(1)).Start()
	l.Take([]ops.Log{k.added(at(1, 0), 1, 3), k.added(at(1, 0), 2, 4), k.added(at(1, 0), 3, 5)})
	k.answers = map[string]*big.Int{"txNonce()": big.NewInt(1), "txCooldown()": big.NewInt(delay), "txExpiration()": new(big.Int)}
	queue := l.Queue(at(2, 1), said(l.Asks(), k.answers))
	got := fmt.Sprintf("%q", queue[2].Voids)
	for _, want := range []string{"T1·3 ", "(APPROVED as vault-v2 O1)", "T1·4 ", "(approved by nobody)", "2 that were queued before the history that is read"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	if strings.Contains(got, "T1·5") {
		t.Error(got)
	}
	delete(k.answers, "txNonce()")
	if got := l.Queue(at(2, 1), said(l.Asks(), k.answers))[0].Voids; len(got) != 1 || !strings.Contains(got[0], "is not known") {
		t.Errorf("%q", got)
	}
	k.answers["txNonce()"] = big.NewInt(4)
	if queue = l.Queue(at(3, 2), said(l.Asks(), k.answers)); queue[1].Voids != nil || len(queue[2].Voids) != 1 {
		t.Errorf("%q, %q", queue[1].Voids, queue[2].Voids)
	}
	for n := range 40 {
		l.Take([]ops.Log{k.added(at(4, 3), n, uint64(6+n))})
	}
	queue = l.Queue(at(4, 3), said(l.Asks(), k.answers))
	if got := queue[len(queue)-1].Voids; len(got) != 13 || got[12] != "29 others" {
		t.Errorf("%q", got)
	}
	for _, k := range kinds[:2] {
		if queue := k.queue(k.lock(), at(2, 1), k.added(at(1, 0), 1, 0), k.added(at(1, 0), 2, 1)); queue[1].Voids != nil {
			t.Errorf("%s: %q", k.name, queue[1].Voids)
		}
	}
}

// A Delay that was moved to the nonce after an operation's never executed it.
func TestWhatADelayWasMovedPastIsCancelled(t *testing.T) {
	k := kinds[2]
	k.answers = map[string]*big.Int{"txNonce()": big.NewInt(2), "txCooldown()": big.NewInt(delay), "txExpiration()": new(big.Int)}
	set := emitted(at(2, 6), nonced(2).Bytes(), topic("TxNonceSet(uint256)"))
	l := k.lock().Start()
	l.Take([]ops.Log{k.added(at(1, 0), 1, 0), k.added(at(1, 0), 2, 1), set})
	queue := l.Queue(at(3, 7), said(l.Asks(), k.answers))
	if queue[0].State != ops.OperationOver || queue[1].State != ops.OperationCancelled || queue[1].Ended.Number != 2 {
		t.Errorf("%+v", queue)
	}
	l.Drop(2)
	k.answers["txNonce()"] = new(big.Int)
	if queue = l.Queue(at(2, 6), said(l.Asks(), k.answers)); queue[0].State != ops.OperationWaiting || queue[1].State != ops.OperationWaiting {
		t.Errorf("a reorg took it back: %+v", queue)
	}
}

// FuzzCancelling feeds foreign bytes to what the journal kept.
func FuzzCancelling(f *testing.F) {
	for i, k := range kinds {
		o := k.queue(k.lock(), at(2, 1), k.added(at(1, 0), 1, 0))[0]
		f.Add(uint8(i), o.ID[:], "0", o.Cancel)
	}
	f.Fuzz(func(t *testing.T, which uint8, id []byte, nonce string, data []byte) {
		lock := kinds[int(which)%len(kinds)].lock()
		call, err := lock.Cancelling(common.BytesToHash(id), nonce, data)
		if err == nil && (!bytes.Equal(call.Data, data) || len(call.Function) > 1000) {
			t.Fatalf("%+v", call)
		}
	})
}

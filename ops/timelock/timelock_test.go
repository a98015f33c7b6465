package timelock_test

import (
	"encoding/binary"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

var (
	address = common.HexToAddress("0x37fF10390F22fABDc2137E428A6E6965960D60b6")
	vault   = common.HexToAddress("0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa")
	start   = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
)

const delay = 48 * 3600

// call n is one of many different calls.
func call(n int) ops.Call {
	return ops.Call{To: vault, Value: "0", Data: binary.BigEndian.AppendUint64([]byte{1, 2, 3, 4}, uint64(n))}
}

func at(n uint64, seconds int64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.BigToHash(new(big.Int).SetUint64(n + 1)), Time: start.Add(time.Duration(seconds) * time.Second)}
}

func pack(types []string, values ...any) []byte {
	var args abi.Arguments
	for _, name := range types {
		t, err := abi.NewType(name, "", nil)
		if err != nil {
			panic(err)
		}
		args = append(args, abi.Argument{Type: t})
	}
	b, err := args.Pack(values...)
	if err != nil {
		panic(err)
	}
	return b
}

func topic(signature string) common.Hash { return crypto.Keccak256Hash([]byte(signature)) }

// scheduled is the event of one call of an operation.
func scheduled(block ops.BlockRef, id common.Hash, index int64, c ops.Call, delay *big.Int) ops.Log {
	return ops.Log{
		Block: block, Address: address, Index: uint(index),
		Topics: []common.Hash{topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)"), id, common.BigToHash(big.NewInt(index))},
		Data:   pack([]string{"address", "uint256", "bytes", "bytes32", "uint256"}, c.To, new(big.Int), c.Data, common.Hash{}, delay),
	}
}

func salted(block ops.BlockRef, id, salt common.Hash) ops.Log {
	return ops.Log{Block: block, Address: address, Topics: []common.Hash{topic("CallSalt(bytes32,bytes32)"), id}, Data: salt[:]}
}

func executed(block ops.BlockRef, id common.Hash) ops.Log {
	return ops.Log{Block: block, Address: address, Topics: []common.Hash{topic("CallExecuted(bytes32,uint256,address,uint256,bytes)"), id, {}}}
}

func cancelled(block ops.BlockRef, id common.Hash) ops.Log {
	return ops.Log{Block: block, Address: address, Topics: []common.Hash{topic("Cancelled(bytes32)"), id}}
}

func fold(now ops.BlockRef, logs ...ops.Log) []ops.Operation {
	return folded(timelock.Timelock{ID: "T1", Address: address}, now, logs...)
}

func folded(lock timelock.Timelock, now ops.BlockRef, logs ...ops.Log) []ops.Operation {
	l := lock.Start()
	l.Take(logs)
	return l.Queue(now, nil)
}

// The id of the Sonne attack: _setCollateralFactor(soVELO, 0.35e18).
func TestTheIdsOfARealAttackComeOut(t *testing.T) {
	const soVELO = "0xe3b81318B1b6776F0877c3770AfDdFf97b9f5fE5"
	data := append(crypto.Keccak256([]byte("_setCollateralFactor(address,uint256)"))[:4],
		pack([]string{"address", "uint256"}, common.HexToAddress(soVELO), big.NewInt(350_000_000_000_000_000))...)
	comptroller := ops.Call{To: common.HexToAddress("0x60CF091cD3f50420d50fD7f707414d0DF4751C58"), Value: "0", Data: data}
	salt := common.HexToHash("0xe50459992a5c9678d53efbffbf6b95687111e5789dada996e41fea2986077bed")
	single := common.HexToHash("0x638bb6cc2a01015dbf6efe0eeaae2a728d324fb9b527bdf2ef946aaf05499052")
	batch := common.HexToHash("0xd555d3303ade47e152855ac7162be0d23eb75a41a9995b452f163ddea7344d79")
	if got := timelock.HashOperation(comptroller, common.Hash{}, salt); got != single {
		t.Errorf("single: %s, want %s", got, single)
	}
	if got := timelock.HashOperationBatch([]ops.Call{comptroller}, common.Hash{}, salt); got != batch {
		t.Errorf("batch: %s, want %s", got, batch)
	}
}

func TestASingleCallAndABatchOfOneAreToldApart(t *testing.T) {
	c, salt := call(1), common.Hash{9}
	single := timelock.HashOperation(c, common.Hash{}, salt)
	batch := timelock.HashOperationBatch([]ops.Call{c}, common.Hash{}, salt)
	for id, isBatch := range map[common.Hash]bool{single: false, batch: true} {
		block := at(1, 0)
		queue := fold(at(2, 1), scheduled(block, id, 0, c, big.NewInt(delay)), salted(block, id, salt))
		if o := queue[0]; o.Batch != isBatch || o.Approved != ops.Breach || o.Checks[0].Verdict != ops.OK || o.Salt != salt {
			t.Errorf("%+v", o)
		}
	}
}

func TestABatchIsPutTogetherFromItsEventsInAnyOrder(t *testing.T) {
	calls := []ops.Call{call(1), call(2), call(3)}
	id := timelock.HashOperationBatch(calls, common.Hash{}, common.Hash{})
	block := at(1, 0)
	var logs []ops.Log
	for _, i := range []int64{2, 0, 1} {
		logs = append(logs, scheduled(block, id, i, calls[i], big.NewInt(delay)))
	}
	queue := fold(at(2, 1), logs...)
	if len(queue) != 1 || !queue[0].Batch || len(queue[0].Calls) != 3 || string(queue[0].Calls[2].Data) != string(calls[2].Data) || queue[0].Checks[0].Verdict != ops.OK {
		t.Fatalf("%+v", queue)
	}
	queue = fold(at(2, 1), logs[0], logs[2]) // the first call's event was lost
	if o := queue[0]; o.Approved != ops.Unknown || !strings.Contains(o.Checks[0].Why, "call 1 of 2 is missing") {
		t.Errorf("%+v", o)
	}
}

func TestApprovedIsOnlyWhatAReleaseNames(t *testing.T) {
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	logs := []ops.Log{scheduled(at(1, 0), id, 0, c, big.NewInt(delay))}
	approving := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{id: "vault-v2 O2"}}
	if o := folded(approving, at(2, 1), logs...)[0]; o.Approved != ops.OK || o.ApprovedAs != "vault-v2 O2" {
		t.Errorf("%+v", o)
	}
	if o := fold(at(2, 1), logs...)[0]; o.Approved != ops.Breach || o.ApprovedAs != "" {
		t.Errorf("%+v", o)
	}
}

// An id that is approved says nothing while it does not come out of the calls.
func TestWithoutItsSaltAnOperationIsUnknownAndNeverApproved(t *testing.T) {
	c, salt := call(1), common.Hash{9}
	id := timelock.HashOperation(c, common.Hash{}, salt)
	lock := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{id: "vault-v2 O1"}}
	block := at(1, 0)
	if o := folded(lock, at(2, 1), scheduled(block, id, 0, c, big.NewInt(delay)))[0]; o.Approved != ops.Unknown || o.ApprovedAs != "" || !strings.Contains(o.Checks[0].Why, "salt may be unknown") {
		t.Errorf("%+v", o)
	}
	forged := c
	forged.Data = []byte{6, 6, 6, 6}
	if o := folded(lock, at(2, 1), scheduled(block, id, 0, forged, big.NewInt(delay)), salted(block, id, salt))[0]; o.Approved != ops.Unknown {
		t.Errorf("other calls under an approved id: %+v", o)
	}
}

func TestAnOperationIsReadyAtItsSecondAndNotBefore(t *testing.T) {
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	for offset, want := range map[int64]ops.OperationState{-1: ops.OperationWaiting, 0: ops.OperationReady, 1: ops.OperationReady} {
		o := fold(at(9, delay+offset), scheduled(at(1, 0), id, 0, c, big.NewInt(delay)))[0]
		if o.State != want || !o.ETA.Equal(start.Add(delay*time.Second)) {
			t.Errorf("%+d s: %s, ETA %s", offset, o.State, o.ETA)
		}
	}
}

func TestADelayWithoutEndNeverComesReadyAndSortsLast(t *testing.T) {
	const century = 100 * 365 * 86400
	var logs []ops.Log
	for i, d := range []*big.Int{new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(1 << 41), big.NewInt(3 * century), big.NewInt(delay)} {
		c := call(i)
		logs = append(logs, scheduled(at(1, 0), timelock.HashOperation(c, common.Hash{}, common.Hash{}), 0, c, d))
	}
	queue := timelock.Sorted(fold(at(9, 1<<30), logs...))
	if queue[0].State != ops.OperationReady || queue[1].ETA.Sub(start).Hours() < 290*365*24 && queue[1].ETA.Year() < 2300 {
		t.Errorf("%+v", queue[:2])
	}
	for _, o := range queue[2:] {
		if o.State != ops.OperationWaiting || !o.ETA.IsZero() {
			t.Errorf("%+v", o)
		}
	}
}

func TestWhatIsCancelledCanBeScheduledAnew(t *testing.T) {
	c, salt := call(1), common.Hash{9}
	id := timelock.HashOperation(c, common.Hash{}, salt)
	logs := []ops.Log{
		scheduled(at(1, 0), id, 0, c, big.NewInt(delay)), salted(at(1, 0), id, salt), cancelled(at(2, 12), id),
	}
	if o := fold(at(3, 24), logs...)[0]; o.State != ops.OperationCancelled || o.Ended.Number != 2 {
		t.Errorf("%+v", o)
	}
	logs = append(logs, scheduled(at(4, 100), id, 0, c, big.NewInt(delay)), salted(at(4, 100), id, salt))
	queue := fold(at(5, 101), logs...)
	if o := queue[0]; len(queue) != 1 || o.State != ops.OperationWaiting || o.Scheduled.Number != 4 || !o.Ended.Zero() || !o.ETA.Equal(start.Add((delay+100)*time.Second)) || len(o.Calls) != 1 {
		t.Errorf("%+v", queue)
	}
	logs = append(logs, executed(at(6, delay+100), id))
	if o := fold(at(7, delay+112), logs...)[0]; o.State != ops.OperationDone || o.Ended.Number != 6 {
		t.Errorf("%+v", o)
	}
}

func TestLogsOfOthersAndOfUnknownOperationsAreLeftAlone(t *testing.T) {
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	foreign := scheduled(at(1, 0), id, 0, c, big.NewInt(delay))
	foreign.Address = vault
	queue := fold(at(2, 1), foreign, executed(at(1, 0), id), cancelled(at(1, 0), id), salted(at(1, 0), id, id),
		ops.Log{Address: address}, ops.Log{Address: address, Topics: []common.Hash{id}}, ops.Log{Address: address, Topics: []common.Hash{id, id}})
	if len(queue) != 0 {
		t.Errorf("%+v", queue)
	}
}

func TestAnEventThatCannotBeReadLeavesItsOperationUnknown(t *testing.T) {
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	good := scheduled(at(1, 0), id, 0, c, big.NewInt(delay))
	for name, spoil := range map[string]func(l *ops.Log){
		"no index":            func(l *ops.Log) { l.Topics = l.Topics[:2] },
		"no data":             func(l *ops.Log) { l.Data = nil },
		"data cut short":      func(l *ops.Log) { l.Data = l.Data[:len(l.Data)-40] },
		"an index far beyond": func(l *ops.Log) { l.Topics[2] = common.MaxHash },
		"an endless length":   func(l *ops.Log) { copy(l.Data[5*32:], common.MaxHash[:]) },
	} {
		t.Run(name, func(t *testing.T) {
			l := good
			l.Topics, l.Data = append([]common.Hash{}, good.Topics...), append([]byte{}, good.Data...)
			spoil(&l)
			lock := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{id: "x"}}
			queue := folded(lock, at(2, 1), l)
			if len(queue) != 1 || queue[0].Approved != ops.Unknown || queue[0].Checks[0].Why == "" {
				t.Errorf("%+v", queue)
			}
		})
	}
}

func TestShortIdsGrowWhereTwoWouldBeTheSame(t *testing.T) {
	var logs []ops.Log
	for _, id := range []common.Hash{{0x4a, 0x11}, {0x4a, 0x12}, {0x4b}, {0x4a, 0x11, 1}} {
		logs = append(logs, scheduled(at(1, 0), id, 0, call(1), big.NewInt(delay)))
	}
	var got []string
	for _, o := range fold(at(2, 1), logs...) {
		got = append(got, o.Short)
	}
	if want := "T1·4a1100 T1·4a1101 T1·4a12 T1·4b"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestTheQueueIsSortedByWhatComesFirst(t *testing.T) {
	waiting := func(n uint64, eta int) ops.Operation {
		return ops.Operation{State: ops.OperationWaiting, Scheduled: at(n, 0), ETA: start.Add(time.Duration(eta) * time.Second)}
	}
	ready, done, cancelled := waiting(1, 1), waiting(2, 0), waiting(3, 0)
	ready.State, done.State, cancelled.State = ops.OperationReady, ops.OperationDone, ops.OperationCancelled
	queue := timelock.Sorted([]ops.Operation{done, waiting(4, 9), cancelled, waiting(5, 8), ready})
	var got []uint64
	for _, o := range queue {
		got = append(got, o.Scheduled.Number)
	}
	for i, want := range []uint64{1, 5, 4, 3, 2} {
		if got[i] != want {
			t.Fatalf("%v", got)
		}
	}
}

func FuzzFold(f *testing.F) {
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	good := scheduled(at(1, 0), id, 0, c, big.NewInt(delay))
	f.Add(good.Topics[0][:], good.Topics[2][:], good.Data)
	f.Add(salted(at(1, 0), id, id).Topics[0][:], []byte{}, []byte{1})
	f.Add(executed(at(1, 0), id).Topics[0][:], []byte{}, []byte{})
	lock := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{{1}: "x"}}
	f.Fuzz(func(t *testing.T, kind, index, data []byte) {
		l := ops.Log{Block: at(1, 0), Address: address, Topics: []common.Hash{common.BytesToHash(kind), {1}, common.BytesToHash(index)}, Data: data}
		for _, o := range folded(lock, at(2, 1), good, l, l) {
			if o.ID == (common.Hash{1}) && o.Approved == ops.OK {
				t.Fatalf("approved: %+v", o)
			}
		}
	})
}

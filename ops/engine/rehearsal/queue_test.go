package rehearsal_test

import (
	"encoding/binary"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// longQueue is a chain on which a timelock had operations scheduled, evenly over all
// blocks; of ten one still waits, and the others were executed in the next block.
func longQueue(t testing.TB, blocks, operations int) *chaintest.Server {
	t.Helper()
	fake := chaintest.Serve(t, chaintest.New(uint64(ops.FirstDrillChain)))
	fake.Leap(blocks)
	lock := drill.Addresses().Timelock
	word := func(name string) abi.Argument {
		kind, err := abi.NewType(name, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return abi.Argument{Type: kind}
	}
	data := abi.Arguments{word("address"), word("uint256"), word("bytes"), word("bytes32"), word("uint256")}
	topic := func(signature string) common.Hash { return crypto.Keccak256Hash([]byte(signature)) }
	stamps := map[string][]byte{}
	for n := range operations {
		block := fake.At(1 + n*(blocks-3)/operations)
		c := ops.Call{To: drill.Addresses().Vault, Value: "0", Data: binary.BigEndian.AppendUint64([]byte{1, 2, 3, 4}, uint64(n))}
		id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
		packed, err := data.Pack(c.To, new(big.Int), c.Data, common.Hash{}, big.NewInt(1<<30))
		if err != nil {
			t.Fatal(err)
		}
		fake.Emit(block, types.Log{Address: lock, Topics: []common.Hash{topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)"), id, {}}, Data: packed, Index: uint(n)})
		stamps[string(id[:])] = chaintest.Word(uint64(block.Time) + 1<<30)
		if n%10 != 0 {
			stamps[string(id[:])] = chaintest.Word(1)
			fake.Emit(fake.At(int(block.Number)+1), types.Log{Address: lock, Topics: []common.Hash{topic("CallExecuted(bytes32,uint256,address,uint256,bytes)"), id, {}}, Index: uint(operations + n)})
		}
	}
	fake.Call = func(data []byte) ([]byte, error) {
		return chaintest.Aggregate(data, func(_ byte, _ common.Address, data []byte) chaintest.Answer {
			if len(data) == 36 {
				if stamp, ok := stamps[string(data[4:])]; ok {
					return chaintest.Answer{Status: 1, Data: stamp}
				}
			}
			return chaintest.Answer{Status: 1, Data: chaintest.Word(1000)}
		}), nil
	}
	return fake
}

// waiting reads how many operations wait, once the queue was read back.
func (w *watcher) waiting() (waiting, doubtful int) {
	w.t.Helper()
	for _, o := range w.until("the queue is read back", func(s ops.Snapshot) bool { return !s.Head.Zero() && s.Blind == "" }).Queue {
		if o.State == ops.OperationWaiting {
			waiting++
		}
		for _, c := range o.Checks {
			if c.Verdict != ops.OK {
				doubtful++
			}
		}
	}
	return waiting, doubtful
}

// What a checkpoint holds is not read again; one that is damaged, of another chain or of
// another queue is said, and read back from the chain.
func TestACheckpointMakesTheNextStartQuick(t *testing.T) {
	s := newStage(t, 1)
	fake := longQueue(t, 25_000, 300)
	folder := t.TempDir()
	path := filepath.Join(folder, "queue-T1.json")
	start := func(wait int) (requests int, log string) {
		t.Helper()
		before := fake.Requests()
		w := s.consoleIn(t, folder, fake.HTTP, fake.WS, journal.Options{})
		if n, doubtful := w.waiting(); n != wait || doubtful > 0 {
			t.Fatalf("%d wait, %d checks fail", n, doubtful)
		}
		for _, e := range w.last.Log {
			log += e.Text + "\n"
		}
		w.quit()
		return fake.Requests() - before, log
	}
	first, _ := start(30)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	second, log := start(30)
	if first-second < 4 || strings.Contains(log, "is read back from") {
		t.Errorf("%d requests at first, %d with a checkpoint: %s", first, second, log)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() string{
		"a byte":     func() string { return strings.Replace(string(whole), `"n":`, `"n":1`, 1) },
		"cut off":    func() string { return string(whole[:len(whole)/2]) },
		"empty":      func() string { return "" },
		"of nothing": func() string { return "{}" },
	} {
		if err := os.WriteFile(path, []byte(spoil()), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, log := start(30); !strings.Contains(log, "T1 is read back from #0: the checkpoint cannot be used") {
			t.Errorf("%s: %s", name, log)
		}
	}
	fake.Reorg(2000, 2100) // deeper than any that the checkpoint waits for
	if _, log := start(28); !strings.Contains(log, "of a chain that is no more") {
		t.Errorf("another chain: %s", log)
	}
}

// BenchmarkQueueReadBack is the start of a console on a chain of 100,000 blocks with
// 5,000 operations: without a checkpoint, and with one.
func BenchmarkQueueReadBack(b *testing.B) {
	s := newStage(b, 1)
	fake := longQueue(b, 100_000, 5_000)
	folder := b.TempDir()
	for _, name := range []string{"first", "checkpoint"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if name == "first" {
					folder = b.TempDir()
				}
				w := s.consoleIn(b, folder, fake.HTTP, fake.WS, journal.Options{})
				if n, doubtful := w.waiting(); n != 500 || doubtful > 0 {
					b.Fatalf("%d wait, %d checks fail", n, doubtful)
				}
				w.quit()
			}
		})
	}
}

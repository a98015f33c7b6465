package engine

import (
	"fmt"
	"math/big"
	"runtime"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// What a block of so many logs may cost, in bytes: allocated in all while the node of the
// test encodes it and the console reads and judges it, and held afterwards for its windows.
const (
	floodLogs  = 10_000
	mostSpent  = 320 << 20
	mostHeld   = 24 << 20
	floodEach  = 3 // as much as the assets of a withdrawal
	floodBlock = 4
)

// Fault 28: blocks with 10,000 matching logs are judged whole: every log counts, once, and
// what they cost is bounded.
func TestABlockWithTenThousandLogsIsJudgedWhole(t *testing.T) {
	vault := contracts.Vault().ABI
	address := common.Address{19: 0xcc}
	scope := measure.Scope{History: true, Contracts: map[string]measure.Contract{"vault": {Address: address, ABI: vault}}}
	rules := &Rules{}
	for n, source := range []string{
		"count(vault.Withdraw, 10m) < 0", "sum(vault.Withdraw.assets, 10m) < 0", "distinct(vault.Withdraw.owner, 10m) < 0",
		"top_share(vault.Withdraw.assets, owner, 3, 10m) < 0", "count(vault.Withdraw, 10m, assets == 3) < 0",
	} {
		m, err := measure.CompileCondition(source, scope)
		if err != nil {
			t.Fatal(err)
		}
		rules.looksAt(m)
		rules.invariants = append(rules.invariants, detect.Invariant{ID: ops.DetectorID(fmt.Sprint("A", n)), For: 1, Condition: m, Remember: memory(m, true)})
	}
	s := chaintest.Serve(t, chaintest.New(uint64(ops.FirstDrillChain)))
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "a", Chain: ops.FirstDrillChain, HTTP: s.HTTP, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	e := engineOf(rules.invariants...)
	e.Rules.events, e.Rules.longest = rules.events, rules.longest
	e.Chain = chain.NewPool(1, client)
	withdraw := vault.Events["Withdraw"]
	judge := func() {
		t.Helper()
		h := s.Head()
		e.block(t.Context(), ops.BlockRef{Chain: ops.FirstDrillChain, Number: uint64(h.Number), Hash: h.Hash, Parent: h.ParentHash, Time: time.Unix(int64(h.Time), 0)}, false)
	}
	s.Mine(1)
	judge()
	var before, after runtime.MemStats
	for range floodBlock {
		s.Mine(1)
		for i := range floodLogs {
			who := common.BigToHash(big.NewInt(int64(i%5000 + 1)))
			s.Emit(s.Head(), types.Log{
				Address: address, Index: uint(i), TxHash: common.BigToHash(big.NewInt(int64(i))), Topics: []common.Hash{withdraw.ID, who, who, who},
				Data: append(common.BigToHash(big.NewInt(floodEach)).Bytes(), common.BigToHash(big.NewInt(floodEach)).Bytes()...),
			})
		}
		runtime.GC()
		runtime.ReadMemStats(&before)
		judge()
		runtime.ReadMemStats(&after)
		spent := after.TotalAlloc - before.TotalAlloc
		runtime.GC()
		runtime.ReadMemStats(&after)
		kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("#%d: %d MB allocated, the node's own part too, and %d kB kept", s.Head().Number, spent>>20, kept>>10)
		if spent > mostSpent || kept > mostHeld {
			t.Errorf("#%d: %d bytes were allocated and %d kept", s.Head().Number, spent, kept)
		}
	}
	for n, want := range []string{fmt.Sprint(floodBlock * floodLogs), fmt.Sprint(floodBlock * floodLogs * floodEach), "5000", "3/5000", fmt.Sprint(floodBlock * floodLogs)} {
		if f := e.state.findings[n]; f.Verdict != ops.Breach || f.Observed.Exact != want {
			t.Errorf("%s is %s %s, want %s: %s", f.Detector, f.Verdict, f.Observed.Exact, want, f.Why)
		}
	}
}

package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// failures counts by other means, from the receipt of each transaction, the withdrawals in
// the window that ends at a block, and those that failed.
func failures(t *testing.T, http string, at ops.BlockRef, window time.Duration) (calls, failed int) {
	t.Helper()
	client, err := ethclient.Dial(http)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id := string(contracts.Vault().ABI.Methods["withdraw"].ID)
	for n := int64(at.Number); n > 0; n-- {
		b, err := client.BlockByNumber(t.Context(), big.NewInt(n))
		if err != nil {
			t.Fatal(err)
		}
		if int64(b.Time()) <= at.Time.Add(-window).Unix() {
			break
		}
		for _, tx := range b.Transactions() {
			if tx.To() == nil || *tx.To() != drill.Addresses().Vault || !strings.HasPrefix(string(tx.Data()), id) {
				continue
			}
			receipt, err := client.TransactionReceipt(t.Context(), tx.Hash())
			if err != nil {
				t.Fatal(err)
			}
			if calls++; receipt.Status == types.ReceiptStatusFailed {
				failed++
			}
		}
	}
	return calls, failed
}

// resign locks and signs a pack anew that was edited.
func (s *stage) resign(t testing.TB) {
	t.Helper()
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
}

var failing = map[string]string{"S1": "failed(vault.withdraw, 10m) >= 0", "S2": "failed(vault.withdraw, 5s) >= 0", "S3": "calls(vault.withdraw, 10m) >= 0"}

func agree(t *testing.T, when, http string, s ops.Snapshot) (failed int) {
	t.Helper()
	calls, failed := failures(t, http, s.Head, 10*time.Minute)
	_, short := failures(t, http, s.Head, 5*time.Second)
	for id, want := range map[ops.DetectorID]int{"S1": failed, "S2": short, "S3": calls} {
		if f := finding(s, id); f.Verdict != ops.OK || f.Observed.Exact != fmt.Sprint(want) {
			t.Errorf("%s, #%d: %s is %s %s, and it is %d: %s", when, s.Head.Number, id, f.Verdict, f.Observed.Exact, want, f.Why)
		}
	}
	return failed
}

// What failed is what the receipts say, one by one: while nothing fails, once the vault is
// paused and withdrawals revert, for a console that reads the past back, and after a spell of
// blindness.
func TestFailedCallsAgreeWithEachReceipt(t *testing.T) {
	s := newStage(t, 1)
	s.must(t, failing)
	s.resign(t)
	w := s.console(t, s.HTTP(), s.WS())
	s.breach(t, w)
	if n := agree(t, "before the pause", s.HTTP(), w.last); n != 0 {
		t.Errorf("%d withdrawals failed before the pause", n)
	}
	s.contains(t, w)
	for range 8 {
		s.step(t, w)
	}
	if n := agree(t, "after the pause", s.HTTP(), w.last); n == 0 {
		t.Fatal("no withdrawal failed: the test tests nothing")
	}
	late := s.console(t, s.HTTP(), s.WS())
	s.step(t, w, late)
	agree(t, "read back", s.HTTP(), late.last)

	http, ws := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http")), chaintest.Before(t, s.WS())
	blind := s.console(t, "http"+strings.TrimPrefix(http.WS, "ws"), ws.WS)
	s.step(t, blind)
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(true)
		p.Cut()
	}
	blind.until("every line is unknown", allUnknown)
	for range 4 {
		s.step(t)
	}
	http.Refuse(false)
	ws.Refuse(false)
	sealed := s.step(t)
	blind.until("the chain is seen again", func(x ops.Snapshot) bool { return x.Blind == "" && x.Followed >= sealed.Block.Number })
	agree(t, "after a spell of blindness", s.HTTP(), blind.last)
}

// A node that has no receipts of blocks leaves what failed unknown, with that reason, and
// what was called as it is.
func TestWithoutReceiptsWhatFailedIsUnknown(t *testing.T) {
	s := newStage(t, 1)
	s.must(t, failing)
	g := chaintest.Behind(t, s.HTTP())
	g.Set(chaintest.Lacks("eth_getBlockReceipts"))
	w := s.console(t, g.HTTP, s.WS())
	s.step(t, w)
	if f := finding(w.last, "S2"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "does not know eth_getBlockReceipts") {
		t.Errorf("it is %s: %s", f.Verdict, f.Why)
	}
	if f := finding(w.last, "S3"); f.Verdict != ops.OK {
		t.Errorf("calls are %s: %s", f.Verdict, f.Why)
	}
	g.Heal()
	for range 8 {
		s.step(t, w)
	}
	if f := finding(w.last, "S2"); f.Verdict != ops.OK {
		t.Errorf("with receipts it is %s: %s", f.Verdict, f.Why)
	}
}

// A foreign node's receipts say the same as the language.
func TestFailedCallsAgreeWithAForeignNode(t *testing.T) {
	f, w := night(t, func(s *stage) { s.must(t, failing) })
	vault := drill.Addresses().Vault
	try := func(n int) {
		for range n {
			var hash common.Hash
			f.ask(&hash, "eth_sendTransaction", map[string]any{"from": f.accounts[0], "to": vault, "gas": hexutil.Uint64(300_000),
				"data": hexutil.Bytes(contracts.Vault().Call("withdraw", big.NewInt(1e15), f.accounts[0], f.accounts[0]))})
		}
		f.mine(1)
		w.judged(f)
	}
	try(2)
	try(3)
	if n := agree(t, "on a foreign node", f.http, w.last); n != 5 {
		t.Errorf("%d failed, and who has no share withdrew 5 times", n)
	}
}

const failingWithdrawals = "kind: telemetry, of: {calls: vault.withdraw, failing: 1%, least: 2, over: 1m}, warmup: known"

// Once the vault is paused, withdrawals fail; the finding says how many, and by what.
func TestAFindingOfFailedCallsNamesTheirReason(t *testing.T) {
	s := newStage(t, 1)
	s.detects(t, failingWithdrawals)
	s.resign(t)
	w := s.console(t, s.HTTP(), s.WS())
	s.breach(t, w)
	s.contains(t, w)
	for range 8 {
		s.step(t, w)
	}
	last := w.until("the reasons are known", func(s ops.Snapshot) bool { return strings.Contains(finding(s, "Z1").Why, "EnforcedPause") })
	_, failed := failures(t, s.HTTP(), last.Head, time.Minute)
	if f := finding(last, "Z1"); f.Verdict != ops.Breach || f.Observed.Exact != fmt.Sprint(failed) || !strings.HasPrefix(f.Why, fmt.Sprintf("failing; %d failed: ", failed)) {
		t.Errorf("%d failed, and it is %s %s: %q", failed, f.Verdict, f.Observed.Exact, f.Why)
	}
}

// So does a foreign node tell, of what reverts in words.
func TestAForeignNodeTellsWhyCallsFailed(t *testing.T) {
	f, w := night(t, func(s *stage) { s.detects(t, failingWithdrawals) })
	vault := drill.Addresses().Vault
	for range 3 {
		var hash common.Hash
		f.ask(&hash, "eth_sendTransaction", map[string]any{"from": f.accounts[0], "to": vault, "gas": hexutil.Uint64(300_000),
			"data": hexutil.Bytes(contracts.Vault().Call("withdraw", big.NewInt(1e15), f.accounts[0], f.accounts[0]))})
	}
	f.mine(1)
	last := w.until("the reasons are known", func(s ops.Snapshot) bool {
		z := finding(s, "Z1")
		return z.Verdict == ops.Breach && strings.Contains(z.Why, "3 failed: 3 ") && !strings.Contains(z.Why, reasonless)
	})
	t.Log(finding(last, "Z1").Why)
}

const reasonless = "reason unknown"

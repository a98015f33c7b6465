package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// called counts by other means, from whole blocks, the withdrawals in the window that
// ends at a block: all of them, and those of more than so much that somebody sent.
func (s *stage) called(t *testing.T, at ops.BlockRef, window time.Duration, least *big.Int, by string) (all, some int) {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	method := contracts.Vault().ABI.Methods["withdraw"]
	for n := int64(at.Number); n > 0; n-- {
		b, err := client.BlockByNumber(t.Context(), big.NewInt(n))
		if err != nil {
			t.Fatal(err)
		}
		if int64(b.Time()) <= at.Time.Add(-window).Unix() {
			break
		}
		for _, tx := range b.Transactions() {
			if tx.To() == nil || *tx.To() != drill.Addresses().Vault || !strings.HasPrefix(string(tx.Data()), string(method.ID)) {
				continue
			}
			values, err := method.Inputs.Unpack(tx.Data()[4:])
			if err != nil {
				t.Fatal(err)
			}
			from, err := types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
			if err != nil {
				t.Fatal(err)
			}
			all++
			if values[0].(*big.Int).Cmp(least) >= 0 && from == drill.Address(by) {
				some++
			}
		}
	}
	return all, some
}

// Calls in a window are those that whole blocks hold: at the first block that is
// judged, later, and after a spell of blindness.
func TestWindowsOfCallsAgreeWithWholeBlocks(t *testing.T) {
	s := newStage(t, 1)
	lot, who := big.NewInt(1e18/10), drill.Account(3)
	s.must(t, map[string]string{
		"S1": "calls(vault.withdraw, 5m) >= 0", "S2": "calls(vault.withdraw, 8s) >= 0",
		"S3": fmt.Sprintf(`calls(vault.withdraw, 5m, assets >= %s && from == "%s") >= 0`, lot, drill.Address(who)),
		"S4": "calls(vault.withdraw, 8s, value > 0) == 0", "S5": "count(vault.Withdraw, 5m) <= calls(vault.withdraw, 5m)",
	})
	for range 25 {
		s.step(t)
	}
	http := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
	ws := chaintest.Before(t, s.WS())
	w := s.console(t, "http"+strings.TrimPrefix(http.WS, "ws"), ws.WS)
	agrees := func(when string) {
		t.Helper()
		at := w.last.Head
		all, some := s.called(t, at, 5*time.Minute, lot, who)
		short, _ := s.called(t, at, 8*time.Second, lot, who)
		if all == 0 || some == 0 || all == some {
			t.Fatalf("%s: %d withdrawals, %d by %s: the test tests nothing", when, all, some, who)
		}
		for id, want := range map[ops.DetectorID]int{"S1": all, "S2": short, "S3": some, "S4": 0} {
			if f := finding(w.last, id); f.Verdict != ops.OK || f.Observed.Exact != fmt.Sprint(want) {
				t.Errorf("%s, #%d: %s is %s %s, and it is %d: %s", when, at.Number, id, f.Verdict, f.Observed.Exact, want, f.Why)
			}
		}
		if f := finding(w.last, "S5"); f.Verdict != ops.OK {
			t.Errorf("%s, #%d: S5 is %s %s: %s", when, at.Number, f.Verdict, f.Observed.Exact, f.Why)
		}
	}
	s.step(t, w)
	agrees("at the first blocks")
	for range 6 {
		s.step(t, w)
	}
	agrees("later")
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(true)
		p.Cut()
	}
	w.until("every line is unknown", allUnknown)
	var missed drill.Sealed
	for range 5 {
		var err error
		if missed, err = s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	http.Refuse(false)
	ws.Refuse(false)
	w.until("the chain is seen again", func(s ops.Snapshot) bool { return s.Blind == "" && s.Followed >= missed.Block.Number })
	agrees("after a spell of blindness")
	s.step(t, w)
	agrees("after all")
}

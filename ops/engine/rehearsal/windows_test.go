package rehearsal_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	ethereum "github.com/ethereum/go-ethereum"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// must adds invariants to the stage's policy: their ids and what must hold.
func (s *stage) must(t testing.TB, holds map[string]string) {
	t.Helper()
	path := filepath.Join(s.folder, "policy.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var more strings.Builder
	for id, source := range holds {
		fmt.Fprintf(&more, "  - {id: %s, title: A test, class: asset, severity: warning, owner: risk, holds: '%s', action: freeze-vault}\n", id, source)
	}
	text := strings.Replace(string(b), "\ndetectors:\n", "\n"+more.String()+"\ndetectors:\n", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// withdrawn adds up by other means what was withdrawn in the window that ends at a
// block, and counts.
func (s *stage) withdrawn(t *testing.T, at ops.BlockRef, window time.Duration) (sum, count *big.Int) {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	event := contracts.Vault().ABI.Events["Withdraw"]
	logs, err := client.FilterLogs(t.Context(), ethereum.FilterQuery{
		FromBlock: new(big.Int), ToBlock: new(big.Int).SetUint64(at.Number),
		Addresses: []common.Address{drill.Addresses().Vault}, Topics: [][]common.Hash{{event.ID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sum, count = new(big.Int), new(big.Int)
	for _, l := range logs {
		h, err := client.HeaderByHash(t.Context(), l.BlockHash)
		if err != nil {
			t.Fatal(err)
		}
		if int64(h.Time) <= at.Time.Add(-window).Unix() {
			continue
		}
		values, err := event.Inputs.NonIndexed().Unpack(l.Data)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(event.Inputs.NonIndexed(), func(a abi.Argument) bool { return a.Name == "assets" })
		sum.Add(sum, values[i].(*big.Int))
		count.Add(count, common.Big1)
	}
	return sum, count
}

// A window of events is full at the first block that is judged, for what was
// before it is read back; after a spell of blindness it is full again, with what
// happened meanwhile.
func TestWindowsOfEventsAreFullFromTheFirstBlockOn(t *testing.T) {
	s := newStage(t, 1)
	s.must(t, map[string]string{
		"W1": "sum(vault.Withdraw.assets, 5m) >= 0", "W2": "count(vault.Withdraw, 8s) >= 0", "W3": "top_share(vault.Withdraw.assets, owner, 1000, 1h) == 1",
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
		sum, _ := s.withdrawn(t, at, 5*time.Minute)
		_, count := s.withdrawn(t, at, 8*time.Second)
		if f := finding(w.last, "W1"); f.Verdict != ops.OK || f.Observed.Exact != sum.String() {
			t.Errorf("%s, #%d: W1 is %s %s, and it is %s: %s", when, at.Number, f.Verdict, f.Observed.Exact, sum, f.Why)
		}
		if f := finding(w.last, "W2"); f.Verdict != ops.OK || f.Observed.Exact != count.String() {
			t.Errorf("%s, #%d: W2 is %s %s, and it is %s: %s", when, at.Number, f.Verdict, f.Observed.Exact, count, f.Why)
		}
		if f := finding(w.last, "W3"); f.Verdict != ops.OK {
			t.Errorf("%s, #%d: W3 is %s %s: %s", when, at.Number, f.Verdict, f.Observed.Exact, f.Why)
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

// A number is looked back at only as far as it was looked at: until then it is
// UNKNOWN and says for how long.
func TestANumberIsLookedBackAtOnceItWasLookedAt(t *testing.T) {
	s := newStage(t, 1)
	s.must(t, map[string]string{"H1": "change(vault.totalSupply(), 6s) <= vault.totalSupply()", "H2": "max(vault.totalSupply(), 6s) >= min(vault.totalSupply(), 6s)"})
	w := s.console(t, s.HTTP(), s.WS())
	first := s.step(t, w).Block
	if f := finding(w.last, "H1"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "full in") {
		t.Fatalf("H1 is %s: %s", f.Verdict, f.Why)
	}
	for range 20 {
		sealed := s.step(t, w)
		known := sealed.Block.Time.Sub(first.Time) >= 8*time.Second
		for _, id := range []ops.DetectorID{"H1", "H2"} {
			if f := finding(w.last, id); known && f.Verdict != ops.OK {
				t.Errorf("%s is %s at #%d: %s", id, f.Verdict, sealed.Block.Number, f.Why)
			}
		}
	}
}

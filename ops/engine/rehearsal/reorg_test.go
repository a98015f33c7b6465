package rehearsal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// vaultless is a fake chain on which the drill's vault is solvent, but for the
// blocks that a test spoils.
type vaultless struct {
	*chaintest.Server
	mu  sync.Mutex
	bad map[common.Hash]bool
}

func newVaultless(t *testing.T) *vaultless {
	t.Helper()
	v := &vaultless{Server: chaintest.Serve(t, chaintest.New(uint64(ops.FirstDrillChain))), bad: map[common.Hash]bool{}}
	assets := string(crypto.Keccak256([]byte("totalAssets()"))[:4])
	v.CallAt = func(block common.Hash, data []byte) ([]byte, error) {
		v.mu.Lock()
		bad := v.bad[block]
		v.mu.Unlock()
		return chaintest.Aggregate(data, func(_ byte, _ common.Address, data []byte) chaintest.Answer {
			if bad && string(data) == assets {
				return chaintest.Answer{Status: 1, Data: chaintest.Word(900)}
			}
			return chaintest.Answer{Status: 1, Data: chaintest.Word(1 << 62)}
		}), nil
	}
	return v
}

// spoil mines blocks in which the vault is insolvent.
func (v *vaultless) spoil(n int) {
	v.Withhold(true)
	for range n {
		v.Mine(1)
		v.mu.Lock()
		v.bad[v.Head().Hash] = true
		v.mu.Unlock()
	}
	v.Withhold(false)
	v.Repeat()
}

func (w *watcher) at(h chaintest.Header) ops.Snapshot {
	w.t.Helper()
	return w.until("the head is judged", func(s ops.Snapshot) bool {
		return s.Head.Hash == h.Hash && s.Followed == s.Head.Number && s.Blind == ""
	})
}

func kinds(t *testing.T, path, kind string) []string {
	t.Helper()
	records, _, err := journal.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range records {
		if r.Kind == kind {
			out = append(out, string(r.Data))
		}
	}
	return out
}

// onlyTheVault takes what watches the rest of the estate out of the policy: the fake
// chain knows none of it.
func (s *stage) onlyTheVault(t *testing.T) {
	t.Helper()
	path := filepath.Join(s.folder, "policy.yaml")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	vault, rest, _ := strings.Cut(string(source), "  - id: P1\n")
	_, detectors, cut := strings.Cut(rest, "\ndetectors:\n")
	if !cut {
		t.Fatal("the policy has no detectors after P1")
	}
	if err := errors.Join(os.WriteFile(path, []byte(vault+"\ndetectors:\n"+detectors), 0o600), rehearsal.Sign(s.folder)); err != nil {
		t.Fatal(err)
	}
}

// A breach of a block that a reorg dropped is retracted, on the screen and in the
// journal, where it stays readable; the incident that it opened is over.
func TestABreachOfADroppedBlockIsRetracted(t *testing.T) {
	s, v := newStage(t, 1), newVaultless(t)
	s.onlyTheVault(t)
	w := s.console(t, v.HTTP, v.WS)
	v.Mine(3)
	w.at(v.Head())
	v.spoil(2)
	broken := w.at(v.Head())
	if f := finding(broken, "A1"); f.Verdict != ops.Breach || f.Since.Number != 4 || broken.Incident == nil {
		t.Fatalf("A1 is %s since #%d", f.Verdict, f.Since.Number)
	}
	v.Reorg(2, 3)
	healed := w.at(v.Head())
	if f := finding(healed, "A1"); f.Verdict != ops.OK || !f.Broke.Zero() {
		t.Errorf("A1 is %s, broken since #%d", f.Verdict, f.Broke.Number)
	}
	if healed.Incident.StoppedAt.IsZero() {
		t.Error("the incident of an orphan goes on")
	}
	retracted := kinds(t, healed.Journal, "retracted")
	if len(retracted) == 0 || !strings.Contains(retracted[0], `"id":"A1"`) || !strings.Contains(retracted[0], `"number":4`) {
		t.Errorf("retracted: %v", retracted)
	}
	said := false
	for _, e := range healed.Log {
		said = said || strings.Contains(e.Text, "A1 breach since #4 is retracted")
	}
	if !said {
		t.Error("the screen does not say that it was retracted")
	}
}

// A breach that came and went while the console could not see is found: every
// missed block is judged, in order.
func TestABreachThatCameAndWentIsFound(t *testing.T) {
	s, v := newStage(t, 1), newVaultless(t)
	w := s.console(t, v.HTTP, v.WS)
	v.Mine(3)
	w.at(v.Head())
	v.Withhold(true)
	v.Mine(2)
	v.spoil(1)
	v.Withhold(true)
	v.Mine(3)
	v.Withhold(false)
	v.Repeat()
	last := w.at(v.Head())
	if f := finding(last, "A1"); f.Verdict != ops.OK {
		t.Errorf("A1 is %s", f.Verdict)
	}
	var story []string
	for _, data := range kinds(t, last.Journal, "finding") {
		if strings.Contains(data, `"id":"A1"`) {
			story = append(story, data[strings.Index(data, `"was"`):strings.Index(data, `,"severity"`)])
		}
	}
	want := `"was":"unknown","verdict":"ok" "was":"ok","verdict":"breach" "was":"breach","verdict":"ok"`
	if got := strings.Join(story, " "); got != want {
		t.Errorf("the journal says %s", got)
	}
}

// A block whose state the provider no longer has is UNKNOWN, is not asked for
// again and again, and counts against the coverage and the window.
func TestWhatCanNoLongerBeReadIsCounted(t *testing.T) {
	s, v := newStage(t, 1), newVaultless(t)
	answer := v.CallAt
	pruned := common.Hash{}
	v.CallAt = func(block common.Hash, data []byte) ([]byte, error) {
		v.mu.Lock()
		gone := block == pruned
		v.mu.Unlock()
		if gone {
			return nil, errors.New("missing trie node 00ff (path )")
		}
		return answer(block, data)
	}
	w := s.console(t, v.HTTP, v.WS)
	v.Mine(3)
	w.at(v.Head())
	v.Withhold(true)
	v.Mine(1)
	v.mu.Lock()
	pruned = v.Head().Hash
	v.mu.Unlock()
	v.Mine(2)
	before := v.Requests()
	v.Withhold(false)
	v.Repeat()
	last := w.at(v.Head())
	if last.Missed != 1 || last.Judged < 3 {
		t.Errorf("%d judged, %d missed", last.Judged, last.Missed)
	}
	dark := 0
	for _, data := range kinds(t, last.Journal, "finding") {
		if strings.Contains(data, `"id":"A1"`) && strings.Contains(data, `"verdict":"unknown"`) && strings.Contains(data, "no longer has the state") {
			dark++
		}
	}
	if dark != 1 {
		t.Errorf("A1 was dark %d times", dark)
	}
	if n := v.Requests() - before; n > 60 {
		t.Errorf("%d requests for three blocks", n)
	}
}

// After a reorg deeper than anybody remembers, nothing that was built from the old
// blocks is trusted: everything is read back anew, and said so.
func TestAChainThatIsRewrittenDeeplyIsReadAnew(t *testing.T) {
	s, v := newStage(t, 1), newVaultless(t)
	s.must(t, map[string]string{"W1": "count(vault.Withdraw, 20s) == 0"})
	w := s.console(t, v.HTTP, v.WS)
	v.Mine(1)
	w.at(v.Head())
	v.Leap(320)
	w.at(v.Head())
	event := contracts.Vault().ABI.Events["Withdraw"]
	v.Withhold(true)
	v.Reorg(310, 311)
	log := types.Log{Address: drill.Addresses().Vault, Topics: []common.Hash{event.ID, {31: 1}, {31: 2}, {31: 3}}, Data: append(chaintest.Word(5), chaintest.Word(5)...)}
	v.Emit(v.At(int(v.Head().Number)-3), log)
	v.Withhold(false)
	v.Repeat()
	last := w.at(v.Head())
	if f := finding(last, "W1"); f.Verdict != ops.Breach || f.Observed.Exact != "1" {
		t.Errorf("W1 is %s %s: %s", f.Verdict, f.Observed.Exact, f.Why)
	}
	if len(kinds(t, last.Journal, "unlinked")) == 0 {
		t.Error("nobody is told")
	}
}

package rehearsal_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// To be blind is what this detector is about: it is in breach while everything else is
// UNKNOWN, and over when the console sees again.
func TestBlindnessIsAFindingOfItsOwn(t *testing.T) {
	s := newStage(t, 1)
	s.detects(t, "kind: sight, of: {blocks: 99%, providers: 1, age: 30s}")
	http := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
	ws := chaintest.Before(t, s.WS())
	w := s.console(t, "http"+strings.TrimPrefix(http.WS, "ws"), ws.WS)
	s.step(t, w)
	if f := finding(w.last, "Z1"); f.Verdict != ops.OK || !strings.HasSuffix(f.Observed.Shown, " blocks") {
		t.Fatalf("it sees, and says %s %s: %s", f.Verdict, f.Observed.Shown, f.Why)
	}
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(true)
		p.Cut()
	}
	w.until("it is blind", func(x ops.Snapshot) bool { return x.Blind != "" && finding(x, "Z1").Verdict == ops.Breach })
	if f := finding(w.last, "Z1"); f.Why == "" || f.Why != w.last.Blind || w.last.Incident != nil {
		t.Errorf("%s, blind because %s, incident %v", f.Why, w.last.Blind, w.last.Incident)
	}
	for _, f := range w.last.Findings {
		if f.Detector != "Z1" && f.Verdict != ops.Unknown {
			t.Errorf("%s is %s though nothing is seen", f.Detector, f.Verdict)
		}
	}
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(false)
	}
	s.step(t, w)
	w.until("it sees again", func(x ops.Snapshot) bool { return finding(x, "Z1").Verdict == ops.OK })
}

// No standing order answers blindness, and none what nobody finds.
func TestAStandingOrderAnswersOnlyWhatTheChainShows(t *testing.T) {
	for id, want := range map[string]string{"Z1": "blindness sends nothing", "Z7": "nothing finds that", "Q1": "", "C1.budget": ""} {
		s := newStage(t, 1)
		s.detects(t, "kind: sight")
		s.rewrite(t, "runbooks/freeze-vault.yaml", func(book string) string {
			return strings.Replace(book, "\nsteps:\n", fmt.Sprintf("\nstanding_order: {findings: [%s], step: R1.1, lane: guardian, shots: 1}\nsteps:\n", id), 1)
		})
		_, faults := engine.LoadRules(os.DirFS(s.folder))
		said := fmt.Sprint(faults)
		if want == "" && strings.Contains(said, "standing order answers") || !strings.Contains(said, want) {
			t.Errorf("%s: %s", id, said)
		}
	}
}

// None answers what waits in a mempool: anybody could pull it, for nothing.
func TestAStandingOrderAnswersNothingThatWaits(t *testing.T) {
	s := newStage(t, 1)
	s.detects(t, "kind: pending, calls: [vault.unpause]")
	s.edit(t, "runbooks/freeze-vault.yaml", "\nsteps:\n", "\nstanding_order: {findings: [Z1], step: R1.1, lane: guardian, shots: 1}\nsteps:\n")
	if _, faults := engine.LoadRules(os.DirFS(s.folder)); !strings.Contains(fmt.Sprint(faults), "anybody can have anything wait there") {
		t.Error(faults)
	}
}

// savings is a proxy of the drill, as its policy says.
var savings = common.HexToAddress("0x801F6F3333d7236178E5098895E330Df6D3d3Afe")

// implementation is the hash of the code behind a proxy.
func (s *stage) implementation(t *testing.T, proxy common.Address) common.Hash {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	word, err := client.StorageAt(t.Context(), proxy, ops.ImplementationSlot, nil)
	if err != nil {
		t.Fatal(err)
	}
	code, err := client.CodeAt(t.Context(), common.BytesToAddress(word), nil)
	if err != nil || len(code) == 0 {
		t.Fatal(err, len(code))
	}
	return crypto.Keccak256Hash(code)
}

// The code behind a proxy changes, to what somebody approved and to what nobody did.
func TestCodeThatNobodyApprovedIsFoundInItsBlock(t *testing.T) {
	for name, approved := range map[string]func(before, after common.Hash) []common.Hash{
		"nobody approved":   func(before, _ common.Hash) []common.Hash { return []common.Hash{before} },
		"somebody approved": func(before, after common.Hash) []common.Hash { return []common.Hash{before, after} },
	} {
		t.Run(name, func(t *testing.T) {
			other := newStageOf(t, drill.Options{Seed: 1, Scenario: "undone-upgrade"}, runbooks.Embedded)
			other.sends(t, drill.Guardian, savings, contracts.SavingsV2().Call("rollBack"))
			other.step(t)
			after := other.implementation(t, savings)
			s := newStageOf(t, drill.Options{Seed: 1, Scenario: "undone-upgrade"}, runbooks.Embedded)
			hashes := approved(s.implementation(t, savings), after)
			s.detects(t, fmt.Sprintf("kind: code, watch: [savings], approved: [%s]", strings.Join(quoted(hashes), ", ")))
			proxy := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
			ws := chaintest.Before(t, s.WS())
			w := s.console(t, "http"+strings.TrimPrefix(proxy.WS, "ws"), ws.WS)
			s.step(t, w)
			if f := finding(w.last, "Z1"); f.Verdict != ops.OK {
				t.Fatalf("before: %s: %s", f.Verdict, f.Why)
			}
			s.sends(t, drill.Guardian, savings, contracts.SavingsV2().Call("rollBack"))
			s.step(t, w)
			want, why := ops.Breach, "savings runs code "+after.Hex()[:10]
			if len(hashes) == 2 {
				want, why = ops.OK, ""
			}
			if f := finding(w.last, "Z1"); f.Verdict != want || !strings.HasPrefix(f.Why, why) {
				t.Errorf("after: %s: %s", f.Verdict, f.Why)
			}
			for _, p := range []*chaintest.Proxy{proxy, ws} {
				p.Refuse(true)
				p.Cut()
			}
			w.until("it is blind", func(x ops.Snapshot) bool { return finding(x, "Z1").Verdict == ops.Unknown })
		})
	}
}

func quoted(hashes []common.Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = fmt.Sprintf("%q", h.Hex())
	}
	return out
}

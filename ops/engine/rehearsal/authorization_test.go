package rehearsal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// baselined gives the stage a detector of rights with what they are now as its baseline.
func (s *stage) baselined(t *testing.T, watch string, more ...string) []authorization.Fact {
	t.Helper()
	path := filepath.Join(s.folder, "roles.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nholds: {vault: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.detects(t, fmt.Sprintf("kind: authorization, watch: [%s], baseline: roles.yaml%s", watch, strings.Join(more, "")))
	_, facts, doubts, err := engine.Rights(t.Context(), s.rules(t), s.pool(t))
	if err != nil || len(doubts) > 0 || len(facts) == 0 {
		t.Fatal(facts, doubts, err)
	}
	if err := os.WriteFile(path, []byte(baselineOf(facts)), 0o600); err != nil {
		t.Fatal(err)
	}
	return facts
}

// baselineOf is a document that says what rights there are.
func baselineOf(facts []authorization.Fact) string {
	return "version: 1\nholds:\n" + authorization.Document(facts)
}

const allWatched = "vault, treasury, timelock, breaker, savings, bridge"

// The rights of a drill are those that its contracts were made with, nothing is beyond them
// while others attack, a role given to somebody is found in its block with whom and which,
// and blindness is no calm.
func TestARoleThatNobodyApprovedIsFoundInItsBlock(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 2, Scenario: "rogue-payer"}, runbooks.Embedded)
	facts := s.baselined(t, allWatched, ", calls: [\"vault.pause()\", \"vault.unpause()\", \"treasury.grantRole(payers, saver)\", \"savings.poke()\"]")
	has := func(want authorization.Fact) bool {
		for _, f := range facts {
			if f == want {
				return true
			}
		}
		return false
	}
	for _, want := range []authorization.Fact{
		{Contract: "vault", Right: "PAUSER_ROLE", Holder: drill.Address(drill.Guardian).Hex()},
		{Contract: "vault", Right: "UPGRADER_ROLE", Holder: drill.Addresses().Timelock.Hex()},
		{Contract: "treasury", Right: "PAYER_ROLE", Holder: drill.Address(drill.Payroll).Hex()},
		{Contract: "vault", Right: "call of vault.pause()", Holder: drill.Address(drill.Guardian).Hex()},
		{Contract: "treasury", Right: "call of treasury.grantRole(payers, saver)", Holder: drill.Address(drill.Treasurer).Hex()},
		{Contract: "savings", Right: "call of savings.poke()", Holder: "anyone"},
		{Contract: "timelock", Right: "PROPOSER_ROLE", Holder: drill.Address(drill.Proposer).Hex()},
	} {
		if !has(want) {
			t.Errorf("nobody found that %s: %v", want, facts)
		}
	}
	proxy := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
	ws := chaintest.Before(t, s.WS())
	w := s.console(t, "http"+strings.TrimPrefix(proxy.WS, "ws"), ws.WS)
	granted := false
	for n := range 40 {
		sealed := s.step(t, w)
		f := finding(w.last, "Z1")
		if granted = granted || sealed.Event == drill.EventGranted; !granted {
			if f.Verdict != ops.OK && n > 0 {
				t.Fatalf("nobody was given anything at #%d, and it is %s: %s", sealed.Block.Number, f.Verdict, f.Why)
			}
			continue
		}
		if f.Verdict != ops.Breach || !strings.HasPrefix(f.Why, drill.Address(drill.Mallory).Hex()+" has PAYER_ROLE of treasury") {
			t.Fatalf("#%d: %s: %s", sealed.Block.Number, f.Verdict, f.Why)
		}
		if f.Args["account"] != drill.Address(drill.Mallory).Hex() || f.Args["role"] != crypto.Keccak256Hash([]byte("PAYER_ROLE")).Hex() {
			t.Errorf("its runbook is given %v", f.Args)
		}
		if n > 30 {
			break
		}
	}
	if !granted {
		t.Fatal("nobody was given a role")
	}
	for _, p := range []*chaintest.Proxy{proxy, ws} {
		p.Refuse(true)
		p.Cut()
	}
	w.until("it is blind", func(x ops.Snapshot) bool { return finding(x, "Z1").Verdict == ops.Unknown })

	quiet := newStageOf(t, drill.Options{Seed: 2, Scenario: "vault-insolvency"}, runbooks.Embedded)
	quiet.baselined(t, allWatched)
	v := quiet.console(t, quiet.HTTP(), quiet.WS())
	for n := range 45 {
		sealed := quiet.step(t, v)
		if f := finding(v.last, "Z1"); f.Verdict != ops.OK && n > 0 {
			t.Fatalf("beside another attack, at #%d, it is %s: %s", sealed.Block.Number, f.Verdict, f.Why)
		}
	}
}

// A role that is given and taken again within one block is held by nobody; one that is taken
// from whom the baseline names is told, and is no breach.
func TestWhatIsUndoneInItsBlockIsNobodysRight(t *testing.T) {
	s := newStage(t, 2)
	s.baselined(t, "timelock, treasury")
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	s.step(t, w)
	role := crypto.Keccak256Hash([]byte("PAYER_ROLE"))
	treasury := common.HexToAddress("0x609Ea01220C22e7Dd9588AAd37Fd2D3af20321a0")
	s.sends(t, drill.Treasurer, treasury, contracts.Treasury().Call("grantRole", role, drill.Address(drill.Mallory)))
	s.sends(t, drill.Treasurer, treasury, contracts.Treasury().Call("revokeRole", role, drill.Address(drill.Mallory)))
	s.step(t, w)
	for range 3 {
		if f := finding(w.last, "Z1"); f.Verdict != ops.OK || f.Why != "" {
			t.Errorf("#%d: %s: %s", w.last.Head.Number, f.Verdict, f.Why)
		}
		s.step(t, w)
	}
	s.sends(t, drill.Treasurer, treasury, contracts.Treasury().Call("revokeRole", role, drill.Address(drill.Payroll)))
	s.step(t, w)
	if f := finding(w.last, "Z1"); f.Verdict != ops.OK || f.Why != "no more: "+drill.Address(drill.Payroll).Hex()+" has PAYER_ROLE of treasury" {
		t.Errorf("%s: %s", f.Verdict, f.Why)
	}
}

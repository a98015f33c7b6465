package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// side adds a second chain to what is served: a fake one behind a proxy, with one
// contract, an invariant and its runbook.
func (s served) side(t *testing.T) (*chaintest.Server, *chaintest.Proxy) {
	t.Helper()
	fake := chaintest.Serve(t, chaintest.New(7331002))
	fake.Call = func(data []byte) ([]byte, error) {
		return chaintest.Aggregate(data, func(byte, common.Address, []byte) chaintest.Answer {
			return chaintest.Answer{Status: 1, Data: chaintest.Word(1000)}
		}), nil
	}
	proxy := chaintest.Before(t, fake.WS)
	s.change(t, "policy.yaml", "drill: {id: 7331001}", "drill: {id: 7331001}\n  side: {id: 7331002}",
		"  token:    {chain: drill", "  mirror:   {chain: side, address: \"0x9304872dA4E240da0defaFa6449D356B7b1AF28A\", abi: abi/Token.json}\n  token:    {chain: drill",
		"  - id: G1\n", "  - {id: M1, title: The mirror holds, class: asset, severity: high, owner: risk, holds: mirror.totalSupply() > 0, action: close-mirror}\n  - id: G1\n    chain: drill\n")
	s.change(t, "config.yaml", "chains:\n", "chains:\n  side:\n    endpoints: [{name: far, http: \"http"+strings.TrimPrefix(proxy.WS, "ws")+"\", ws: \""+proxy.WS+"\"}]\n    block_time: 1s\n")
	book, err := os.ReadFile(filepath.Join(s.Folder, "runbooks", "freeze-vault.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("id: R1", "id: R9", "R1.1", "R9.1", "name: freeze-vault", "name: close-mirror", "key: F", "key: M", "phrase: freeze vault", "phrase: close mirror",
		"vault.pause()", "mirror.renounceOwnership()", "{vault: \"0x", "{mirror: \"0x", "vault.paused() == true", "mirror.owner() == guardian",
		"vault.totalAssets() >= prev(vault.totalAssets())", "mirror.totalSupply() >= prev(mirror.totalSupply())").Replace(string(book))
	steps, rest, _ := strings.Cut(text, "  - id: R9.2\n")
	_, until, _ := strings.Cut(rest, "contained_when")
	if err := os.WriteFile(filepath.Join(s.Folder, "runbooks", "close-mirror.yaml"), []byte(steps+"contained_when"+until), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"owners.yaml", "pack.lock.yaml", "pack.signatures.yaml"} { // nobody signed this pack, and a drill without owners needs no signature
		if err := os.Remove(filepath.Join(s.Folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return fake, proxy
}

// Several chains are checked at once: each has its line, and a dead one hides
// neither what holds nor what is breached elsewhere.
func TestChecksOfSeveralChains(t *testing.T) {
	s := serveForTest(t)
	_, proxy := s.side(t)
	code, out, talk := program(t, "check", "-c", s.config, "--json")
	if code != exitOK || strings.Count(out, "\n") != 2 || !strings.Contains(out, `"chain_id":7331002`) || !strings.Contains(out, `"id":"M1"`) || !strings.Contains(out, `"id":"A1"`) {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	if code, _, talk := program(t, "console", "--plain", "--chain", "sude", "-c", s.config); code != exitUsage || !strings.Contains(talk, "there are drill, side") {
		t.Errorf("a console of which chain: exit %d: %s", code, talk)
	}
	proxy.Refuse(true)
	proxy.Cut()
	code, out, talk = program(t, "check", "-c", s.config, "--json")
	if code != exitUnknown || !strings.Contains(out, `"id":"A1"`) || strings.Contains(out, `"id":"M1"`) || !strings.Contains(talk, "far") {
		t.Errorf("one dead: exit %d: %s%s", code, out, talk)
	}
	for range 45 {
		if _, err := s.Drill.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, talk = program(t, "check", "-c", s.config); code != exitBreach || !strings.Contains(talk, "far") {
		t.Errorf("one dead, one in breach: exit %d: %s", code, talk)
	}
}

// ledger keeps what watch prints, line by line, and wakes who waits for one.
type ledger struct {
	mu      sync.Mutex
	changed *sync.Cond
	lines   []recordLine
}

type recordLine struct {
	Chain string
	Kind  string
	Data  struct {
		ID      string
		Verdict string
		Number  uint64
		Unknown int
	}
}

func newLedger() *ledger {
	l := &ledger{}
	l.changed = sync.NewCond(&l.mu)
	return l
}

func (l *ledger) Write(b []byte) (int, error) {
	var line recordLine
	_ = json.Unmarshal(b, &line) // another kind's data has another shape
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.changed.Broadcast()
	return len(b), nil
}

// until waits for a line of which it holds, after the line number from.
func (l *ledger) until(t *testing.T, what string, from int, holds func(recordLine) bool) int {
	t.Helper()
	late := time.AfterFunc(20*time.Second, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, recordLine{Kind: "too late"})
		l.changed.Broadcast()
	})
	defer late.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := from; ; i++ {
		for i >= len(l.lines) {
			l.changed.Wait()
		}
		if l.lines[i].Kind == "too late" {
			t.Fatalf("never: %s", what)
		}
		if holds(l.lines[i]) {
			return i + 1
		}
	}
}

// One loop for each chain: while the second is dead, from the start or later, the
// first is judged as if it were alone, and the second goes on when it is back.
func TestADeadChainSlowsNoOther(t *testing.T) {
	s := serveForTest(t)
	fake, proxy := s.side(t)
	l, err := load(s.config, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	book := newLedger()
	out := &lines{out: book}
	ended := make([]error, len(l.chains))
	var loops sync.WaitGroup
	for i, w := range l.chains {
		loops.Go(func() { ended[i] = l.watch(ctx, w, &between{across: l.across()}, out, os.Stderr) })
	}
	judged := func(chain string, number uint64, unknown bool) func(recordLine) bool {
		return func(r recordLine) bool {
			return r.Chain == chain && r.Kind == "block" && r.Data.Number >= number && (r.Data.Unknown > 0) == unknown
		}
	}
	step := func() uint64 {
		t.Helper()
		sealed, err := s.Drill.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return sealed.Block.Number
	}
	book.until(t, "the side is judged", 0, judged("side", 0, false))
	book.until(t, "the drill is judged", 0, judged("drill", step(), false))
	proxy.Refuse(true)
	proxy.Cut()
	dark := book.until(t, "the side is dark", 0, judged("side", 0, true))
	for range 3 {
		dark = book.until(t, "the drill goes on", dark, judged("drill", step(), false))
	}
	fake.Mine(3)
	proxy.Refuse(false)
	book.until(t, "the side is back", dark, judged("side", 3, false))
	stop()
	loops.Wait()
	for i, err := range ended {
		if err != nil {
			t.Errorf("%s: %v", l.chains[i].Name, err)
		}
	}
}

// A runbook that calls contracts of two chains is told apart before anything starts.
func TestARunbookOfTwoChainsIsSaid(t *testing.T) {
	s := serveForTest(t)
	s.side(t)
	s.change(t, "runbooks/close-mirror.yaml", "contained_when", `  - id: R9.2
    title: Pause the vault too
    call: vault.pause()
    effect: restricts
    lanes: [guardian]
    blast_radius: {scope: global, stops: all deposits and withdrawals}
    expect: vault.paused() == true
contained_when`)
	code, _, talk := program(t, "check", "-c", s.config)
	if code != exitConfig || !strings.Contains(talk, "step R9.2: vault is on chain drill, and the runbook's first call on side") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

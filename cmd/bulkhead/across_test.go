package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// twins is a second chain whose token must be as the drill's is.
type twins struct {
	served
	side     *chaintest.Server
	proxy    *chaintest.Proxy
	decimals atomic.Uint64
}

func twinsForTest(t *testing.T, same string) *twins {
	t.Helper()
	w := &twins{served: serveForTest(t)}
	w.side, w.proxy = w.served.side(t)
	w.decimals.Store(18)
	selector := func(name string) string { return string(crypto.Keccak256([]byte(name + "()"))[:4]) }
	w.side.Call = func(data []byte) ([]byte, error) {
		return chaintest.Aggregate(data, func(_ byte, _ common.Address, data []byte) chaintest.Answer {
			switch string(data[:min(4, len(data))]) {
			case selector("decimals"):
				return chaintest.Answer{Status: 1, Data: chaintest.Word(w.decimals.Load())}
			case selector("owner"):
				return chaintest.Answer{Status: 1, Data: common.LeftPadBytes(drill.Address(drill.Deployer).Bytes(), 32)}
			}
			return chaintest.Answer{Status: 1, Data: chaintest.Word(1000)}
		}), nil
	}
	w.change(t, "policy.yaml", "\ndetectors:\n", "\nalike:\n  - {id: K1, title: The tokens are configured alike, severity: warning, owner: security, contracts: [token, mirror], same: ["+same+"]}\n\ndetectors:\n")
	return w
}

func TestTheSameContractOnTwoChainsIsCompared(t *testing.T) {
	if _, ok := contracts.Token().ABI.Methods["decimals"]; !ok {
		t.Fatal("the drill's token has no decimals")
	}
	w := twinsForTest(t, `"decimals()"`)
	code, out, talk := program(t, "check", "-c", w.config)
	if code != exitOK || !strings.Contains(out, "K1 OK The tokens are configured alike: 1 alike") {
		t.Fatalf("alike: exit %d: %s%s", code, out, talk)
	}
	w.decimals.Store(6)
	code, out, talk = program(t, "check", "-c", w.config)
	if code != exitBreach || !strings.Contains(out, "K1 BREACH") || !strings.Contains(out, "decimals(): token 18, mirror 6") || !strings.Contains(out, "drill+side") {
		t.Errorf("they differ: exit %d: %s%s", code, out, talk)
	}
	code, out, _ = program(t, "check", "-c", w.config, "--json")
	if code != exitBreach || strings.Count(out, "\n") != 3 || !strings.Contains(out, `{"across":true,"findings":[{"id":"K1","class":"authorization","severity":"warning","owner":"security","verdict":"breach"`) {
		t.Errorf("as JSON: exit %d: %s", code, out)
	}
	w.proxy.Refuse(true)
	w.proxy.Cut()
	code, out, _ = program(t, "check", "-c", w.config)
	if code != exitUnknown || !strings.Contains(out, "K1 UNKNOWN") || !strings.Contains(out, "decimals() of mirror:") || strings.Contains(out, "K1 OK") {
		t.Errorf("one is dead: exit %d: %s", code, out)
	}
}

// What differs in one thing is a breach, though another is not known.
func TestADifferenceIsSaidThoughMoreIsUnknown(t *testing.T) {
	w := twinsForTest(t, `implementation, "decimals()"`)
	code, out, _ := program(t, "check", "-c", w.config) // 1000 is no implementation of the drill's token
	if code != exitUnknown || !strings.Contains(out, "no slot of a known kind of proxy holds an address") {
		t.Errorf("a contract without implementation: exit %d: %s", code, out)
	}
	w.decimals.Store(6)
	if code, out, _ = program(t, "check", "-c", w.config); code != exitBreach || !strings.Contains(out, "0 alike, bound = 2") {
		t.Errorf("and other decimals: exit %d: %s", code, out)
	}
}

func TestTheConsoleComparesChainsAtEachHead(t *testing.T) {
	w := twinsForTest(t, `"decimals()", "owner()"`)
	b := boardFor(t, w.served)
	is := func(v ops.Verdict, why string) func(ops.Snapshot) bool {
		return func(s ops.Snapshot) bool {
			for _, f := range s.Findings {
				if f.Detector == "K1" {
					return f.Verdict == v && strings.Contains(f.Why, why) && f.Chain == "drill+side" && s.Incident == nil
				}
			}
			return false
		}
	}
	b.until("K1 is there, and unknown", is(ops.Unknown, "no block"))
	b.step()
	b.until("they are alike", is(ops.OK, ""))
	w.decimals.Store(6)
	w.side.Mine(1)
	b.until("they differ", is(ops.Breach, "decimals(): token 18, mirror 6"))
	w.proxy.Refuse(true)
	w.proxy.Cut()
	b.until("one is dark", is(ops.Unknown, "of mirror"))
	w.decimals.Store(18)
	w.proxy.Refuse(false)
	w.side.Mine(1)
	b.until("they are alike again", is(ops.OK, ""))
	b.until("it was written down", func(s ops.Snapshot) bool {
		said := 0
		for _, e := range s.Log {
			if strings.HasPrefix(e.Text, "K1 ") {
				said++
			}
		}
		return said >= 4
	})
}

func TestWatchSaysWhatDiffersBetweenChains(t *testing.T) {
	w := twinsForTest(t, `"decimals()"`)
	l, err := load(w.config, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	book := newLedger()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, len(l.chains))
	both := &between{across: l.across()}
	out := &lines{out: book}
	for _, c := range l.chains {
		go func() { ended <- l.watch(ctx, c, both, out, os.Stderr) }()
	}
	finding := func(verdict string) func(recordLine) bool {
		return func(r recordLine) bool { return r.Kind == "finding" && r.Data.ID == "K1" && r.Data.Verdict == verdict }
	}
	if _, err := w.Drill.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := book.until(t, "they are alike", 0, finding("ok"))
	w.decimals.Store(6)
	w.side.Mine(1)
	last = book.until(t, "they differ", last, finding("breach"))
	w.proxy.Refuse(true)
	w.proxy.Cut()
	book.until(t, "one is dark", last, finding("unknown"))
	stop()
	for range l.chains {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	found := 0
	for _, c := range l.chains {
		files, _ := filepath.Glob(filepath.Join(l.folder(c, "watch"), "*"))
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found += strings.Count(string(b), `"K1"`)
		}
	}
	if found != 3 {
		t.Errorf("the journals tell of K1 %d times, not of 3 changes", found)
	}
}

// Two addresses on one chain are compared as two chains are, and need no second one.
func TestTwoContractsOfOneChainAreCompared(t *testing.T) {
	s := serveForTest(t)
	s.change(t, "policy.yaml", "\ndetectors:\n", "\nalike:\n  - {id: K1, title: Both count alike, severity: high, owner: security, contracts: [token, vault], same: [\"balanceOf(0x0000000000000000000000000000000000000001)\"]}\n\ndetectors:\n")
	for _, name := range []string{"owners.yaml", "pack.lock.yaml", "pack.signatures.yaml"} {
		if err := os.Remove(filepath.Join(s.Folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	code, out, talk := program(t, "check", "-c", s.config)
	if code != exitOK || !strings.Contains(out, "\nK1 OK Both count alike: 1 alike, bound = 1, at") {
		t.Errorf("exit %d: %s%s", code, out, talk)
	}
	s.change(t, "policy.yaml", `same: ["balanceOf`, `same: [codehash, "totalSupply()", "balanceOf`)
	code, out, _ = program(t, "check", "-c", s.config)
	if code != exitBreach || !strings.Contains(out, "codehash: token 0x") || !strings.Contains(out, "totalSupply(): token ") || strings.Contains(out, "incident opened") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestEveryMistakeInAGroupIsSaidAtOnce(t *testing.T) {
	w := twinsForTest(t, `"decimals()", "decimals()", colour, "transfer(token, 1)", "balanceOf(nobody)", "decimal()"`)
	w.change(t, "policy.yaml", "contracts: [token, mirror]", "action: freeze-vault, contracts: [token, mirror, moon, token]")
	code, _, talk := program(t, "check", "-c", w.config)
	for _, want := range []string{
		"K1: decimals() stands twice", "K1: token stands twice", `K1: no contract is called "moon"`, `K1: "colour" cannot be compared`,
		"K1 has an action: a group compares configuration", `token has no function "decimal"`, `mirror has no function "decimal"`, `nothing is called "nobody"`,
	} {
		if code != exitConfig || !strings.Contains(talk, want) {
			t.Errorf("exit %d, without %q:\n%s", code, want, talk)
		}
	}
}

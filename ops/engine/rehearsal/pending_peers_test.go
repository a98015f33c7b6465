package rehearsal_test

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// Of two providers one has no socket: the other judges alone, and that is said. When it goes
// too, nothing is known; what had waited goes on waiting.
func TestWhatWaitsIsJudgedByThoseWhoTellIt(t *testing.T) {
	s := newStage(t, 3)
	s.detects(t, "kind: pending, calls: [vault.unpause], warmup: known")
	p := chaintest.Before(t, s.WS())
	provider := func(name, ws string) *chain.Client {
		c, err := chain.Open(t.Context(), chain.Endpoint{Name: name, Chain: ops.FirstDrillChain, HTTP: s.HTTP(), WS: ws, BlockTime: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	w := s.consoleBy(t, t.TempDir(), chain.NewPool(1, provider("alpha", ""), provider("bravo", p.WS)), journal.Options{})
	s.step(t, w)
	s.told(t, w)
	if f := w.is(ops.OK, ""); !strings.Contains(f.Source, "mempool of bravo since ") || !strings.Contains(f.Source, "; not told by alpha: what waits is told over a WebSocket") {
		t.Errorf("it is said by %q", f.Source)
	}
	first := s.nonce(t, drill.Mallory)
	s.waits(t, drill.Mallory, first, drill.Addresses().Vault, contracts.Vault().Call("unpause"), cheap)
	if f := w.is(ops.Breach, "by bravo"); f.Doubt != "" {
		t.Errorf("it doubts: %s", f.Doubt)
	}
	p.Refuse(true)
	p.Cut()
	w.until("bravo is gone", func(x ops.Snapshot) bool {
		f := finding(x, "Z1")
		return f.Verdict == ops.Breach && strings.Contains(f.Doubt, "no provider tells what waits: ") && strings.Contains(f.Doubt, "bravo: ")
	})
	s.waits(t, drill.Mallory, first, drill.Address(drill.Mallory), nil, dear)
	s.step(t, w)
	w.is(ops.Unknown, "no provider tells what waits")
}

// After a restart nothing is remembered of what waited: it says since when it is told, and
// what is before that is not known.
func TestAfterARestartWhatWaitedIsNotKnown(t *testing.T) {
	s := newStage(t, 3)
	s.detects(t, "kind: pending, calls: [vault.unpause], of: {over: 1h}")
	folder := t.TempDir()
	w := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	s.step(t, w)
	s.told(t, w)
	w.is(ops.Unknown, "in the rest of the 1h before is not known")
	s.waits(t, drill.Mallory, s.nonce(t, drill.Mallory), drill.Addresses().Vault, contracts.Vault().Call("unpause"), cheap)
	w.is(ops.Breach, "vault.unpause()")
	w.quit()
	again := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	s.step(t, again)
	s.told(t, again)
	again.is(ops.Unknown, "what waits is told since ")
}

// What judges blocks alone knows no mempool, and says so.
func TestCheckAndReplayKnowNoMempool(t *testing.T) {
	s := newStage(t, 3)
	s.detects(t, "kind: pending, calls: [vault.unpause], warmup: known")
	for range 3 {
		s.step(t)
	}
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: ops.FirstDrillChain, HTTP: s.HTTP(), WS: s.WS()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	pool := chain.NewPool(1, client)
	const why = "this console listens to no mempool"
	snapshot, err := engine.Check(t.Context(), s.rules(t), pool)
	if f := finding(snapshot, "Z1"); err != nil || f.Verdict != ops.Unknown || !strings.Contains(f.Why, why) {
		t.Errorf("%v: %s: %s", err, f.Verdict, f.Why)
	}
	told := 0
	replay := engine.Replay{Rules: s.rules(t), Chain: pool, From: snapshot.Head.Number - 2, To: snapshot.Head.Number, Tell: func(x engine.Transition) error {
		if x.Finding.Detector == "Z1" {
			if told++; x.Finding.Verdict != ops.Unknown || !strings.Contains(x.Finding.Why, why) {
				t.Errorf("%+v", x.Finding)
			}
		}
		return nil
	}}
	if _, err := replay.Run(context.Background(), engine.Progress{}); err != nil || told != 1 {
		t.Errorf("told %d times: %v", told, err)
	}
}

// The same on a node that is not ours: it waits, is mined, and waits again when a reorg takes
// its block back.
func TestWhatWaitsOnAForeignNode(t *testing.T) {
	t.Parallel()
	f, s := theatre(t)
	vault := drill.Addresses().Vault
	s.detects(t, fmt.Sprintf("kind: pending, watch: [vault], accounts: [%q], warmup: known", f.accounts[1].Hex()))
	w := s.console(t, f.http, f.ws)
	w.judged(f)
	w.is(ops.Unknown, "has told nobody's transaction yet")
	send := func(from, to common.Address, data []byte) (hash common.Hash) {
		f.ask(&hash, "eth_sendTransaction", map[string]any{"from": from, "to": to, "data": hexutil.Bytes(data), "gas": hexutil.Uint64(400_000)})
		return hash
	}
	deposit := contracts.Vault().Call("deposit", big.NewInt(1), f.accounts[1])
	send(f.accounts[0], vault, deposit)
	w.is(ops.OK, "")
	send(f.accounts[1], f.accounts[0], nil)
	hash := send(f.accounts[1], vault, deposit)
	if z := w.is(ops.Breach, hash.Hex()); !strings.HasPrefix(z.Why, f.accounts[1].Hex()+" waits with vault.deposit(1, ") || strings.Contains(z.Why, "word alone") || z.Observed.Exact != "1" || z.Args["account"] != f.accounts[1].Hex() {
		t.Errorf("%s: %q gives %v", z.Observed.Exact, z.Why, z.Args)
	}
	f.mine(1)
	w.judged(f)
	w.is(ops.OK, "")
	f.ask(nil, "anvil_reorg", 1, []any{})
	f.mine(1)
	w.is(ops.Breach, hash.Hex())
}

package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// waits gives the chain a transaction of somebody that pays at most so much for a gas; below
// the base fee it waits, block after block.
func (s *stage) waits(t *testing.T, who string, nonce uint64, to common.Address, data []byte, most int64) common.Hash {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id := new(big.Int).SetUint64(uint64(ops.FirstDrillChain))
	tx, err := types.SignNewTx(drill.Key(who), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: &to, Data: data, Gas: 400_000, GasTipCap: big.NewInt(most), GasFeeCap: big.NewInt(most),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SendTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	return tx.Hash()
}

// nonce is somebody's, as mined.
func (s *stage) nonce(t *testing.T, who string) uint64 {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	n, err := client.NonceAt(t.Context(), drill.Address(who), nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	dear  = 20_000_000_000 // pays for any block here
	cheap = 2              // for none: no base fee is below 7 wei
)

// is waits until the detector Z1 says a verdict, with words in its reason.
func (w *watcher) is(v ops.Verdict, words string) ops.Finding {
	w.t.Helper()
	w.until(fmt.Sprintf("Z1 is %s: %s", v, words), func(s ops.Snapshot) bool {
		f := finding(s, "Z1")
		return f.Verdict == v && strings.Contains(f.Why, words)
	})
	return finding(w.last, "Z1")
}

// told has a provider show that it tells what waits: by a transaction that is nobody's
// business.
func (s *stage) told(t *testing.T, w *watcher) {
	t.Helper()
	w.is(ops.Unknown, "has told nobody's transaction yet")
	s.chatter(t)
}

// chatter has one more transaction wait that is nobody's business.
func (s *stage) chatter(t *testing.T) {
	t.Helper()
	s.waits(t, drill.Executor, s.nonce(t, drill.Executor)+s.noise, drill.Address(drill.Executor), nil, cheap)
	s.noise++
}

// What somebody wants of our contract is said before a block has it, and no longer once his
// nonce is used, by it or by what replaced it; who may call, and other contracts, are quiet.
func TestWhatWaitsIsSaidBeforeItIsMined(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	s.detects(t, fmt.Sprintf("kind: pending, calls: [vault.unpause, timelock.execute], accounts: [%q], warmup: known", drill.Address(drill.Guardian).Hex()))
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	s.told(t, w)
	f := w.is(ops.OK, "")
	if !strings.Contains(f.Source, "calls of vault.unpause(), timelock.execute(address,uint256,bytes,bytes32,bytes32) by others than those listed (1) that wait in the public mempool of drill since ") {
		t.Errorf("it is said by %q", f.Source)
	}
	vault := drill.Addresses().Vault
	unpause := contracts.Vault().Call("unpause")
	s.waits(t, drill.Guardian, s.nonce(t, drill.Guardian), vault, unpause, cheap)
	s.waits(t, drill.Relayer, s.nonce(t, drill.Relayer), vault, contracts.Vault().Call("pause"), cheap)
	s.waits(t, drill.Relayer, s.nonce(t, drill.Relayer)+1, drill.Addresses().Token, unpause, cheap)
	first := s.nonce(t, drill.Mallory)
	hash := s.waits(t, drill.Mallory, first, vault, unpause, cheap)
	head := w.last.Head
	f = w.is(ops.Breach, hash.Hex())
	if w.last.Head.Hash != head.Hash || f.Args["account"] != drill.Address(drill.Mallory).Hex() || f.Observed.Exact != "1" ||
		!strings.HasPrefix(f.Why, fmt.Sprintf("%s waits with vault.unpause(), nonce %d, %s, first seen at ", drill.Address(drill.Mallory).Hex(), first, hash.Hex())) || !strings.HasSuffix(f.Why, " by drill") {
		t.Errorf("at #%d, before it #%d: %s waiting, %q gives %v", w.last.Head.Number, head.Number, f.Observed.Exact, f.Why, f.Args)
	}
	if log := w.last.Log; !strings.HasPrefix(log[0].Text, "Z1 breach: ") || !log[0].Alarm || len(kinds(t, w.last.Journal, "finding")) == 0 {
		t.Errorf("the alarm does not ring: %+v", log[0])
	}
	for range 3 { // it is in no block, and waits
		s.step(t, w)
		w.is(ops.Breach, fmt.Sprintf("and would fail at #%d: ", w.last.Head.Number)) // the vault is not paused
	}
	again := s.waits(t, drill.Mallory, first, vault, unpause, 2*cheap) // it pays more, and waits
	if f = w.is(ops.Breach, again.Hex()); f.Observed.Exact != "1" {
		t.Errorf("replaced by the same, %s wait: %s", f.Observed.Exact, f.Why)
	}
	s.waits(t, drill.Mallory, first, drill.Address(drill.Mallory), nil, dear) // it was taken back
	s.step(t, w)
	w.is(ops.OK, "")
	mined := s.waits(t, drill.Mallory, first+1, vault, unpause, dear)
	w.is(ops.Breach, mined.Hex())
	s.step(t, w)
	w.is(ops.OK, "")
}

// A thief's payment waits: the finding breaks before the block, and the runbook's key is in
// time. When she pays for a block at last, her call fails.
func TestAKeyIsInTimeForWhatWaits(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	s.rewrite(t, "policy.yaml", func(policy string) string {
		const before = "\ncanary:\n"
		return strings.Replace(policy, before, fmt.Sprintf("\n  - {id: Z1, title: Only payroll pays, kind: pending, calls: [treasury.pay], accounts: [%q], warmup: known, class: authorization, severity: critical, owner: security, action: revoke-payer}\n", drill.Address(drill.Payroll).Hex())+before, 1)
	})
	s.resign(t)
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	s.told(t, w)
	w.is(ops.OK, "")
	treasury, mallory := common.HexToAddress("0x609Ea01220C22e7Dd9588AAd37Fd2D3af20321a0"), drill.Address(drill.Mallory)
	pay := contracts.Treasury().Call("pay", mallory, big.NewInt(1e18))
	hash := s.waits(t, drill.Mallory, s.nonce(t, drill.Mallory), treasury, pay, cheap)
	if f := w.is(ops.Breach, "treasury.pay("); f.Args["account"] != mallory.Hex() || !strings.Contains(f.Why, hash.Hex()) {
		t.Fatalf("%q gives %v", f.Why, f.Args)
	}
	s.sends(t, drill.Treasurer, treasury, contracts.Treasury().Call("grantRole", common.HexToHash("0x8ec07e268e32cae7f300b49ad34f20106d088445cb9d9b2d62cbd864638308b2"), mallory))
	s.step(t, w)
	w.is(ops.Breach, "treasury.pay(")
	w.arm()
	plan := w.plan("R3")
	w.confirm(plan)
	for range 12 {
		s.step(t, w)
		if receipt(w.last, "R3").Stage == ops.StageContained {
			break
		}
	}
	if r := receipt(w.last, "R3"); r.Stage != ops.StageContained {
		t.Fatalf("R3 is %s: %s", r.Stage, r.Why)
	}
	s.waits(t, drill.Mallory, s.nonce(t, drill.Mallory), treasury, pay, dear)
	s.step(t, w)
	w.is(ops.OK, "")
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	block, err := client.BlockByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tx := range block.Transactions() {
		if tx.To() == nil || *tx.To() != treasury {
			continue
		}
		if r, err := client.TransactionReceipt(t.Context(), tx.Hash()); err != nil || r.Status != types.ReceiptStatusFailed {
			t.Errorf("she was paid: %+v, %v", r, err)
		}
		return
	}
	t.Error("her transaction was not mined: the test shows nothing")
}

// A provider that refuses, and one whose socket dies, do not tell: that is no empty mempool.
func TestWhatNobodyTellsIsNotKnown(t *testing.T) {
	s := newStage(t, 3)
	s.detects(t, "kind: pending, calls: [vault.unpause], of: {over: 3s}")
	p := chaintest.Before(t, s.WS())
	w := s.console(t, s.HTTP(), p.WS)
	s.step(t, w)
	s.told(t, w)
	w.is(ops.Unknown, "what came in the rest of the 3s before is not known")
	noisy := func() {
		for finding(w.last, "Z1").Verdict != ops.OK {
			s.step(t, w)
			switch f := finding(w.last, "Z1"); {
			case f.Verdict == ops.Breach:
				t.Fatal(f.Why)
			case strings.Contains(f.Why, "nobody's transaction"):
				s.chatter(t)
			}
		}
	}
	noisy()
	p.Refuse(true)
	p.Cut()
	w.until("the socket is gone", func(x ops.Snapshot) bool {
		f := finding(x, "Z1")
		return f.Verdict == ops.Unknown && f.Why != ""
	})
	p.Refuse(false)
	noisy()
	polled := s.console(t, s.HTTP(), "")
	s.step(t, polled)
	polled.is(ops.Unknown, "no provider tells what waits: drill: what waits is told over a WebSocket, and it has no ws: address")
}

package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// theatre is the drill's vault on a node that is not ours, and a pack for it.
func theatre(t *testing.T) (*foreign, *stage) {
	t.Helper()
	f := newForeign(t, "--chain-id", fmt.Sprint(uint64(ops.FirstDrillChain)))
	for _, name := range []string{drill.Deployer, drill.Guardian} {
		f.ask(nil, "anvil_setBalance", drill.Address(name), (*hexutil.Big)(new(big.Int).Mul(big.NewInt(10), big.NewInt(1e18))))
	}
	safetest.World(t, f.http, func() { f.mine(1) })
	s := &stage{Drill: &drill.Drill{}, folder: t.TempDir()}
	if _, err := rehearsal.WriteFolder(s.folder, s.Drill, runbooks.Embedded); err != nil {
		t.Fatal(err)
	}
	return f, s
}

// night is a theatre with a console before it, whose pack was edited, and armed.
func night(t *testing.T, edits ...func(*stage)) (*foreign, *watcher) {
	f, s := theatre(t)
	for _, edit := range edits {
		edit(s)
		s.resign(t)
	}
	w := s.console(t, f.http, f.ws)
	w.judged(f)
	w.arm()
	return f, w
}

// judged waits until the node's head is judged.
func (w *watcher) judged(f *foreign) {
	w.t.Helper()
	var head hexutil.Uint64
	f.ask(&head, "eth_blockNumber")
	w.until("the head is judged", func(s ops.Snapshot) bool { return s.Followed >= uint64(head) && s.Blind == "" })
}

func (f *foreign) fees(base *big.Int) {
	f.t.Helper()
	f.ask(nil, "anvil_setNextBlockBaseFeePerGas", (*hexutil.Big)(base))
	f.mine(1)
}

func (f *foreign) nonce(a common.Address) uint64 {
	f.t.Helper()
	var n hexutil.Uint64
	f.ask(&n, "eth_getTransactionCount", a, "latest")
	return uint64(n)
}

// Fault 15: the base fee rises above what the pause pays. It is replaced under its own
// nonce until it is mined, and takes effect once.
func TestAStuckPauseIsReplacedOnAForeignNode(t *testing.T) {
	f, w := night(t)
	guardian := drill.Address(drill.Guardian)
	before := f.nonce(guardian)
	first := w.confirm(w.plan("R1"))
	var sent types.Transaction
	var raw hexutil.Bytes
	f.ask(&raw, "eth_getRawTransactionByHash", first.Tx)
	if err := sent.UnmarshalBinary(raw); err != nil || sent.Nonce() != before {
		t.Fatalf("%v, nonce %d", err, sent.Nonce())
	}
	spike := new(big.Int).Add(sent.GasFeeCap(), big.NewInt(1))
	for range 4 {
		f.fees(spike)
		w.judged(f)
	}
	w.until("it is replaced", func(s ops.Snapshot) bool { return receipt(s, "R1").Tx != first.Tx })
	f.fees(spike)
	done := w.until("it is in effect", func(s ops.Snapshot) bool { return receipt(s, "R1").Stage >= ops.StageInEffect })
	if n := f.nonce(guardian); n != before+1 || receipt(done, "R1").Tx == first.Tx {
		t.Errorf("nonce %d after %d: more than one was mined", n, before)
	}
}

// Faults 16 and 20: the account's nonce is used by another transaction while the pause
// waits. That is said, the pause is not held for done, and pressing the key again sends
// it under the next.
func TestAStolenNonceIsNoticedOnAForeignNode(t *testing.T) {
	f, w := night(t)
	guardian := drill.Address(drill.Guardian)
	first := w.confirm(w.plan("R1"))
	f.ask(nil, "anvil_dropTransaction", first.Tx)
	var thief common.Hash
	f.ask(nil, "anvil_impersonateAccount", guardian)
	f.ask(&thief, "eth_sendTransaction", map[string]any{"from": guardian, "to": guardian, "nonce": hexutil.Uint64(f.nonce(guardian))})
	for range 4 {
		f.mine(1)
		w.judged(f)
	}
	lost := w.until("it is lost", func(s ops.Snapshot) bool { return receipt(s, "R1").Stage == ops.StageFailed })
	if why := receipt(lost, "R1").Why; !strings.Contains(why, "was used by another transaction") {
		t.Errorf("%q", why)
	}
	again := w.confirm(w.plan("R1"))
	f.mine(1)
	w.until("it is in effect", func(s ops.Snapshot) bool {
		for _, r := range s.Receipts {
			if r.ID == again.ID && r.Stage >= ops.StageInEffect {
				return true
			}
		}
		return false
	})
}

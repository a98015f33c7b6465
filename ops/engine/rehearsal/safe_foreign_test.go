package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/safe"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// Fault 23 on a node that is not ours: the same lane, from the first signature to the
// paused vault, dead in the block in which the nonce moves or an owner is removed.
func TestASafeOnAForeignNodePausesItsVault(t *testing.T) {
	f := newForeign(t, "--chain-id", fmt.Sprint(uint64(ops.FirstDrillChain)))
	for _, name := range []string{drill.Deployer, drill.Guardian} {
		f.ask(nil, "anvil_setBalance", drill.Address(name), (*hexutil.Big)(new(big.Int).Mul(big.NewInt(10), big.NewInt(1e18))))
	}
	one := func() { f.mine(1) }
	safetest.World(t, f.http, one)
	s := &stage{Drill: &drill.Drill{}, folder: t.TempDir()}
	if _, err := rehearsal.WriteFolder(s.folder, s.Drill, runbooks.Embedded); err != nil {
		t.Fatal(err)
	}
	c := &chamber{stage: s, t: t, beside: t.TempDir(), http: f.http, ws: f.ws}
	c.Chamber = safetest.Deploy(t, f.http, "1.4.1", one)
	c.write()
	w := c.watch()
	board := func(state ops.ReadyState, says string) {
		t.Helper()
		f.mine(1)
		var head hexutil.Uint64
		f.ask(&head, "eth_blockNumber")
		c.readyAt(uint64(head), state, says)
	}
	board(ops.Dead, "0 of 2 signatures")
	first := c.draft(0)
	c.signs(drill.Security, first.Tx)
	c.signs(drill.Release, first.Tx)
	board(ops.Ready, "")
	routine := safe.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: drill.Address(drill.Operator)}
	c.Pooled(drill.Deployer, &c.Safe, safetest.Carried(t, routine, drill.Security, drill.Release))
	board(ops.Dead, "2 are for nonce 0, which is used: void")
	later := c.draft(2)
	c.signs(drill.Security, later.Tx)
	c.signs(drill.Command, later.Tx)
	removal := safe.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: c.Safe, Nonce: 1,
		Data: safetest.Call(t, "removeOwner", drill.Address(drill.Release), drill.Address(drill.Command), big.NewInt(2))}
	c.Pooled(drill.Deployer, &c.Safe, safetest.Carried(t, removal, drill.Security, drill.Release))
	board(ops.Dead, "does not count: no owner, or none any more")
	c.signs(drill.Release, later.Tx)
	board(ops.Ready, "")
	w.arm()
	plan := w.plan("R8")
	if plan.Safe == nil || plan.Safe.Hash != later.Tx.Hash() || len(plan.Refusals) > 0 {
		t.Fatalf("%+v", plan)
	}
	w.confirm(plan)
	f.mine(1)
	w.until("the vault is paused", func(n ops.Snapshot) bool { return receipt(n, "R8").Stage >= ops.StageInEffect })
	f.mine(1)
	w.until("it is contained", func(n ops.Snapshot) bool { return receipt(n, "R8").Stage == ops.StageContained })
	if paused := f.raw(c.Vault, []byte{0x5c, 0x97, 0x5a, 0xbb}, w.last.Head.Number); paused.Cmp(big.NewInt(1)) != 0 {
		t.Errorf("the node says %s", paused)
	}
	if why := receipt(w.last, "R8").Why; strings.Contains(why, "revert") {
		t.Error(why)
	}
}

package rehearsal_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// chamber is a stage with a Safe of three members, and a vault of its own that only the
// Safe can pause.
type chamber struct {
	*stage
	*safetest.Chamber
	t       testing.TB
	beside  string // the folder of the journal
	console *watcher

	http, ws string // of the node
}

func newChamber(t testing.TB, version string) *chamber {
	t.Helper()
	s := newStage(t, 1)
	c := &chamber{stage: s, t: t, beside: t.TempDir(), http: s.HTTP(), ws: s.WS()}
	c.Chamber = safetest.Deploy(t, s.HTTP(), version, c.next)
	c.write()
	return c
}

// write adds the chamber to the drill's pack, signed anew.
func (c *chamber) write() {
	c.t.Helper()
	c.Write(c.folder)
	if err := rehearsal.Sign(c.folder); err != nil {
		c.t.Fatal(err)
	}
}

// next seals a block, and has the console judge it.
func (c *chamber) next() {
	c.t.Helper()
	if c.console == nil {
		c.step(c.t)
		return
	}
	c.step(c.t, c.console)
}

// signs keeps a member's signature beside the journal.
func (c *chamber) signs(name string, tx safe.Transaction) {
	c.t.Helper()
	if _, err := engine.Keep(c.beside, safe.Kept{Transaction: tx, Signature: safetest.Signed(c.t, name, tx)}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chamber) watch() *watcher {
	c.t.Helper()
	c.console = c.consoleIn(c.t, c.beside, c.http, c.ws, journal.Options{})
	return c.console
}

// ready waits until the runbook's line was measured at the newest block.
func (c *chamber) ready(state ops.ReadyState, says string) {
	c.t.Helper()
	c.readyAt(c.Head().Number, state, says)
}

func (c *chamber) readyAt(head uint64, state ops.ReadyState, says string) {
	c.t.Helper()
	var line ops.Readiness
	c.console.until("the council's line is measured", func(s ops.Snapshot) bool {
		for _, line = range s.Board {
			if line.Runbook == "R8" && line.At.Number >= head && line.State != ops.ReadyUnknown {
				return true
			}
		}
		return false
	})
	if why := strings.Join(line.Why, "; "); line.State != state || !strings.Contains(why, says) {
		c.t.Fatalf("at #%d it is %s: %q; want %s: %q", head, line.State, why, state, says)
	}
}

// drafts are what the council signs, under nonces from the given one on.
func (c *chamber) draft(nonce uint64) engine.SafeDraft {
	c.t.Helper()
	rules := c.rules(c.t)
	client, err := chain.Dial(c.t.Context(), chain.Endpoint{Name: "drill", Chain: rules.ChainID, HTTP: c.http, WS: c.ws})
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	all, err := rules.SafeDrafts(c.t.Context(), chain.NewPool(1, client), c.beside, "R8", "", &nonce)
	if err != nil || len(all) != 1 || all[0].Reverts != "" {
		c.t.Fatalf("%+v, %v", all, err)
	}
	return all[0]
}

// Fault 23 and the whole lane, on every published version: signatures are collected in
// files, dead in the very block in which the Safe's nonce moves or an owner is removed,
// and what the owners left signed pauses the vault.
func TestASafePausesTheVaultWithWhatItsOwnersSigned(t *testing.T) {
	for _, version := range safetest.Versions {
		t.Run(version, func(t *testing.T) {
			c := newChamber(t, version)
			w := c.watch()
			c.next()
			c.ready(ops.Dead, "0 of 2 signatures")
			first := c.draft(0) // fails unless the Safe's getTransactionHash says the same
			if first.State.Version != version || first.Tx.Safe != c.Safe || len(first.Doubts) != 0 || first.State.Singleton != c.Singleton {
				t.Fatalf("%+v", first.State)
			}
			c.signs(drill.Security, first.Tx)
			c.next()
			c.ready(ops.Dead, "1 of 2 signatures, ")
			c.signs(drill.Command, first.Tx)
			c.next()
			c.ready(ops.Ready, "")

			routine := safe.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: drill.Address(drill.Operator)}
			c.Send(c.Safe, safetest.Carried(t, routine, drill.Security, drill.Release))
			c.ready(ops.Dead, "2 are for nonce 0, which is used: void")

			later := c.draft(2) // signed ahead of what takes nonce 1
			c.signs(drill.Security, later.Tx)
			c.signs(drill.Command, later.Tx)
			removal := safe.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: c.Safe, Nonce: 1,
				Data: safetest.Call(t, "removeOwner", drill.Address(drill.Release), drill.Address(drill.Command), big.NewInt(2))}
			c.Send(c.Safe, safetest.Carried(t, removal, drill.Security, drill.Release))
			c.ready(ops.Dead, "1 of 2 signatures, ")
			c.ready(ops.Dead, "does not count: no owner, or none any more")

			c.signs(drill.Release, later.Tx)
			c.next()
			c.ready(ops.Ready, "")
			w.arm()
			plan := w.plan("R8")
			if plan.Safe == nil || plan.Safe.Hash != later.Tx.Hash() || plan.Safe.Nonce != 2 || plan.From != drill.Address(drill.Guardian) || len(plan.Changes) == 0 || len(plan.Refusals) > 0 {
				t.Fatalf("%+v", plan)
			}
			w.confirm(plan)
			if r := w.recorded(t, "containment-intent"); !strings.Contains(string(r.Data), later.Tx.Hash().Hex()) {
				t.Errorf("the journal says %s", r.Data)
			}
			c.next()
			c.next()
			w.until("the vault is paused", func(s ops.Snapshot) bool { return receipt(s, "R8").Stage == ops.StageContained })
			if r := receipt(w.last, "R8"); r.Steps[0].Lane != "council · safe" || r.InEffect.IsZero() {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Somebody else's transaction takes the Safe's nonce in the same block: ours is mined,
// reverts, and says what the Safe's code means.
func TestASafeThatWasQuickerElsewhereIsExplained(t *testing.T) {
	c := newChamber(t, "1.4.1")
	w := c.watch()
	d := c.draft(0)
	c.signs(drill.Security, d.Tx)
	c.signs(drill.Release, d.Tx)
	c.next()
	c.ready(ops.Ready, "")
	w.arm()
	plan := w.plan("R8")
	routine := safe.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: drill.Address(drill.Operator)}
	quicker := drill.Deployer // whoever is mined before the guardian: senders come in the order of their addresses
	for _, name := range []string{drill.Proposer, drill.Executor, drill.Mallory} {
		if drill.Address(name).Cmp(drill.Address(quicker)) < 0 {
			quicker = name
		}
	}
	c.Pooled(quicker, &c.Safe, safetest.Carried(t, routine, drill.Security, drill.Release))
	w.confirm(plan)
	c.next()
	c.next() // its receipt is found at the latest
	failed := w.until("it failed", func(s ops.Snapshot) bool { return receipt(s, "R8").Stage == ops.StageFailed })
	if why := receipt(failed, "R8").Why; !strings.Contains(why, "GS026: a signature is not an owner's: the Safe's nonce moved") {
		t.Errorf("%q", why)
	}
}

// A module acts without the owners: it is said in the block that enables it, unless the
// owners of the runbook know of it. A second one is said all the same.
func TestWhatActsBesideTheOwnersIsSaid(t *testing.T) {
	for name, want := range map[string]struct {
		known string
		state ops.ReadyState
		says  string
	}{
		"nobody knows of it":   {"", ops.Impaired, "0x0000000000000000000000000000000000baDbad acts for the Safe without any signature"},
		"the runbook does":     {`modules: ["0x0000000000000000000000000000000000baDbad"], `, ops.Ready, ""},
		"it knows of another":  {`modules: ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"], `, ops.Impaired, "acts for the Safe"},
		"its guard is missing": {`modules: ["0x0000000000000000000000000000000000baDbad"], guard: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", `, ops.Impaired, "its guard 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChamber(t, "1.4.1")
			c.edit(t, "runbooks/freeze-second.yaml", "kind: safe, ", "kind: safe, "+want.known)
			if err := rehearsal.Sign(c.folder); err != nil {
				t.Fatal(err)
			}
			c.watch()
			d := c.draft(1)
			c.signs(drill.Security, d.Tx)
			c.signs(drill.Release, d.Tx)
			module := safe.Transaction{Chain: ops.FirstDrillChain, Safe: c.Safe, To: c.Safe, Data: safetest.Call(t, "enableModule", common.HexToAddress("0xbadbad"))}
			c.Send(c.Safe, safetest.Carried(t, module, drill.Security, drill.Release))
			c.ready(want.state, want.says)
		})
	}
}

package rehearsal_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// rogue is a timelock of one kind in which the guardian may cancel, and an operation of
// it that nobody approved.
type rogue struct {
	lock     common.Address
	queuer   string // who puts it there
	queue    []byte // calldata for the timelock
	delay    time.Duration
	executor string
	execute  []byte
	function string // that cancels it, as the dialog says
	calldata string // of the step, as the lock fixes it
	before   string // of the condition, before it is cancelled
}

var rogues = map[string]func(g *ground, to common.Address, data []byte) rogue{
	"oz": func(g *ground, to common.Address, data []byte) rogue {
		c := locktest.Read(g.t, "TimelockController-4.8.3")
		lock := g.deploy(c.TimelockController(2*day, common.Address{}))
		g.send(drill.Deployer, lock, c.Call("grantRole", crypto.Keccak256Hash([]byte("CANCELLER_ROLE")), drill.Address(drill.Guardian)))
		args := []any{to, new(big.Int), data, common.Hash{}, common.Hash{9}}
		return rogue{
			lock, drill.Proposer, c.Call("schedule", append(args, big.NewInt(2*86400))...), 2 * day, drill.Mallory, c.Call("execute", args...),
			"second.cancel(0x", "0xc4d252f5{of operation in T2, oz: its id}", "false, getTimestamp is ",
		}
	},
	"compound": func(g *ground, to common.Address, data []byte) rogue {
		c := locktest.Read(g.t, "Timelock")
		lock := g.deploy(c.Deploy(drill.Address(drill.Guardian), big.NewInt(2*86400)))
		args := []any{to, new(big.Int), "pause()", []byte{}, big.NewInt(g.now.Add(3 * day).Unix())}
		return rogue{
			lock, drill.Guardian, c.Call("queueTransaction", args...), 3 * day, drill.Guardian, c.Call("executeTransaction", args...),
			`second.cancelTransaction(vault, 0, "pause()", 0x, 18`, "0x591fcdfe{of operation in T2, compound: its target, value, signature, data and eta}", "false, queuedTransactions is 1",
		}
	},
	"access-manager": func(g *ground, to common.Address, data []byte) rogue {
		c := locktest.Read(g.t, "AccessManager")
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer)))
		g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", to, [][4]byte{[4]byte(data)}, uint64(7)))
		g.send(drill.Deployer, lock, c.Call("grantRole", uint64(7), drill.Address(drill.Proposer), uint32(3600)))
		g.send(drill.Deployer, lock, c.Call("setRoleGuardian", uint64(7), uint64(8)))
		g.send(drill.Deployer, lock, c.Call("grantRole", uint64(8), drill.Address(drill.Guardian), uint32(0)))
		return rogue{
			lock, drill.Proposer, c.Call("schedule", to, data, new(big.Int)), time.Hour, drill.Proposer, c.Call("execute", to, data),
			"second.cancel(" + short(drill.Proposer) + ", vault, 0x8456cb59)", "0xd6bb62c6{of operation in T2, access-manager: its caller, target and data}", "false, getSchedule is ",
		}
	},
	"delay": func(g *ground, to common.Address, data []byte) rogue {
		c, avatars := locktest.Read(g.t, "Delay"), locktest.Read(g.t, "TestAvatar")
		avatar := g.deploy(avatars.Deploy())
		lock := g.deploy(c.Deploy(drill.Address(drill.Guardian), avatar, avatar, big.NewInt(3600), new(big.Int)))
		g.send(drill.Deployer, avatar, avatars.Call("setModule", lock))
		g.send(drill.Guardian, lock, c.Call("enableModule", drill.Address(drill.Proposer)))
		args := []any{avatar, new(big.Int), avatars.Call("setModule", lock), uint8(0)}
		return rogue{
			lock, drill.Proposer, c.Call("execTransactionFromModule", args...), time.Hour, drill.Mallory, c.Call("executeNextTx", args...),
			"second.setTxNonce(1)", "0x46ba2307{of operation in T2, delay: its nonce, plus 1}", "false, txNonce is 0",
		}
	},
}

const cancelSecond = `version: 1
id: R9
name: cancel-second
key: Z
owner: incident-command
class: queue
phrase: cancel second
params:
  operation: {type: bytes32, from: finding}
lanes:
  guardian: {kind: keystore, from: %q}
steps:
  - id: R9.1
    title: Cancel the operation
    call: cancel(T2, operation)
    effect: restricts
    lanes: [guardian]
    blast_radius: {scope: internal, stops: this operation until somebody queues it again}
    expect: cancelled(T2, operation) == true
    on_failure: stop
contained_when: {holds: "cancelled(T2, operation) == true", blocks: 2, steps: [R9.1]}
`

// secondLock is a stage whose policy also names a timelock of the kind, and a runbook
// that cancels in it.
func secondLock(t *testing.T, g *ground, kind string, lock common.Address) *stage {
	t.Helper()
	s := &stage{Drill: &drill.Drill{}, folder: t.TempDir()}
	if _, err := rehearsal.WriteFolder(s.folder, s.Drill, runbooks.Embedded); err != nil {
		t.Fatal(err)
	}
	s.rewrite(t, "policy.yaml", func(policy string) string {
		return strings.NewReplacer(
			"contracts:\n", fmt.Sprintf("contracts:\n  second: {chain: drill, address: %q, abi: abi/TimelockController.json}\n", lock.Hex()),
			"timelocks:\n", fmt.Sprintf("timelocks:\n  - {id: T2, kind: %s, contract: second, from_block: 0, min_delay: 1h}\n", kind),
			"detectors:\n", "detectors:\n  - {id: Q2, title: Only what was approved waits, kind: queue, signs: [unexpected, id], class: queue, severity: critical, owner: security, timelock: T2, action: cancel-second}\n",
		).Replace(policy)
	})
	if err := os.WriteFile(filepath.Join(s.folder, "runbooks", "cancel-second.yaml"), fmt.Appendf(nil, cancelSecond, drill.Address(drill.Guardian).Hex()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	return s
}

// follows mines a block and waits until the console has followed it.
func (w *watcher) follows(g *ground) ops.Snapshot {
	w.t.Helper()
	g.mine(1)
	return w.until("the block is followed", func(s ops.Snapshot) bool { return s.Head.Time.Equal(g.now) && s.Followed == s.Head.Number })
}

func line(s ops.Snapshot, id ops.RunbookID) ops.Readiness {
	for _, b := range s.Board {
		if b.Runbook == id {
			return b
		}
	}
	return ops.Readiness{}
}

// An operation that nobody approved is cancelled by a runbook that names the timelock and
// what the finding found, in each kind of timelock, also by a console that was ended in
// between; and what was executed before it could be is never said to be cancelled.
func TestEachKindOfTimelockIsCancelledIn(t *testing.T) {
	grounds := map[string]func(*testing.T) *ground{"sealed": ourGround, "anvil": anvilGround}
	for kind, start := range rogues {
		for name, begin := range grounds {
			t.Run(kind+" on "+name, func(t *testing.T) {
				g := begin(t)
				safetest.World(t, g.http, func() { g.mine(1) })
				r := start(g, drill.Addresses().Vault, contracts.Vault().Call("pause"))
				w, folder, s := atRogue(t, g, kind, r)
				w.arm()
				plan := w.plan("R9")
				if plan.Call.To != r.lock || !strings.HasPrefix(plan.Call.Function, r.function) || len(plan.Refusals)+len(plan.Warnings) > 0 || plan.Loosens {
					t.Fatalf("%q to %s: %v, %v", plan.Call.Function, plan.Call.To, plan.Refusals, plan.Warnings)
				}
				if len(plan.Changes) != 1 || plan.Changes[0].What != "cancelled(T2, operation)" || !strings.HasPrefix(plan.Changes[0].Before, r.before) || !strings.HasPrefix(plan.Changes[0].After, "true, ") {
					t.Errorf("%+v", plan.Changes)
				}
				w.confirm(plan)
				w.quit()
				w = s.consoleIn(t, folder, g.http, g.ws, journal.Options{})
				w.follows(g)
				w.until("it is in effect", func(n ops.Snapshot) bool { return receipt(n, "R9").Stage >= ops.StageInEffect })
				w.follows(g)
				w.until("it is contained", func(n ops.Snapshot) bool { return receipt(n, "R9").Stage == ops.StageContained })
				for _, o := range w.last.Queue {
					if o.Timelock == "T2" && (o.State != ops.OperationCancelled || o.Cancel != nil) {
						t.Errorf("%+v", o)
					}
				}
				if f := finding(w.last, "Q2"); f.Verdict != ops.OK {
					t.Errorf("Q2 is %s: %s", f.Verdict, f.Why)
				}
				if err := g.call(drill.Address(r.executor), r.lock, r.execute); err == nil {
					t.Error("the contract executes it")
				}
			})
		}
	}
}

// atRogue has a console at the block in which the rogue operation is found. Before it,
// its runbook has no case; after it, it is tried from who would cancel.
func atRogue(t *testing.T, g *ground, kind string, r rogue) (w *watcher, folder string, s *stage) {
	t.Helper()
	s = secondLock(t, g, kind, r.lock)
	if raw, err := os.ReadFile(filepath.Join(s.folder, "pack.lock.yaml")); err != nil || !strings.Contains(string(raw), fmt.Sprintf("calldata: %q", r.calldata)) {
		t.Fatalf("%v: the lock does not hold %q in\n%s", err, r.calldata, raw)
	}
	folder = t.TempDir()
	w = s.consoleIn(t, folder, g.http, g.ws, journal.Options{})
	w.follows(g)
	w.until("there is no case", func(n ops.Snapshot) bool { return slices.Equal(line(n, "R9").Needed, []string{"operation"}) })
	if _, err := w.Prepare(w.ctx, "R9"); err == nil {
		t.Fatal("a plan without an operation")
	}
	g.send(r.queuer, r.lock, r.queue)
	for range 4 { // a salt that no event carries is read after a block
		if w.follows(g); finding(w.last, "Q2").Verdict == ops.Breach {
			break
		}
	}
	if f := finding(w.last, "Q2"); f.Verdict != ops.Breach {
		t.Fatalf("Q2 is %s: %s", f.Verdict, f.Why)
	}
	w.until("the board is measured", func(n ops.Snapshot) bool {
		return line(n, "R9").At.Time.Equal(g.now) && line(n, "R9").State != ops.ReadyUnknown
	})
	if b := line(w.last, "R9"); b.State != ops.Ready {
		t.Fatalf("the board says %s: %v", b.State, b.Why)
	}
	return w, folder, s
}

// Executed in the block before, by whoever may: the call to cancel comes too late, and
// nothing says that it took effect.
func TestWhatWasExecutedFirstIsNotCancelled(t *testing.T) {
	for kind, start := range rogues {
		if kind == "compound" {
			continue // who executes there is who cancels, and his nonces are in order
		}
		t.Run(kind, func(t *testing.T) {
			g := ourGround(t)
			safetest.World(t, g.http, func() { g.mine(1) })
			to, call := g.target()
			r := start(g, to, call(1))
			w, folder, _ := atRogue(t, g, kind, r)
			g.until(g.now.Add(r.delay))
			w.arm()
			w.follows(g)
			plan := w.plan("R9")
			g.send(r.executor, r.lock, r.execute)
			w.confirm(plan) // as it was on the screen a moment ago
			w.follows(g)
			w.until("it failed", func(n ops.Snapshot) bool { return receipt(n, "R9").Stage == ops.StageFailed })
			if why := receipt(w.last, "R9").Steps[0].Why; !strings.Contains(why, "EXECUTED") && !strings.Contains(why, "executed or skipped") && !strings.Contains(why, "nothing took effect") {
				t.Errorf("%q", why)
			}
			raw, err := os.ReadFile(filepath.Join(folder, journal.Name))
			if err != nil || strings.Contains(string(raw), "containment-in-effect") {
				t.Errorf("%v: the journal says that it took effect", err)
			}
		})
	}
}

// A Delay is cancelled by moving it past everything before: what an approved operation
// loses by it stands on the board, in the plan and in the journal. Of two with the same
// hash it is the second that is cancelled, for an approval is for one time.
func TestWhatADelayLosesWithAnOperationIsSaid(t *testing.T) {
	g := ourGround(t)
	safetest.World(t, g.http, func() { g.mine(1) })
	vault, c := drill.Addresses().Vault, locktest.Read(t, "Delay")
	lock := g.deploy(c.Deploy(drill.Address(drill.Guardian), vault, vault, big.NewInt(3600), new(big.Int)))
	g.send(drill.Guardian, lock, c.Call("enableModule", drill.Address(drill.Proposer)))
	args := []any{vault, new(big.Int), contracts.Vault().Call("pause"), uint8(0)}
	id := g.ask(lock, c.Call("getTransactionHash", args...))
	s := secondLock(t, g, "delay", lock)
	s.rewrite(t, "release.yaml", func(release string) string {
		from, to := strings.Index(release, "operations:"), strings.Index(release, "implementations:")
		return strings.Replace(release[:from], "timelock: T1", "timelock: T2", 1) + fmt.Sprintf(
			"operations:\n  - id: O1\n    purpose: other\n    operation: \"0x%x\"\n    form: single\n    delay: 1h\n    calls: [{to: vault, call: \"pause()\", args: []}]\n", id) + release[to:]
	})
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	w := s.console(t, g.http, g.ws)
	for range 2 {
		g.send(drill.Proposer, lock, c.Call("execTransactionFromModule", args...))
	}
	w.follows(g)
	if f := finding(w.last, "Q2"); f.Verdict != ops.Breach || f.Args["nonce"] != "1" {
		t.Fatalf("%+v", f)
	}
	w.follows(g)
	const loses = "TO CANCEL IT VOIDS WHAT WAITS BEFORE IT: T2·0 vault.pause() (APPROVED as vault-v2 O1)"
	w.until("the board is measured", func(n ops.Snapshot) bool {
		return line(n, "R9").At.Time.Equal(g.now) && line(n, "R9").State != ops.ReadyUnknown
	})
	if b := line(w.last, "R9"); b.State != ops.Impaired || !slices.Contains(b.Why, loses) {
		t.Errorf("the board says %s: %q", b.State, b.Why)
	}
	w.arm()
	plan := w.plan("R9")
	if plan.Call.Function != "second.setTxNonce(2)" || !slices.Contains(plan.Warnings, loses) || !strings.HasPrefix(plan.About, "T2·1: ") || len(plan.Refusals) > 0 {
		t.Fatalf("%s about %q: %q", plan.Call.Function, plan.About, plan.Warnings)
	}
	w.confirm(plan)
	w.follows(g)
	w.follows(g)
	w.until("it is contained", func(n ops.Snapshot) bool { return receipt(n, "R9").Stage == ops.StageContained })
	states := map[string]ops.OperationState{}
	for _, o := range w.last.Queue {
		states[o.Short] = o.State
	}
	if states["T2·0"] != ops.OperationOver || states["T2·1"] != ops.OperationCancelled {
		t.Errorf("%v", states)
	}
	if r := w.recorded(t, "containment-intent"); !strings.Contains(string(r.Data), "T2·0 vault.pause() (APPROVED") {
		t.Errorf("the journal says %s", r.Data)
	}
}

// Whoever may not cancel is DEAD on the board, and it says who may.
func TestWhoMayNotCancelIsToldWhoMay(t *testing.T) {
	g := ourGround(t)
	safetest.World(t, g.http, func() { g.mine(1) })
	r := rogues["compound"](g, drill.Addresses().Vault, nil)
	s := secondLock(t, g, "compound", r.lock)
	const lane = "lanes:\n  guardian: {kind: keystore, from: %q}\n"
	s.edit(t, "runbooks/cancel-second.yaml", fmt.Sprintf(lane, drill.Address(drill.Guardian).Hex()), fmt.Sprintf(lane, drill.Address(drill.Backup).Hex()))
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	w := s.console(t, g.http, g.ws)
	g.send(r.queuer, r.lock, r.queue)
	w.follows(g)
	w.follows(g)
	w.until("the board is measured", func(n ops.Snapshot) bool {
		return line(n, "R9").At.Time.Equal(g.now) && line(n, "R9").State != ops.ReadyUnknown
	})
	if b := line(w.last, "R9"); b.State != ops.Dead || !strings.Contains(strings.Join(b.Why, "; "), "Call must come from admin.; in T2 it may be cancelled by guardian") {
		t.Errorf("the board says %s: %q", b.State, b.Why)
	}
}

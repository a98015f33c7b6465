package rehearsal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// approvedCall is a timelock of one kind that the guardian may execute in, and an
// operation of it that the release approves.
type approvedCall struct {
	lock   common.Address
	queuer string
	queue  []byte
	id     []byte
	form   string
	words  string // of the release
	delay  time.Duration
	sends  string // as the dialog says
}

// approve is the token's: anybody may call it, a timelock too.
func approve() []byte {
	return contracts.Token().Call("approve", drill.Address(drill.Mallory), big.NewInt(7))
}

var approvals = map[string]func(g *ground, to common.Address, data []byte) approvedCall{
	"oz": func(g *ground, to common.Address, data []byte) approvedCall {
		c := locktest.Read(g.t, "TimelockController-5.7.0")
		lock := g.deploy(c.TimelockController(2*day, drill.Address(drill.Guardian)))
		args := []any{to, new(big.Int), data, common.Hash{}, common.Hash{9}}
		words := fmt.Sprintf("predecessor: %q\n    salt: %q", common.Hash{}.Hex(), common.Hash{9}.Hex())
		return approvedCall{lock, drill.Proposer, c.Call("schedule", append(args, big.NewInt(2*86400))...), g.ask(lock, c.Call("hashOperation", args...)), "single", words, 2 * day, "second.execute(vault-v2 O1)"}
	},
	"oz batch": func(g *ground, to common.Address, data []byte) approvedCall {
		c := locktest.Read(g.t, "TimelockController-4.9.6")
		lock := g.deploy(c.TimelockController(2*day, drill.Address(drill.Guardian)))
		args := []any{[]common.Address{to}, []*big.Int{new(big.Int)}, [][]byte{data}, common.Hash{}, common.Hash{9}}
		words := fmt.Sprintf("predecessor: %q\n    salt: %q", common.Hash{}.Hex(), common.Hash{9}.Hex())
		return approvedCall{lock, drill.Proposer, c.Call("scheduleBatch", append(args, big.NewInt(2*86400))...), g.ask(lock, c.Call("hashOperationBatch", args...)), "batch", words, 2 * day, "second.executeBatch(vault-v2 O1)"}
	},
	"compound": func(g *ground, to common.Address, data []byte) approvedCall {
		c := locktest.Read(g.t, "Timelock")
		lock := g.deploy(c.Deploy(drill.Address(drill.Guardian), big.NewInt(2*86400)))
		eta := g.now.Add(3 * day)
		queue := c.Call("queueTransaction", to, new(big.Int), "approve(address,uint256)", data[4:], big.NewInt(eta.Unix()))
		out, err := g.eth.CallContract(g.t.Context(), message(drill.Address(drill.Guardian), lock, queue), nil)
		if err != nil {
			g.t.Fatal(err)
		}
		return approvedCall{lock, drill.Guardian, queue, out, "signature", fmt.Sprintf("eta: %q", eta.Format(time.RFC3339)), 3 * day, "second.executeTransaction(vault-v2 O1)"}
	},
	"access-manager": func(g *ground, to common.Address, data []byte) approvedCall {
		c := locktest.Read(g.t, "AccessManager")
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer)))
		g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", to, [][4]byte{[4]byte(data)}, uint64(7)))
		g.send(drill.Deployer, lock, c.Call("grantRole", uint64(7), drill.Address(drill.Guardian), uint32(3600)))
		id := g.ask(lock, c.Call("hashOperation", drill.Address(drill.Guardian), to, data))
		return approvedCall{lock, drill.Guardian, c.Call("schedule", to, data, new(big.Int)), id, "single", fmt.Sprintf("caller: %q", drill.Address(drill.Guardian).Hex()), time.Hour, "second.execute(vault-v2 O1)"}
	},
	"delay": func(g *ground, to common.Address, data []byte) approvedCall {
		c, avatars := locktest.Read(g.t, "Delay"), locktest.Read(g.t, "TestAvatar")
		avatar := g.deploy(avatars.Deploy())
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer), avatar, avatar, big.NewInt(3600), new(big.Int)))
		g.send(drill.Deployer, avatar, avatars.Call("setModule", lock))
		g.send(drill.Deployer, lock, c.Call("enableModule", drill.Address(drill.Proposer)))
		id := g.ask(lock, c.Call("getTransactionHash", to, new(big.Int), data, uint8(0)))
		return approvedCall{lock, drill.Proposer, c.Call("execTransactionFromModule", to, new(big.Int), data, uint8(0)), id, "single", "", time.Hour, "second.executeNextTx(vault-v2 O1)"}
	},
}

const executeSecond = `version: 1
id: R9
name: execute-second
key: Z
owner: incident-command
class: queue
phrase: execute second
people: 2
lanes:
  guardian: {kind: keystore, from: %q}
steps:
  - id: R9.1
    title: Execute what was approved
    call: execute(T2, O1)
    effect: loosens
    lanes: [guardian]
    blast_radius: {scope: internal, stops: nothing}
    expect: executed(T2, O1) == true
    on_failure: stop
contained_when: {holds: "executed(T2, O1) == true", blocks: 2, steps: [R9.1]}
`

// An operation that the release approves is executed by a runbook: when it is ready, with
// two people, and never otherwise.
func TestAnApprovedOperationIsExecutedByTwoPeople(t *testing.T) {
	for name, start := range approvals {
		t.Run(name, func(t *testing.T) {
			g := ourGround(t)
			safetest.World(t, g.http, func() { g.mine(1) })
			token := drill.Addresses().Token
			q := start(g, token, approve())
			kind, _, _ := strings.Cut(name, " ")
			s := executing(t, g, kind, q)
			w := s.console(t, g.http, g.ws)
			w.follows(g)
			w.arm()
			refused := func(why string) ops.Plan {
				t.Helper()
				plan := w.plan("R9")
				if got := strings.Join(plan.Refusals, "; "); !plan.Loosens || !strings.Contains(got, why) || len(plan.Warnings) > 0 {
					t.Fatalf("%q is not refused: %q", why, got)
				}
				if _, err := w.Do(t.Context(), ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase}); !errors.Is(err, contain.ErrRefused) && !errors.Is(err, contain.ErrStale) {
					t.Fatalf("%s: %v", why, err)
				}
				return plan
			}
			refused("vault-v2 O1 does not wait in T2")
			g.send(q.queuer, q.lock, q.queue)
			w.follows(g)
			w.follows(g)
			refused("is not ready before 20")
			g.until(g.now.Add(q.delay))
			w.follows(g)
			alone := refused("2 PEOPLE ARE ASKED FOR")
			if alone.Call.Function != q.sends || !strings.HasPrefix(alone.About, "T2·") || !strings.Contains(alone.About, "token.approve(") {
				t.Errorf("%s about %q", alone.Call.Function, alone.About)
			}
			w.seconded(t, s, alone)
			both := w.plan("R9")
			if len(both.Refusals) > 0 || strings.Join(both.Seconds, "") != "Bob" {
				t.Fatalf("both: %q, %q", both.Seconds, both.Refusals)
			}
			w.confirm(both)
			w.follows(g)
			w.follows(g)
			w.until("it is contained", func(n ops.Snapshot) bool { return receipt(n, "R9").Stage == ops.StageContained })
			if got := new(big.Int).SetBytes(g.ask(token, contracts.Token().Call("allowance", spender(q, g), drill.Address(drill.Mallory)))); got.Int64() != 7 {
				t.Errorf("the token says %s", got)
			}
			refused("does not wait in T2")
		})
	}
}

// spender is who the timelock calls as.
func spender(q approvedCall, g *ground) common.Address {
	switch q.form + q.sends {
	case "singlesecond.executeNextTx(vault-v2 O1)":
		return common.BytesToAddress(g.ask(q.lock, locktest.Read(g.t, "Delay").Call("avatar")))
	}
	return q.lock
}

// What is not approved, or was approved for one time and is over, is not executed.
func TestWhatWasApprovedForOnceIsNotExecutedAgain(t *testing.T) {
	g := ourGround(t)
	safetest.World(t, g.http, func() { g.mine(1) })
	q := approvals["access-manager"](g, drill.Addresses().Token, approve())
	s := executing(t, g, "access-manager", q)
	w := s.console(t, g.http, g.ws)
	c := locktest.Read(t, "AccessManager")
	for range 2 {
		g.send(q.queuer, q.lock, q.queue)
		g.until(g.now.Add(q.delay))
		if err := g.call(drill.Address(drill.Guardian), q.lock, c.Call("execute", drill.Addresses().Token, approve())); err != nil {
			t.Fatal(err)
		}
		w.follows(g)
		w.follows(g)
		plan := w.plan("R9")
		if got := strings.Join(plan.Refusals, "; "); strings.Contains(got, "approved by nobody") != (w.last.Queue[0].Nonce == "2") {
			t.Errorf("nonce %s: %q", w.last.Queue[0].Nonce, got)
		}
		g.send(drill.Guardian, q.lock, c.Call("execute", drill.Addresses().Token, approve()))
		w.follows(g)
	}
	s.edit(t, "runbooks/execute-second.yaml", "call: execute(T2, O1)", "call: execute(T2, O9)")
	if _, faults := engine.LoadRules(os.DirFS(s.folder)); faults.Err() == nil || !strings.Contains(faults.Error(), "release.yaml has no operation O9 in T2") {
		t.Errorf("%v", faults)
	}
}

// executing is a stage whose release approves the operation, and whose runbook executes
// it.
func executing(t *testing.T, g *ground, kind string, q approvedCall) *stage {
	t.Helper()
	s := secondLock(t, g, kind, q.lock)
	s.remove(t, "runbooks/cancel-second.yaml")
	s.edit(t, "policy.yaml", "timelock: T2, action: cancel-second", "timelock: T2, action: execute-second")
	s.rewrite(t, "release.yaml", func(release string) string {
		from, to := strings.Index(release, "operations:"), strings.Index(release, "implementations:")
		return strings.Replace(release[:from], "timelock: T1", "timelock: T2", 1) + fmt.Sprintf(
			"operations:\n  - id: O1\n    purpose: other\n    operation: \"0x%x\"\n    form: %s\n    delay: 1h\n    %s\n    calls: [{to: token, call: \"approve(address,uint256)\", args: [%q, \"7\"]}]\n", q.id, q.form, q.words, drill.Address(drill.Mallory).Hex()) + release[to:]
	})
	if err := os.WriteFile(filepath.Join(s.folder, "runbooks", "execute-second.yaml"), fmt.Appendf(nil, executeSecond, drill.Address(drill.Guardian).Hex()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.edit(t, "owners.yaml", "name: Ada, address", "name: Bob, address: \""+drill.Address(drill.Command).Hex()+"\", roles: [operator]}\n  - {name: Ada, address")
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	return s
}

// seconded has Bob confirm a plan, as bulkhead runbook second does.
func (w *watcher) seconded(t *testing.T, s *stage, plan ops.Plan) {
	t.Helper()
	if err := rehearsal.StoreKey(filepath.Join(s.folder, "bob.json"), drill.Command); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	second := engine.Second{
		Runbook: plan.Runbook, Plan: plan.Digest, Chain: plan.ChainID, Root: w.Last().Signing.Root, Address: drill.Address(drill.Command), At: now, Until: now.Add(time.Hour),
	}
	if err := second.Sign(s.key(t, "bob.json")); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(second)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(filepath.Dir(w.Journal.Path()), engine.SecondsFolder)
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "R9-bob.json"), raw, 0o600)); err != nil {
		t.Fatal(err)
	}
}

package rehearsal_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// queueing is a timelock of one kind under a console: what its policy and release say,
// and what puts the vault's pause and its unpause in it.
type queueing struct {
	lock           common.Address
	id             []byte // of the pause, as the contract itself computes it
	form, words    string // of the release
	pause, unpause []byte // calldata for the timelock
}

var committed = map[string]func(g *ground, vault common.Address, pause, unpause []byte) queueing{
	"compound": func(g *ground, vault common.Address, pause, unpause []byte) queueing {
		c := locktest.Read(g.t, "Timelock")
		lock := g.deploy(c.Deploy(drill.Address(drill.Proposer), big.NewInt(2*86400)))
		eta := g.now.Add(3 * day)
		call := func(signature string, data []byte) []byte {
			return c.Call("queueTransaction", vault, new(big.Int), signature, data, big.NewInt(eta.Unix()))
		}
		id := g.returned(lock, call("pause()", nil))
		return queueing{lock, id, "signature", fmt.Sprintf("eta: %q", eta.Format(time.RFC3339)), call("pause()", nil), call("", unpause)}
	},
	"access-manager": func(g *ground, vault common.Address, pause, unpause []byte) queueing {
		c := locktest.Read(g.t, "AccessManager")
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer)))
		g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", vault, [][4]byte{[4]byte(pause), [4]byte(unpause)}, uint64(7)))
		g.send(drill.Deployer, lock, c.Call("grantRole", uint64(7), drill.Address(drill.Proposer), uint32(3600)))
		id := g.ask(lock, c.Call("hashOperation", drill.Address(drill.Proposer), vault, pause))
		return queueing{lock, id, "single", fmt.Sprintf("caller: %q", drill.Address(drill.Proposer).Hex()),
			c.Call("schedule", vault, pause, new(big.Int)), c.Call("schedule", vault, unpause, new(big.Int))}
	},
	"delay": func(g *ground, vault common.Address, pause, unpause []byte) queueing {
		c := locktest.Read(g.t, "Delay")
		lock := g.deploy(c.Deploy(drill.Address(drill.Deployer), vault, vault, big.NewInt(3600), new(big.Int)))
		g.send(drill.Deployer, lock, c.Call("enableModule", drill.Address(drill.Proposer)))
		id := g.ask(lock, c.Call("getTransactionHash", vault, new(big.Int), pause, uint8(1)))
		return queueing{lock, id, "delegatecall", "", c.Call("execTransactionFromModule", vault, new(big.Int), pause, uint8(1)),
			c.Call("execTransactionFromModule", vault, new(big.Int), unpause, uint8(0))}
	},
}

// returned is what the proposer's call would return.
func (g *ground) returned(to common.Address, data []byte) []byte {
	g.t.Helper()
	out, err := g.eth.CallContract(g.t.Context(), message(drill.Address(drill.Proposer), to, data), nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return out
}

// rewrite edits a file of the pack.
func (s *stage) rewrite(t testing.TB, file string, edit func(string) string) {
	t.Helper()
	path := filepath.Join(s.folder, file)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(edit(string(raw))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A console whose policy names a timelock of each kind approves in it what the release
// says, and finds what it does not.
func TestAReleaseApprovesInEachKindOfTimelock(t *testing.T) {
	for kind, start := range committed {
		t.Run(kind, func(t *testing.T) {
			g := ourGround(t)
			safetest.World(t, g.http, func() { g.mine(1) })
			vault, pause, unpause := drill.Addresses().Vault, contracts.Vault().Call("pause"), contracts.Vault().Call("unpause")
			q := start(g, vault, pause, unpause)
			s := &stage{Drill: &drill.Drill{}, folder: t.TempDir()}
			if _, err := rehearsal.WriteFolder(s.folder, s.Drill, runbooks.Embedded); err != nil {
				t.Fatal(err)
			}
			s.rewrite(t, "policy.yaml", func(policy string) string {
				return strings.NewReplacer(
					"contracts:\n", fmt.Sprintf("contracts:\n  second: {chain: drill, address: %q, abi: abi/TimelockController.json}\n", q.lock.Hex()),
					"timelocks:\n", fmt.Sprintf("timelocks:\n  - {id: T2, kind: %s, contract: second, from_block: 0, min_delay: 1h}\n", kind),
					"detectors:\n", "detectors:\n  - {id: Q2, title: Only what was approved waits, kind: queue, class: queue, severity: critical, owner: security, timelock: T2, action: freeze-vault}\n",
				).Replace(policy)
			})
			s.rewrite(t, "release.yaml", func(release string) string {
				from, to := strings.Index(release, "operations:"), strings.Index(release, "implementations:")
				return strings.Replace(release[:from], "timelock: T1", "timelock: T2", 1) + fmt.Sprintf(
					"operations:\n  - id: O1\n    purpose: other\n    operation: \"0x%x\"\n    form: %s\n    delay: 1h\n    %s\n    calls: [{to: vault, call: \"pause()\", args: []}]\n", q.id, q.form, q.words) + release[to:]
			})
			if err := rehearsal.Sign(s.folder); err != nil {
				t.Fatal(err)
			}
			w := s.console(t, g.http, g.ws)
			judged := func(verdict ops.Verdict) ops.Snapshot {
				t.Helper()
				g.mine(1) // what was queued is held against its contract from here on
				return w.until("Q2 is "+verdict.String(), func(s ops.Snapshot) bool {
					for _, f := range s.Findings {
						if f.Detector == "Q2" && f.Verdict == verdict && f.At.Time.Equal(g.now) {
							return true
						}
					}
					return false
				})
			}
			g.send(drill.Proposer, q.lock, q.pause)
			queue := judged(ops.OK).Queue
			if len(queue) != 1 || queue[0].ApprovedAs != "vault-v2 O1" || queue[0].Calls[0].Function != "pause()" || queue[0].Calls[0].Delegate != (kind == "delay") {
				t.Errorf("%+v", queue)
			}
			g.send(drill.Proposer, q.lock, q.unpause)
			for _, o := range judged(ops.Breach).Queue {
				if (o.Approved == ops.OK) != (o.Calls[0].Function == "pause()") || len(o.Checks) != 2 || len(o.Executors) == 0 {
					t.Errorf("%+v", o)
				}
			}
			for _, b := range w.last.Board {
				if b.Runbook == "R2" && strings.Contains(strings.Join(b.Why, " "), "holds already") {
					t.Errorf("what cancels in T1 was tried with an operation of T2: %+v", b)
				}
			}
		})
	}
}

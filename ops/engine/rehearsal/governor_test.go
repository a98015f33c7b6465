package rehearsal_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// A governor's proposals are in the queue before the timelock has them; then the
// operation says of which proposal it is, proven by its id, and its row is one.
func TestAnOperationSaysOfWhichProposalItIs(t *testing.T) {
	grounds := map[string]func(*testing.T) *ground{"sealed": ourGround, "anvil": anvilGround}
	for name, start := range grounds {
		t.Run("4.9 on "+name, func(t *testing.T) { daoStory(start(t), "Dao4", "4.8.3") })
		t.Run("5.7 on "+name, func(t *testing.T) { daoStory(start(t), "Dao5", "5.7.0") })
		t.Run("Bravo on "+name, func(t *testing.T) { bravoStory(start(t)) })
	}
}

const description = "# Raise the cap\x1b[31m\nand explain why at length"

// proposalOf is the newest proposal's row or operation.
func (l *lookout) proposalOf(id *big.Int) (found []ops.Operation) {
	l.t.Helper()
	for _, o := range l.see() {
		if o.Proposal.ID == id.String() {
			found = append(found, o)
		}
	}
	return found
}

// stands checks that there is one row of a proposal, and where it stands.
func (l *lookout) stands(id *big.Int, state ops.OperationState, stage string) ops.Operation {
	l.t.Helper()
	rows := l.proposalOf(id)
	if len(rows) != 1 || rows[0].State != state || rows[0].Proposal.Stage != stage || rows[0].Proposal.Title != "Raise the cap\x1b[31m" {
		for _, o := range rows {
			l.t.Logf("%s %s %+q", o.Short, o.State, o.Proposal)
		}
		l.t.Fatalf("at %s: want %s, %q", l.now, state, stage)
	}
	return rows[0]
}

func daoStory(g *ground, dao, version string) {
	t := g.t
	controller, governor := locktest.Read(t, "TimelockController-"+version), locktest.Read(t, dao)
	to, call := g.target()
	lock := g.deploy(controller.TimelockController(2*day, common.Address{}))
	voters := g.deploy(governor.Deploy(lock))
	for _, role := range []string{"PROPOSER_ROLE", "CANCELLER_ROLE"} {
		g.send(drill.Deployer, lock, controller.Call("grantRole", crypto.Keccak256Hash([]byte(role)), voters))
	}
	targets, values, data := []common.Address{to}, []*big.Int{new(big.Int)}, [][]byte{call(1)}
	words := crypto.Keccak256Hash([]byte(description))
	id := new(big.Int).SetBytes(g.ask(voters, governor.Call("hashProposal", targets, values, data, words)))
	salt := words
	if dao == "Dao5" {
		for i, b := range voters {
			salt[i] ^= b
		}
	}
	will := common.BytesToHash(g.ask(lock, controller.Call("hashOperationBatch", targets, values, data, common.Hash{}, salt)))
	l := g.watch(timelock.Timelock{Address: lock, Governor: voters, Names: map[common.Address]string{voters: "dao"}, Approved: map[common.Hash]string{will: "vault-v2 O1"}})

	g.send(drill.Mallory, voters, governor.Call("propose", targets, values, data, description))
	if o := l.stands(id, ops.OperationProposed, "the vote has not begun"); o.ID != will || o.Approved != ops.OK || o.Proposer != drill.Address(drill.Mallory) {
		t.Errorf("%+v", o)
	}
	g.send(drill.Mallory, voters, governor.Call("castVote", id, uint8(1)))
	l.stands(id, ops.OperationProposed, "the vote is under way")
	g.mine(1)
	l.stands(id, ops.OperationProposed, "accepted, can be queued")
	g.send(drill.Mallory, voters, governor.Call("queue", targets, values, data, words))
	l.attempts[will] = attempt{drill.Address(drill.Mallory), controller.Call("executeBatch", targets, values, data, common.Hash{}, salt)}
	o := l.stands(id, ops.OperationWaiting, "")
	if o.ID != will || o.Salt != salt || o.Approved != ops.OK || fmt.Sprint(o.Cancellers) != "[dao "+short(drill.Proposer)+"]" {
		t.Errorf("%+v", o)
	}
	l.around(will, o.ETA, ops.OperationWaiting, ops.OperationReady)
	g.send(drill.Mallory, voters, governor.Call("execute", targets, values, data, words))
	l.stands(id, ops.OperationDone, "")

	g.send(drill.Mallory, voters, governor.Call("propose", targets, values, data, description+"!"))
	g.mine(1)
	g.mine(1)
	g.mine(1)
	if rows := l.see(); len(rows) != 1 {
		t.Errorf("a proposal that was defeated is still shown: %+v", rows)
	}
}

// short is a drill's account as a row has it.
func short(name string) string {
	hex := drill.Address(name).Hex()
	return hex[:6] + "…" + hex[38:]
}

func bravoStory(g *ground) {
	t := g.t
	compound, bravo := locktest.Read(t, "Timelock"), locktest.Read(t, "Bravo")
	to, call := g.target()
	lock := g.deploy(compound.Deploy(g.next(1), big.NewInt(int64(2*day/1e9))))
	voters := g.deploy(bravo.Deploy(lock))
	l := g.watch(timelock.Timelock{Kind: "compound", Address: lock, Governor: voters, Names: map[common.Address]string{voters: "bravo"}})
	targets, values := []common.Address{to, to}, []*big.Int{new(big.Int), new(big.Int)}
	g.send(drill.Mallory, voters, bravo.Call("propose", targets, values, []string{"setModule(address)", ""}, [][]byte{call(1)[4:], call(2)}, description))
	id := big.NewInt(2)
	o := l.stands(id, ops.OperationProposed, "the vote has not begun")
	if o.Short != "T1·p2" || string(o.Calls[0].Data) != string(call(1)) || string(o.Calls[1].Data) != string(call(2)) || o.Approved != ops.Unknown {
		t.Errorf("%+v", o)
	}
	g.mine(1)
	l.stands(id, ops.OperationProposed, "the vote has not begun")
	g.send(drill.Mallory, voters, bravo.Call("castVote", id, uint8(1)))
	l.stands(id, ops.OperationProposed, "the vote is under way")
	g.mine(1)
	l.stands(id, ops.OperationProposed, "accepted, can be queued")
	g.send(drill.Mallory, voters, bravo.Call("queue", id))
	rows := l.proposalOf(id)
	if len(rows) != 2 || rows[0].State != ops.OperationWaiting || rows[1].State != ops.OperationWaiting || fmt.Sprint(rows[0].Executors) != "[bravo]" {
		t.Fatalf("%+v", rows)
	}
	l.until(rows[0].ETA)
	l.is(rows[0].ID, ops.OperationReady)
	g.send(drill.Mallory, voters, bravo.Call("execute", id))
	for _, o := range l.proposalOf(id) {
		if o.State != ops.OperationDone {
			t.Errorf("%+v", o)
		}
	}
}

// The same through a console: its policy names the governor, and its lanes' accounts are
// asked after by name.
func TestAConsoleShowsWhatAGovernorHasBeforeIt(t *testing.T) {
	g := ourGround(t)
	safetest.World(t, g.http, func() { g.mine(1) })
	controller, governor := locktest.Read(t, "TimelockController-5.7.0"), locktest.Read(t, "Dao5")
	lock := g.deploy(controller.TimelockController(2*day, common.Address{}))
	voters := g.deploy(governor.Deploy(lock))
	for role, to := range map[string]common.Address{"PROPOSER_ROLE": voters, "CANCELLER_ROLE": drill.Address(drill.Guardian)} {
		g.send(drill.Deployer, lock, controller.Call("grantRole", crypto.Keccak256Hash([]byte(role)), to))
	}
	s := &stage{Drill: &drill.Drill{}, folder: t.TempDir()}
	if _, err := rehearsal.WriteFolder(s.folder, s.Drill, runbooks.Embedded); err != nil {
		t.Fatal(err)
	}
	s.rewrite(t, "policy.yaml", func(policy string) string {
		return strings.NewReplacer(
			"contracts:\n", fmt.Sprintf("contracts:\n  second: {chain: drill, address: %q, abi: abi/TimelockController.json}\n  dao: {chain: drill, address: %q, abi: abi/TimelockController.json}\n", lock.Hex(), voters.Hex()),
			"timelocks:\n", "timelocks:\n  - {id: T2, kind: oz, contract: second, governor: dao, from_block: 0, min_delay: 48h}\n",
		).Replace(policy)
	})
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	w := s.console(t, g.http, g.ws)
	row := func(what string, is func(ops.Operation) bool) {
		t.Helper()
		g.mine(1)
		w.until(what, func(s ops.Snapshot) bool { return len(s.Queue) == 1 && is(s.Queue[0]) && s.Head.Time.Equal(g.now) })
	}
	targets, values, data := []common.Address{lock}, []*big.Int{new(big.Int)}, [][]byte{controller.Call("updateDelay", big.NewInt(60))}
	words := crypto.Keccak256Hash([]byte(description))
	g.send(drill.Mallory, voters, governor.Call("propose", targets, values, data, description))
	id := new(big.Int).SetBytes(g.ask(voters, governor.Call("hashProposal", targets, values, data, words)))
	row("the proposal is there", func(o ops.Operation) bool {
		return o.State == ops.OperationProposed && o.Proposal.Stage == "the vote is under way" && o.Proposal.ID == id.String() && o.Calls[0].Function == "updateDelay(1m)" && o.Approved == ops.Breach
	})
	second := governor.Call("propose", targets, values, data, description+"!")
	id = new(big.Int).SetBytes(g.ask(voters, governor.Call("hashProposal", targets, values, data, crypto.Keccak256Hash([]byte(description+"!")))))
	g.send(drill.Mallory, voters, second)
	g.send(drill.Mallory, voters, governor.Call("castVote", id, uint8(1)))
	g.mine(1)
	row("the first was defeated, the second accepted", func(o ops.Operation) bool {
		return o.Proposal.ID == id.String() && o.Proposal.Stage == "accepted, can be queued"
	})
	g.send(drill.Mallory, voters, governor.Call("queue", targets, values, data, crypto.Keccak256Hash([]byte(description+"!"))))
	row("the timelock has it", func(o ops.Operation) bool {
		return o.State == ops.OperationWaiting && o.Proposal.ID == id.String() && fmt.Sprint(o.Executors) == "[anyone]" && slices.Contains(o.Cancellers, "guardian")
	})
}

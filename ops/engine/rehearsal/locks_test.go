package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// The kinds of timelock, each as its authors published it, on our chain and on one that
// is not ours. A lookout holds every operation against its contract at every block.
func TestEachKindOfTimelockIsReadAsItsContractIs(t *testing.T) {
	grounds := map[string]func(*testing.T) *ground{"sealed": ourGround, "anvil": anvilGround}
	kinds := map[string]func(*ground){"compound": compoundStory, "access-manager": managerStory, "delay": delayStory}
	for _, version := range locktest.Versions {
		kinds["oz "+version] = func(g *ground) { controllerStory(g, version) }
	}
	for name, start := range grounds {
		for kind, story := range kinds {
			t.Run(kind+" on "+name, func(t *testing.T) { story(start(t)) })
		}
	}
}

const day = 24 * time.Hour

// target is a contract that takes any call: a TestAvatar's setModule.
func (g *ground) target() (common.Address, func(n byte) []byte) {
	avatar := locktest.Read(g.t, "TestAvatar")
	return g.deploy(avatar.Deploy()), func(n byte) []byte { return avatar.Call("setModule", common.Address{19: n}) }
}

func controllerStory(g *ground, version string) {
	t := g.t
	c := locktest.Read(t, "TimelockController-"+version)
	to, call := g.target()
	lock := g.deploy(c.TimelockController(2*day, common.Address{}))
	l := g.watch(timelock.Timelock{Address: lock, Accounts: map[common.Address]string{drill.Address(drill.Proposer): "council"}})
	delay, none, salt := big.NewInt(int64(2*day/time.Second)), common.Hash{}, common.Hash{7}
	if version == "4.8.3" {
		salt = none // no event carries one
	}
	single := func(n byte, predecessor common.Hash) (id common.Hash, eta time.Time) {
		args := []any{to, new(big.Int), call(n), predecessor, salt}
		g.send(drill.Proposer, lock, c.Call("schedule", append(args, delay)...))
		id = common.BytesToHash(g.ask(lock, c.Call("hashOperation", args...)))
		l.attempts[id] = attempt{drill.Address(drill.Mallory), c.Call("execute", args...)}
		return id, g.now.Add(2 * day)
	}
	first, eta := single(1, none)
	then, _ := single(2, first)
	args := []any{[]common.Address{to}, []*big.Int{new(big.Int)}, [][]byte{call(1)}, none, salt}
	g.send(drill.Proposer, lock, c.Call("scheduleBatch", append(args, delay)...))
	batch := common.BytesToHash(g.ask(lock, c.Call("hashOperationBatch", args...)))
	l.attempts[batch] = attempt{drill.Address(drill.Mallory), c.Call("executeBatch", args...)}
	if o := l.is(batch, ops.OperationWaiting); !o.Batch || l.is(first, ops.OperationWaiting).Batch {
		t.Errorf("a batch of one is taken for a single call: %+v", o)
	}
	o := l.is(first, ops.OperationWaiting)
	if fmt.Sprint(o.Executors, o.Cancellers) != "[anyone] [council]" || o.MinDelay != 2*day || !o.ETA.Equal(eta) {
		t.Errorf("%v may execute, %v may cancel, at least %s, from %s", o.Executors, o.Cancellers, o.MinDelay, o.ETA)
	}
	l.around(first, eta, ops.OperationWaiting, ops.OperationReady)
	if o := l.is(then, ops.OperationReady); !strings.Contains(o.Blocked, "its predecessor") {
		t.Errorf("%+v", o)
	}
	g.send(drill.Mallory, lock, l.attempts[first].data)
	l.is(first, ops.OperationDone)
	if o := l.is(then, ops.OperationReady); o.Blocked != "" {
		t.Errorf("its predecessor is done: %s", o.Blocked)
	}
	g.send(drill.Proposer, lock, c.Call("cancel", then))
	l.is(then, ops.OperationCancelled)
	again, _ := single(2, first)
	if o := l.is(again, ops.OperationWaiting); again != then || o.Again.Zero() {
		t.Errorf("%+v", o)
	}
}

func compoundStory(g *ground) {
	t := g.t
	c := locktest.Read(t, "Timelock")
	to, call := g.target()
	admin := drill.Address(drill.Guardian)
	lock := g.deploy(c.Deploy(admin, big.NewInt(int64(2*day/time.Second))))
	l := g.watch(timelock.Timelock{Kind: "compound", Address: lock, Accounts: map[common.Address]string{admin: "guardian"}})
	queue := func(signature string, data []byte, eta time.Time) common.Hash {
		args := []any{to, new(big.Int), signature, data, big.NewInt(eta.Unix())}
		g.send(drill.Guardian, lock, c.Call("queueTransaction", args...))
		id := timelock.HashTransaction(to, new(big.Int), signature, data, big.NewInt(eta.Unix()))
		l.attempts[id] = attempt{admin, c.Call("executeTransaction", args...)}
		if queued := g.ask(lock, c.Call("queuedTransactions", id)); queued[31] != 1 {
			t.Fatalf("the contract does not know %s", id)
		}
		return id
	}
	eta := g.now.Add(3 * day)
	plain, named, gone := queue("", call(1), eta), queue("setModule(address)", call(2)[4:], eta), queue("", call(3), eta)
	o := l.is(named, ops.OperationWaiting)
	if string(o.Calls[0].Data) != string(call(2)) || fmt.Sprint(o.Executors, o.Cancellers) != "[guardian] [guardian]" || o.MinDelay != 2*day || !o.Expires.Equal(eta.Add(14*day+time.Second)) {
		t.Errorf("%+v", o)
	}
	cancel := c.Call("cancelTransaction", to, new(big.Int), "", call(3), big.NewInt(eta.Unix()))
	g.send(drill.Guardian, lock, cancel)
	l.is(gone, ops.OperationCancelled)
	if again := queue("", call(3), eta); again != gone || l.is(gone, ops.OperationWaiting).Again.Zero() {
		t.Error("it was queued again")
	}
	l.around(plain, eta, ops.OperationWaiting, ops.OperationReady)
	g.send(drill.Guardian, lock, l.attempts[plain].data)
	l.is(plain, ops.OperationDone)
	l.around(named, eta.Add(14*day+time.Second), ops.OperationReady, ops.OperationExpired)
	if g.sent(drill.Guardian, lock, l.attempts[named].data, g.now.Add(time.Second)) {
		t.Error("what is stale was executed")
	}
	g.send(drill.Guardian, lock, cancel)
	l.is(gone, ops.OperationCancelled)
	l.is(named, ops.OperationExpired)
}

func managerStory(g *ground) {
	t := g.t
	c := locktest.Read(t, "AccessManager")
	to, call := g.target()
	admin, caller := drill.Address(drill.Deployer), drill.Address(drill.Proposer)
	lock := g.deploy(c.Deploy(admin))
	l := g.watch(timelock.Timelock{Kind: "access-manager", Address: lock, Names: map[common.Address]string{caller: "proposer", admin: "admin"}})
	const role, guardians = uint64(7), uint64(8)
	g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", to, [][4]byte{[4]byte(call(1))}, role))
	g.send(drill.Deployer, lock, c.Call("grantRole", role, caller, uint32(3600)))
	g.send(drill.Deployer, lock, c.Call("setRoleGuardian", role, guardians))
	g.send(drill.Deployer, lock, c.Call("grantRole", guardians, drill.Address(drill.Guardian), uint32(0)))
	const others, theirs = uint64(9), uint64(10) // which guard another function
	g.send(drill.Deployer, lock, c.Call("setRoleGuardian", others, theirs))
	g.send(drill.Deployer, lock, c.Call("grantRole", theirs, drill.Address(drill.Mallory), uint32(0)))
	schedule := func(n byte) (id common.Hash, eta time.Time) {
		g.send(drill.Proposer, lock, c.Call("schedule", to, call(n), new(big.Int)))
		id = common.BytesToHash(g.ask(lock, c.Call("hashOperation", caller, to, call(n))))
		l.attempts[id] = attempt{caller, c.Call("execute", to, call(n))}
		return id, g.now.Add(time.Hour)
	}
	id, eta := schedule(1)
	o := l.is(id, ops.OperationWaiting)
	guardian := drill.Address(drill.Guardian).Hex()
	if want := fmt.Sprintf("[proposer] [proposer admin %s…%s]", guardian[:6], guardian[38:]); fmt.Sprint(o.Executors, o.Cancellers) != want || o.Proposer != caller || o.Nonce != "1" {
		t.Errorf("%v and %v, want %s: %+v", o.Executors, o.Cancellers, want, o)
	}
	l.around(id, eta, ops.OperationWaiting, ops.OperationReady)
	if o := l.is(id, ops.OperationReady); o.MinDelay != time.Hour {
		t.Errorf("the least delay is %s", o.MinDelay)
	}
	if err := g.call(drill.Address(drill.Mallory), lock, c.Call("cancel", caller, to, call(1))); err == nil {
		t.Error("who guards another function cancels")
	}
	g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", to, [][4]byte{[4]byte(call(1))}, others)) // and now this one
	if o := l.is(id, ops.OperationReady); o.Cancellers[len(o.Cancellers)-1] != short(drill.Mallory) || len(o.Cancellers) != 3 {
		t.Errorf("%v may cancel", o.Cancellers)
	}
	if err := g.call(drill.Address(drill.Mallory), lock, c.Call("cancel", caller, to, call(1))); err != nil {
		t.Errorf("who guards it now: %v", err)
	}
	g.send(drill.Deployer, lock, c.Call("setTargetFunctionRole", to, [][4]byte{[4]byte(call(1))}, role))
	g.send(drill.Guardian, lock, c.Call("cancel", caller, to, call(1)))
	l.is(id, ops.OperationCancelled)
	_, eta = schedule(1)
	if o := l.is(id, ops.OperationWaiting); o.Nonce != "2" || o.Again.Zero() || len(l.queue) != 2 || l.queue[0].State != ops.OperationCancelled || l.queue[0].Short == l.queue[1].Short {
		t.Errorf("%+v", l.queue)
	}
	l.until(eta)
	g.send(drill.Proposer, lock, l.attempts[id].data)
	l.is(id, ops.OperationDone)
	_, eta = schedule(1)
	if o := l.is(id, ops.OperationWaiting); o.Nonce != "3" || o.Spent.Zero() {
		t.Errorf("%+v", o)
	}
	l.until(eta)
	l.is(id, ops.OperationReady)
	g.send(drill.Deployer, lock, c.Call("revokeRole", role, caller))
	if o := l.is(id, ops.OperationReady); o.Blocked == "" {
		t.Errorf("its caller was revoked: %+v", o)
	}
	g.send(drill.Deployer, lock, c.Call("grantRole", role, caller, uint32(3600)))
	g.send(drill.Deployer, lock, c.Call("setTargetClosed", to, true))
	if o := l.is(id, ops.OperationReady); o.Blocked == "" {
		t.Errorf("its target was closed: %+v", o)
	}
	g.send(drill.Deployer, lock, c.Call("setTargetClosed", to, false))
	l.around(id, eta.Add(7*day), ops.OperationReady, ops.OperationExpired)
	schedule(1)
	if o := l.is(id, ops.OperationWaiting); o.Nonce != "4" || l.queue[2].State != ops.OperationExpired {
		t.Errorf("%+v", l.queue)
	}
}

func delayStory(g *ground) {
	t := g.t
	c, avatars := locktest.Read(t, "Delay"), locktest.Read(t, "TestAvatar")
	to, call := g.target()
	avatar := g.deploy(avatars.Deploy())
	owner := drill.Address(drill.Guardian)
	lock := g.deploy(c.Deploy(owner, avatar, avatar, big.NewInt(3600), big.NewInt(7200)))
	g.send(drill.Deployer, avatar, avatars.Call("setModule", lock))
	g.send(drill.Guardian, lock, c.Call("enableModule", drill.Address(drill.Proposer)))
	l := g.watch(timelock.Timelock{Kind: "delay", Address: lock, Accounts: map[common.Address]string{owner: "owner"}})
	add := func(n byte, operation uint8) (id common.Hash, eta time.Time) {
		args := []any{to, new(big.Int), call(n), operation}
		g.send(drill.Proposer, lock, c.Call("execTransactionFromModule", args...))
		id = common.BytesToHash(g.ask(lock, c.Call("getTransactionHash", args...)))
		l.attempts[id] = attempt{drill.Address(drill.Mallory), c.Call("executeNextTx", args...)}
		return id, g.now.Add(time.Hour)
	}
	first, eta := add(1, 0)
	second, _ := add(2, 1)
	third, _ := add(1, 0) // the same again
	if first != third || len(l.see()) != 3 {
		t.Fatalf("%+v", l.queue)
	}
	o := l.queue[1]
	if o.ID != second || !o.Calls[0].Delegate || o.Short != "T1·1" || o.Blocked != "nonce 0 is before it" || fmt.Sprint(o.Executors, o.Cancellers) != "[anyone] [owner]" || o.MinDelay != time.Hour {
		t.Errorf("%+v", o)
	}
	for offset, want := range []ops.OperationState{ops.OperationWaiting, ops.OperationReady, ops.OperationReady} {
		l.until(eta.Add(time.Duration(offset-1) * time.Second))
		if o := l.see()[0]; o.State != want {
			t.Errorf("%+d s: %s", offset-1, o.State)
		}
	}
	g.until(eta.Add(9 * time.Second))
	g.send(drill.Mallory, lock, l.attempts[first].data)
	if o := l.see()[0]; o.State != ops.OperationOver || o.Ended.Zero() || l.queue[1].Blocked != "" || l.queue[2].Blocked != "nonce 1 is before it" {
		t.Errorf("%+v", l.queue)
	}
	g.send(drill.Guardian, lock, c.Call("setTxNonce", big.NewInt(2))) // skips the second
	if l.see(); l.queue[1].State != ops.OperationCancelled || l.queue[2].Blocked != "" || l.queue[2].Spent.Zero() {
		t.Errorf("%+v", l.queue)
	}
	end := l.queue[2].Expires
	l.around(third, end, ops.OperationReady, ops.OperationExpired)
	fourth, eta := add(4, 0)
	l.until(eta)
	delete(l.attempts, fourth) // until the expired one is skipped, as anyone can
	if o := l.is(fourth, ops.OperationReady); o.Blocked != "" {
		t.Errorf("what is expired blocks nothing: %+v", o)
	}
	g.send(drill.Mallory, lock, c.Call("skipExpired"))
	l.attempts[fourth] = attempt{drill.Address(drill.Mallory), c.Call("executeNextTx", to, new(big.Int), call(4), uint8(0))}
	l.is(fourth, ops.OperationReady)
	g.send(drill.Guardian, lock, c.Call("setTxCooldown", big.NewInt(86400))) // moves what waits
	if o := l.is(fourth, ops.OperationWaiting); !o.ETA.Equal(eta.Add(23 * time.Hour)) {
		t.Errorf("%+v", o)
	}
}

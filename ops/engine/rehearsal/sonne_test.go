package rehearsal_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/safe"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// learn reads the transactions that scheduled what waits, as the engine does after a
// block. Until then an id whose salt no event carries does not come out.
func (l *lookout) learn() {
	l.t.Helper()
	l.quiet = true
	l.see()
	l.quiet = false
	for _, tx := range l.ledger.Unread(func(common.Hash) bool { return false }, 100) {
		m, err := l.chain.Message(l.t.Context(), tx)
		if err != nil {
			l.t.Fatal(err)
		}
		l.ledger.Learn(tx, m)
	}
	l.queue = l.ledger.Queue(l.at, l.answers)
}

// Sonne, 14 May 2024: five operations without a predecessor, scheduled by a Safe in a
// timelock whose events carry no salt, are ready at once, and anybody may execute them in
// the order that suits him. Then one is cancelled and comes again, and the minimum delay
// is lowered.
func TestSonnesQueueIsReadAsItWas(t *testing.T) {
	g := ourGround(t)
	c, published := locktest.Read(t, "TimelockController-4.8.3"), safetest.Read(t, "1.4.1")
	to, call := g.target()
	council := g.deploy(published.ProxyOf(g.deploy(published.Singleton)))
	g.send(drill.Deployer, council, safetest.SetUp(t))
	lock := g.deploy(c.TimelockController(2*day, common.Address{}))
	for _, role := range []string{"PROPOSER_ROLE", "CANCELLER_ROLE"} {
		g.send(drill.Deployer, lock, c.Call("grantRole", crypto.Keccak256Hash([]byte(role)), council))
	}
	l := g.watch(timelock.Timelock{Address: lock, Names: map[common.Address]string{council: "council"}})
	signed := uint64(0)
	through := func(data []byte) {
		tx := safe.Transaction{Chain: ops.FirstDrillChain, Safe: council, To: lock, Data: data, Nonce: signed}
		g.send(drill.Mallory, council, safetest.Carried(t, tx, drill.Security, drill.Release))
		signed++
	}
	delay, none := big.NewInt(int64(2*day/time.Second)), common.Hash{}
	schedule := func(n byte, to common.Address, data []byte, delay *big.Int) common.Hash {
		args := []any{to, new(big.Int), data, none, common.Hash{0xe5, n}}
		through(c.Call("schedule", append(args, delay)...))
		id := common.BytesToHash(g.ask(lock, c.Call("hashOperation", args...)))
		l.attempts[id] = attempt{drill.Address(drill.Mallory), c.Call("execute", args...)}
		return id
	}
	var five []common.Hash
	for n := range byte(5) {
		five = append(five, schedule(n, to, call(n), delay))
	}
	last := g.now.Add(2 * day)

	l.quiet = true
	for _, o := range l.see() {
		if o.Approved != ops.Unknown || o.Checks[0].Verdict != ops.Unknown {
			t.Errorf("without its salt %+v", o)
		}
	}
	l.learn()
	l.until(last.Add(-5 * time.Second))
	l.until(last)
	queue := l.see()
	if len(queue) != 5 {
		t.Fatalf("%+v", queue)
	}
	for i, o := range queue {
		if o.ID != five[i] || o.State != ops.OperationReady || o.Blocked != "" || o.Approved != ops.Breach || o.Salt != (common.Hash{0xe5, byte(i)}) || o.Predecessor != none ||
			o.Through != council || o.Proposer != drill.Address(drill.Mallory) || fmt.Sprint(o.Executors) != "[anyone]" || fmt.Sprint(o.Cancellers) != fmt.Sprint([]string{"council", short(drill.Proposer)}) {
			t.Errorf("%+v", o)
		}
	}
	for _, i := range []int{3, 0} { // in the attacker's order
		g.send(drill.Mallory, lock, l.attempts[five[i]].data)
		l.is(five[i], ops.OperationDone)
	}
	through(c.Call("cancel", five[1]))
	l.is(five[1], ops.OperationCancelled)
	schedule(1, to, call(1), delay)
	l.learn()
	if o := l.is(five[1], ops.OperationWaiting); o.Again.Zero() || o.Salt != (common.Hash{0xe5, 1}) {
		t.Errorf("%+v", o)
	}

	lower := schedule(9, lock, c.Call("updateDelay", big.NewInt(60)), delay)
	l.learn()
	l.until(g.now.Add(2 * day))
	g.send(drill.Mallory, lock, l.attempts[lower].data)
	if o := l.is(five[1], ops.OperationReady); o.MinDelay != time.Minute || o.Delay != 2*day {
		t.Errorf("the minimum was lowered: %+v", o)
	}
	quick := schedule(10, to, call(10), big.NewInt(60))
	l.learn()
	if o := l.is(quick, ops.OperationWaiting); o.Delay != time.Minute || o.MinDelay != time.Minute {
		t.Errorf("%+v", o)
	}
	l.around(quick, g.now.Add(time.Minute), ops.OperationWaiting, ops.OperationReady)
}

package rehearsal_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
)

// Two chains, one lane: honest traffic is quiet; a message that nobody sent is UNKNOWN for
// the grace and then a breach of the chain on which it was executed, with an incident, its
// id for the runbook, and an answer that a person confirms there.
func TestAMessageThatNobodySentOpensAnIncidentWhereItWasExecuted(t *testing.T) {
	t.Parallel()
	s := newStrait(t, drill.Proposer)
	s.is(ops.OK, "")
	for n := range int64(6) {
		id := s.sent(n + 1)
		s.tick()
		s.executed(id, n+1)
		s.is(ops.OK, "")
	}
	if s.last.Incident != nil {
		t.Fatalf("%+v", s.last.Incident)
	}
	forged := common.Hash{0x66}
	s.executed(forged, 1000)
	s.is(ops.Unknown, "is not seen far enough")
	for range 3 {
		s.tick()
	}
	s.is(ops.Breach, "was never sent on home")
	f := finding(s.last, "L1")
	if f.Args["message"] != forged.Hex() || f.Action != "R1" || f.Doubt != "" {
		t.Errorf("%+v", f)
	}
	s.until("the incident is away's", func(x ops.Snapshot) bool {
		return x.Incident != nil && x.Incident.Chain == "away" && x.Incident.First == "L1"
	})
	// the order's key may not close the lane: it would revert, so a person does
	s.until("the order says why it does not", func(x ops.Snapshot) bool {
		return len(x.Standing) == 1 && strings.Contains(x.Standing[0].Why, "revert")
	})
	if _, err := s.fleet.Do(t.Context(), ops.Arm{Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	plan, err := s.fleet.Prepare(t.Context(), "R1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.fleet.Do(t.Context(), ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase}); err != nil {
		t.Fatal(err)
	}
	s.tick()
	s.tick()
	s.until("it is contained", func(x ops.Snapshot) bool { return receipt(x, "R1").Stage == ops.StageContained })
}

// The chain on which a message was executed stands still, and what proves that nobody sent
// it comes from the other one: the order fires on that news, and waits for no block.
func TestAnOrderFiresOnWhatAnotherChainTellsBetweenTwoBlocks(t *testing.T) {
	t.Parallel()
	s := newStrait(t, drill.Guardian)
	s.executed(s.sent(5), 5)
	s.is(ops.OK, "")
	s.away.pooled(drill.Mallory, &s.inbox, s.arrives.Call("execute", common.Hash{0x66}, big.NewInt(1000)))
	s.away.until(s.away.now.Add(time.Second))
	s.is(ops.Unknown, "is not seen far enough")
	s.until("away is followed", func(x ops.Snapshot) bool {
		c := x.On("away")
		return c.Followed == c.Head.Number
	})
	s.home.until(s.away.now.Add(4 * time.Second))
	s.is(ops.Breach, "was never sent on home")
	s.until("the order fired", func(x ops.Snapshot) bool { return len(x.Standing) == 1 && x.Standing[0].Fired })
}

// More than was locked, twice, failed, late: each is said, and the worst first.
func TestWhatALaneDoesWrongIsSaid(t *testing.T) {
	t.Parallel()
	s := newStrait(t, drill.Deployer) // nobody's key here closes it
	first, second, third := s.sent(10), s.sent(20), s.sent(30)
	s.executed(first, 11)
	s.is(ops.Breach, "more released than locked: "+first.Hex()+" released 11 of 10")
	s.away.pooled(drill.Mallory, &s.inbox, s.arrives.Call("fail", second, []byte("out of gas")))
	s.tick()
	s.is(ops.Breach, "delivery failed: "+second.Hex())
	s.executed(second, 20)
	s.executed(second, 20)
	s.is(ops.Breach, "executed twice: "+second.Hex())
	for range 31 {
		s.tick()
	}
	s.is(ops.Breach, "not executed: "+third.Hex())
}

// A lane that ends on a node that is not ours; and what another contract there says of a
// message is nothing.
func TestALaneEndsOnAForeignNode(t *testing.T) {
	t.Parallel()
	s := newStraitOf(t, drill.Deployer, ourGround(t), anvilGroundAs(t, ops.FirstDrillChain+1))
	s.executed(s.sent(5), 5)
	s.is(ops.OK, "")
	echo := s.away.deploy(fieldtest.Read(t, "Echo").Deploy())
	forged := common.Hash{0x66}
	s.away.pooled(drill.Mallory, &echo, fieldtest.Read(t, "Echo").Call("say", []common.Hash{s.arrives.ABI.Events["Executed"].ID, forged}, common.BigToHash(big.NewInt(5)).Bytes()))
	for range 5 {
		s.tick()
		s.is(ops.OK, "")
	}
	s.executed(forged, 5)
	for range 3 {
		s.tick()
	}
	s.is(ops.Breach, "executed without its origin: "+forged.Hex())
}

// A reorg takes back the block in which a message was sent, and it was executed already:
// what was in order is a breach, for nothing backs it any more.
func TestAnOriginThatAReorgTakesBackIsABreach(t *testing.T) {
	t.Parallel()
	s := newStraitOf(t, drill.Deployer, anvilGround(t), ourGroundOf(t, ops.FirstDrillChain+1))
	node := s.home.eth.Client()
	var before string
	if err := node.Call(&before, "evm_snapshot"); err != nil {
		t.Fatal(err)
	}
	id := s.sent(5)
	s.executed(id, 5)
	s.is(ops.OK, "")
	var done bool
	if err := node.Call(&done, "evm_revert", before); err != nil || !done {
		t.Fatal(done, err)
	}
	for range 5 {
		s.tick()
	}
	s.is(ops.Breach, "executed without its origin: "+id.Hex())
}

// With one side cut nothing is green: the lane is UNKNOWN, a replay that the other side
// proves alone is a breach and no order answers it, until both are seen.
func TestALaneIsBlindWhenOneSideIsCutAndNoOrderFires(t *testing.T) {
	t.Parallel()
	s := newStrait(t, drill.Guardian)
	id := s.sent(5)
	s.executed(id, 5)
	s.is(ops.OK, "")
	s.dark("home", true)
	s.is(ops.Unknown, "home: ")
	s.executed(id, 5)
	s.is(ops.Breach, "executed twice")
	s.until("the order waits", func(x ops.Snapshot) bool {
		return len(x.Standing) == 1 && !x.Standing[0].Fired && strings.Contains(x.Standing[0].Why, "not everything is known")
	})
	if f := finding(s.last, "L1"); f.Doubt == "" || len(s.last.Receipts) > 0 {
		t.Errorf("%+v, %d receipts", f, len(s.last.Receipts))
	}
	s.dark("home", false)
	s.until("home is back", func(x ops.Snapshot) bool { return x.On("home").Blind == "" })
	s.tick() // the loops do not wait for each other: what one saw the other may hear after its block
	s.is(ops.Breach, "executed twice")
	s.until("everything is known", func(x ops.Snapshot) bool { return finding(x, "L1").Doubt == "" })
	s.tick()
	s.until("the order fired", func(x ops.Snapshot) bool { return len(x.Standing) == 1 && x.Standing[0].Fired })

	s.dark("away", true)
	s.is(ops.Unknown, "")
}

// A root that must not move without a release needs no detector: the language says it.
func TestARootThatMovesIsShownInItsBlock(t *testing.T) {
	t.Parallel()
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Outbox")
	outbox := f.put("outbox", c, "")
	f.holds("V1", "outbox.root() == prev(outbox.root())")
	f.quiet()
	f.send(drill.Deployer, outbox, c.Call("send", big.NewInt(1)))
	f.send(drill.Mallory, outbox, c.Call("move", common.Hash{6}))
	f.shows("V1", f.head(), "")
}

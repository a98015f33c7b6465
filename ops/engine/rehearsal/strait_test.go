package rehearsal_test

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// strait is a lane between two chains of ours, with a console that looks at both.
type strait struct {
	t              *testing.T
	home, away     *ground
	outbox, inbox  common.Address
	sends, arrives locktest.Contract
	folder         string
	bridges        map[string][]*chaintest.Proxy // before the chains' nodes
	fleet          *engine.Fleet
	feed           <-chan ops.Snapshot
	last           ops.Snapshot
}

const straitPolicy = `version: 1
name: strait
chains:
  home: {id: 7331001}
  away: {id: 7331002}
contracts:
  outbox: {chain: home, address: %q, abi: abi/Outbox.json}
  inbox: {chain: away, address: %q, abi: abi/Inbox.json}
invariants:
  - {id: B1, title: The lane knows its guardian, class: authorization, severity: warning, owner: security, holds: "inbox.guardian() != 0x0000000000000000000000000000000000000000", action: close-lane}
detectors:
  - id: L1
    title: What arrives was sent
    kind: lane
    of: {sent: outbox.Sent.id, executed: inbox.Executed.id, failed: inbox.Failed.id, locked: outbox.Sent.amount, released: inbox.Executed.amount, within: 30s, grace: 3s, sent_from: 0, executed_from: 0}
    class: cross-domain
    severity: critical
    owner: security
    action: close-lane
`

const straitBook = `version: 1
id: R1
name: close-lane
key: F
owner: incident-command
class: cross-domain
phrase: close the lane
people: 1
cooldown: 1m
standing_order: {findings: [L1], step: R1.1, lane: auto, shots: 1}
lanes:
  person: {kind: keystore, from: %q}
  auto: {kind: keystore, from: %q}
steps:
  - id: R1.1
    title: Close the lane
    call: inbox.close()
    effect: restricts
    written_for: {inbox: %q}
    lanes: [person]
    within: 60s
    blast_radius: {scope: global, stops: every message}
    expect: inbox.closed() == true
    on_failure: stop
contained_when: {holds: inbox.closed() == true, blocks: 1, steps: [R1.1]}
`

// newStrait begins a lane. guardian is whose key may close it: the order's or the person's.
func newStrait(t *testing.T, guardian string) *strait {
	t.Helper()
	return newStraitOf(t, guardian, ourGround(t), ourGroundOf(t, ops.FirstDrillChain+1))
}

// newStraitOf is one between chains of which the test knows more.
func newStraitOf(t *testing.T, guardian string, home, away *ground) *strait {
	t.Helper()
	s := &strait{t: t, home: home, away: away, folder: t.TempDir(), bridges: map[string][]*chaintest.Proxy{}}
	s.sends, s.arrives = fieldtest.Read(t, "Outbox"), fieldtest.Read(t, "Inbox")
	s.outbox, s.inbox = s.home.deploy(s.sends.Deploy()), s.away.deploy(s.arrives.Deploy(drill.Address(guardian)))
	f := &field{ground: s.away, folder: s.folder}
	f.write("abi/Outbox.json", string(s.sends.Source))
	f.write("abi/Inbox.json", string(s.arrives.Source))
	f.write("policy.yaml", fmt.Sprintf(straitPolicy, s.outbox.Hex(), s.inbox.Hex()))
	f.write("runbooks/close-lane.yaml", fmt.Sprintf(straitBook, drill.Address(drill.Proposer).Hex(), drill.Address(drill.Guardian).Hex(), f.codehash(s.inbox).Hex()))
	owners, err := os.ReadFile("../../drill/pack/owners.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f.write("owners.yaml", string(owners))
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	rules, faults := engine.LoadRules(os.DirFS(s.folder))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	var members []engine.Member
	for _, r := range rules {
		members = append(members, s.member(r))
	}
	if s.fleet, err = engine.NewFleet(ada, members...); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.fleet.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.feed = s.fleet.Snapshots(ctx)
	s.tick()
	return s
}

// keystore is one of the drill's keys, for an engine of a chain.
func (s *strait) keystore(name string, id ops.ChainID) engine.Key {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name+".json")
	if err := rehearsal.StoreKey(path, name); err != nil {
		s.t.Fatal(err)
	}
	store, err := sign.OpenKeystore(path, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return engine.Key{Store: store, Password: func() (string, error) { return rehearsal.Password, nil }}
}

// member is the engine of one chain, behind something that can be cut.
func (s *strait) member(r *engine.Rules) engine.Member {
	s.t.Helper()
	g := map[string]*ground{"home": s.home, "away": s.away}[r.Chain]
	http, ws := chaintest.Before(s.t, "ws"+strings.TrimPrefix(g.http, "http")), chaintest.Before(s.t, g.ws)
	s.bridges[r.Chain] = []*chaintest.Proxy{http, ws}
	// a test on a loaded machine is no chain that stands still: 9 seconds and not 3
	client, err := chain.Open(s.t.Context(), chain.Endpoint{Name: r.Chain, Chain: r.ChainID, HTTP: "http" + strings.TrimPrefix(http.WS, "ws"), WS: ws.WS, BlockTime: 5 * time.Second})
	if err != nil {
		s.t.Fatal(err)
	}
	record, err := journal.Open(s.t.TempDir(), journal.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := engine.New(engine.Config{
		Rules: r, Chain: chain.NewPool(1, client), Journal: record, Operator: ada, BlockTime: time.Second, ReadBack: 20 * time.Second,
		Keys: []engine.Key{s.keystore(drill.Proposer, r.ChainID)}, Auto: []engine.Key{s.keystore(drill.Guardian, r.ChainID)}, OperatorKey: s.keystore(drill.Operator, r.ChainID),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		client.Close()
		if err := record.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return engine.Member{Rules: r, Open: func(context.Context) (*engine.Engine, error) { return e, nil }}
}

// tick seals a block of the same second on both chains and waits until whoever is seen
// judged it.
func (s *strait) tick() {
	s.t.Helper()
	at := s.home.now
	if s.away.now.After(at) {
		at = s.away.now
	}
	at = at.Add(time.Second)
	s.home.until(at)
	s.away.until(at)
	s.until("both are judged", func(x ops.Snapshot) bool {
		for _, c := range x.Chains {
			if c.Blind == "" && (c.Head.Time.Before(at) || c.Followed < c.Head.Number) {
				return false
			}
		}
		return len(x.Chains) == 2
	})
}

func (s *strait) until(what string, holds func(ops.Snapshot) bool) {
	s.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for !holds(s.last) {
		select {
		case s.last = <-s.feed:
		case <-late.C:
			s.t.Fatalf("never: %s; L1 is %s: %s", what, finding(s.last, "L1").Verdict, finding(s.last, "L1").Why)
		}
	}
}

func (s *strait) is(v ops.Verdict, why string) {
	s.t.Helper()
	s.until(fmt.Sprintf("L1 is %s: %s", v, why), func(x ops.Snapshot) bool {
		f := finding(x, "L1")
		return f.Verdict == v && strings.Contains(f.Why, why) && f.Chain == "away"
	})
}

// sent sends a message and seals.
func (s *strait) sent(amount int64) common.Hash {
	s.t.Helper()
	tx := s.home.pooled(drill.Deployer, &s.outbox, s.sends.Call("send", big.NewInt(amount)))
	s.tick()
	return s.home.receipt(tx).Logs[0].Topics[1]
}

// executed executes one, sent or not, and seals.
func (s *strait) executed(id common.Hash, amount int64) {
	s.t.Helper()
	s.away.pooled(drill.Mallory, &s.inbox, s.arrives.Call("execute", id, big.NewInt(amount)))
	s.tick()
}

// dark cuts a chain off, or lets it be seen again.
func (s *strait) dark(chain string, yes bool) {
	for _, p := range s.bridges[chain] {
		p.Refuse(yes)
		if yes {
			p.Cut()
		}
	}
}

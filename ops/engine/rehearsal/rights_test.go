package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

// rights are those that a memory finds at the ground's newest block, after as many blocks as
// it takes to ask everything.
func (g *ground) rights(d *authorization.Detector, m *authorization.Memory) map[authorization.Fact]bool {
	g.t.Helper()
	for range 3 {
		g.mine(1)
		at, err := g.chain.Latest(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		filter := chain.Filter{Addresses: []common.Address{d.Watched[0].Address}, Topics: d.Watched[0].Topics()}
		readings, logs, err := g.chain.ReadBlock(g.t.Context(), at, append(d.Reads(), m.Asks()...), filter)
		if err != nil {
			g.t.Fatal(err)
		}
		before, err := g.chain.Logs(g.t.Context(), 0, at.Number-1, filter)
		if err != nil {
			g.t.Fatal(err)
		}
		m.Book(ops.BlockRef{}, before)
		m.Known(0, at.Number-1)
		m.Next(at, ops.ReadingsOf(readings), logs)
	}
	facts, doubts := m.Facts()
	if len(doubts) > 0 {
		g.t.Fatal(doubts)
	}
	out := map[authorization.Fact]bool{}
	for _, f := range facts {
		out[f] = true
	}
	return out
}

// The rights on each kind of published contract, as it was made and after each way to change
// them.
func TestTheRightsOfPublishedContractsAreRead(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *ground{"sealed": ourGround, "anvil": anvilGround} {
		t.Run(name, func(t *testing.T) { rightsStory(t, start(t)) })
	}
}

func rightsStory(t *testing.T, g *ground) {
	who := func(name string) string { return drill.Address(name).Hex() }
	watch := func(contract locktest.Contract, lock common.Address) (*authorization.Detector, *authorization.Memory) {
		d := &authorization.Detector{Watched: []authorization.Watched{authorization.Watch("lock", lock, contract.ABI, false, nil)}}
		return d, d.NewMemory()
	}
	holds := func(facts map[authorization.Fact]bool, wanted ...string) {
		t.Helper()
		for _, w := range wanted {
			right, holder, _ := strings.Cut(w, ": ")
			f := authorization.Fact{Contract: "lock", Right: right, Holder: holder}
			if !facts[f] {
				t.Errorf("nobody found that %s: %v", f, facts)
			}
		}
		if len(facts) != len(wanted) {
			t.Errorf("%d facts, and %d are wanted: %v", len(facts), len(wanted), facts)
		}
	}
	manager := locktest.Read(t, "AccessManager")
	at := g.deploy(manager.Deploy(drill.Address(drill.Deployer)))
	d, m := watch(manager, at)
	holds(g.rights(d, m), "ADMIN_ROLE: "+who(drill.Deployer))
	g.send(drill.Deployer, at, manager.Call("setTargetFunctionRole", drill.Address(drill.Mallory), [][4]byte{{1, 2, 3, 4}}, uint64(7)))
	g.send(drill.Deployer, at, manager.Call("grantRole", uint64(7), drill.Address(drill.Proposer), uint32(3600)))
	holds(g.rights(d, m), "ADMIN_ROLE: "+who(drill.Deployer), "role 7: "+who(drill.Proposer)+" after 3600s", "call of 0x01020304 on "+who(drill.Mallory)+": role 7")
	g.send(drill.Deployer, at, manager.Call("revokeRole", uint64(7), drill.Address(drill.Proposer)))
	g.send(drill.Deployer, at, manager.Call("setTargetFunctionRole", drill.Address(drill.Mallory), [][4]byte{{1, 2, 3, 4}}, ^uint64(0)))
	holds(g.rights(d, m), "ADMIN_ROLE: "+who(drill.Deployer), "call of 0x01020304 on "+who(drill.Mallory)+": PUBLIC_ROLE")

	compound := locktest.Read(t, "Timelock")
	at = g.deploy(compound.Deploy(drill.Address(drill.Proposer), big.NewInt(2*86400)))
	d, m = watch(compound, at)
	holds(g.rights(d, m), "admin: "+who(drill.Proposer))

	delay := locktest.Read(t, "Delay")
	at = g.deploy(delay.Deploy(drill.Address(drill.Deployer), drill.Address(drill.Mallory), drill.Address(drill.Mallory), big.NewInt(3600), new(big.Int)))
	g.send(drill.Deployer, at, delay.Call("enableModule", drill.Address(drill.Proposer)))
	d, m = watch(delay, at)
	facts := g.rights(d, m)
	for _, want := range []string{"owner: " + who(drill.Deployer), "modules: " + who(drill.Proposer)} {
		right, holder, _ := strings.Cut(want, ": ")
		if !facts[authorization.Fact{Contract: "lock", Right: right, Holder: holder}] {
			t.Errorf("%s is not found: %v", want, facts)
		}
	}

	oz := locktest.Read(t, "TimelockController-5.7.0")
	at = g.deploy(oz.TimelockController(48*time.Hour, common.Address{}))
	d, m = watch(oz, at)
	holds(g.rights(d, m), "DEFAULT_ADMIN_ROLE: "+who(drill.Deployer), "DEFAULT_ADMIN_ROLE: "+at.Hex(), "PROPOSER_ROLE: "+who(drill.Proposer),
		"CANCELLER_ROLE: "+who(drill.Proposer), fmt.Sprint("EXECUTOR_ROLE: ", common.Address{}.Hex()))
}

package rehearsal_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
)

// Ronin, 6 August 2024: the new code counts votes by a field that nobody initialised. The
// least weight is nothing from the block of the upgrade on.
func TestRoninsInitialiserThatNobodyCalledIsShownInTheBlockOfTheUpgrade(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Gateway")
	gateway := f.behind("gateway", c, c.Call("initialize", big.NewInt(70)))
	f.holds("V1", "gateway.minimumVoteWeight() > 0")
	f.quiet()
	f.send(drill.Deployer, gateway, c.Call("withdraw", big.NewInt(1), big.NewInt(80)))
	code := f.deploy(fieldtest.Read(t, "GatewayV2").Deploy())
	f.send(drill.Deployer, gateway, c.Call("upgradeToAndCall", code, []byte{}))
	upgraded := f.head()
	f.send(drill.Mallory, gateway, c.Call("withdraw", big.NewInt(4000), new(big.Int))) // no votes at all
	f.shows("V1", upgraded, "0")
}

// Compound, proposal 62 of 30 September 2021: after the upgrade a claim in a market whose
// index never moved gives all that the index begins with. The first such claim is shown.
func TestCompoundsFirstClaimTooManyIsShown(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Rewards")
	rewards := f.behind("rewards", c, c.Call("initialize"))
	f.detects("Z1", "kind: liquidity, of: {outflow: rewards.Distributed.amount, over: 3s, usual: 30s, times: 10, least: 100}, warmup: known")
	f.send(drill.Deployer, rewards, c.Call("list", big.NewInt(1)))
	f.send(drill.Deployer, rewards, c.Call("list", big.NewInt(2)))
	f.quiet()
	hundredth := new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil)
	honest := func() {
		f.send(drill.Deployer, rewards, c.Call("advance", big.NewInt(1), hundredth))
		f.send(drill.Proposer, rewards, c.Call("claim", big.NewInt(1), big.NewInt(1000)))
	}
	for range 8 {
		honest()
	}
	code := f.deploy(fieldtest.Read(t, "RewardsV2").Deploy())
	f.send(drill.Deployer, rewards, c.Call("upgradeToAndCall", code, []byte{}))
	honest()
	f.send(drill.Mallory, rewards, c.Call("claim", big.NewInt(2), big.NewInt(90_000)))
	f.shows("Z1", f.head(), "outflow")
}

// Munchables, 26 March 2024: an implementation that nobody approved, days before.
func TestMunchablesCodeIsShownInTheBlockInWhichItRuns(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Gateway")
	box := f.behind("box", c, c.Call("initialize", big.NewInt(70)))
	approved := f.codehash(f.deploy(c.Deploy()))
	f.detects("Z1", fmt.Sprintf("kind: code, watch: [box], approved: [%q]", approved))
	f.quiet()
	f.send(drill.Deployer, box, c.Call("upgradeToAndCall", f.deploy(c.Deploy()), []byte{})) // the same once more
	f.send(drill.Deployer, box, c.Call("upgradeToAndCall", f.deploy(fieldtest.Read(t, "GatewayV2").Deploy()), []byte{}))
	credited := f.head()
	f.mine(5 * 24 * 3600)
	f.shows("Z1", credited, "which nobody approved")
}

// Pike, 26 and 30 April 2024: the upgrade shifts what is stored. The owner that everybody
// relied on is gone in the block of the upgrade; four days later a stranger initialises it
// again, and then puts other code behind it.
func TestPikesShiftedStorageIsShownInTheBlockOfTheUpgrade(t *testing.T) {
	f := onField(t, ourGround(t))
	c, second := fieldtest.Read(t, "Spoke"), fieldtest.Read(t, "SpokeV2")
	spoke := f.behind("spoke", c, c.Call("initialize"))
	first, patch := f.deploy(c.Deploy()), f.deploy(second.Deploy())
	f.holds("V1", "spoke.owner() == \""+drill.Address(drill.Deployer).Hex()+"\"")
	f.detects("Z2", fmt.Sprintf("kind: code, watch: [spoke], approved: [%q, %q]", f.codehash(first), f.codehash(patch)))
	f.baselined("Z1", "spoke")
	f.quiet()
	f.mine(60)
	f.send(drill.Deployer, spoke, c.Call("upgradeToAndCall", patch, []byte{}))
	upgraded := f.head()
	f.mine(4 * 24 * 3600)
	f.send(drill.Mallory, spoke, second.Call("initialize"))
	again := f.head()
	thief := f.deploy(fieldtest.Read(t, "Thief").Deploy())
	f.send(drill.Mallory, spoke, second.Call("upgradeToAndCall", thief, []byte{}))
	f.shows("V1", upgraded, "")
	f.shows("Z1", again, "2 times")
	f.shows("Z2", f.head(), "which nobody approved")
}

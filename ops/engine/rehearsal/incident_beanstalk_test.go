package rehearsal_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

// Beanstalk, 17 April 2022: a proposal has the diamond run, as its own code, a contract that
// nobody reviewed. It waits for a day, and is shown in the block in which it begins to.
func TestBeanstalksPayloadIsShownWhenItIsScheduled(t *testing.T) {
	f := onField(t, ourGround(t))
	c := locktest.Read(t, "TimelockController-5.7.0")
	lock := f.deploy(c.TimelockController(day, common.Address{}))
	f.named("timelock", c, lock, "")
	diamond := fieldtest.Read(t, "Diamond")
	silo := f.put("silo", diamond, ", proxy: diamond")
	bip := fieldtest.Read(t, "InitBip18")
	f.rest.WriteString("timelocks:\n  - {id: T1, kind: oz, contract: timelock, from_block: 0, min_delay: 24h}\n")
	f.detects("Z1", "kind: queue, timelock: T1, signs: [unexpected]")
	f.detects("Z2", "kind: queue, timelock: T1, signs: [delegatecall]")
	f.quiet()
	f.mine(3600)
	call := diamond.Call("diamondCut", []facetCut{}, f.deploy(bip.Deploy()), bip.Call("init"))
	f.send(drill.Proposer, lock, c.Call("schedule", silo, new(big.Int), call, common.Hash{}, common.Hash{1}, big.NewInt(24*3600)))
	scheduled := f.head()
	f.mine(23 * 3600)
	f.shows("Z1", scheduled, "")
	f.shows("Z2", scheduled, "")
}

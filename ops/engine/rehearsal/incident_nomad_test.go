package rehearsal_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
)

// Nomad, 21 June to 1 August 2022: an upgrade's initialiser takes the empty root for one
// that was proven. That holds from the block of the upgrade on, 41 days before the theft.
func TestNomadsEmptyRootIsShownInTheBlockOfTheUpgrade(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Replica")
	replica := f.behind("replica", c, c.Call("initialize", common.Hash{0xaa}))
	f.holds("N1", `replica.acceptableRoot("0x0000000000000000000000000000000000000000000000000000000000000000") == false`)
	f.quiet()
	message := common.Hash{1}
	f.send(drill.Deployer, replica, c.Call("prove", message, common.Hash{0xaa}))
	f.send(drill.Deployer, replica, c.Call("process", message, big.NewInt(1)))
	code := f.deploy(c.Deploy())
	f.send(drill.Deployer, replica, c.Call("upgradeToAndCall", code, c.Call("initialize", common.Hash{})))
	upgraded := f.head()
	for n := range byte(10) {
		f.mine(int64(n) + 1)
	}
	f.send(drill.Mallory, replica, c.Call("process", common.Hash{0x66}, big.NewInt(100))) // nobody proved it
	f.shows("N1", upgraded, "true")
}

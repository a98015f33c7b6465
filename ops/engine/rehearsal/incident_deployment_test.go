package rehearsal_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
)

// Euler, 13 March 2023, KyberSwap, 22 November 2023, and most others: a thief does not call by
// himself, he first deploys what does. Its code holds the pool's address, and it is shown in
// its block, 25 blocks before the first loss. What users and others deploy is none of it.
func TestAThiefsContractIsShownBeforeTheFirstLoss(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Pool")
	pool := f.put("pool", c, "", drill.Address(drill.Guardian), big.NewInt(3600))
	f.detects("Z1", fmt.Sprintf("kind: deployment, watch: [pool], accounts: [%q], of: {over: 1d}, warmup: known", drill.Address(drill.Deployer).Hex()))
	f.holds("V1", "pool.reserve() >= 100000")
	f.quiet()
	f.deploy(forwarder(pool)) // our own periphery
	f.created(drill.Proposer, forwarder(common.Address{0: 7}))
	f.send(drill.Proposer, pool, c.Call("swap", big.NewInt(100)))
	tool, _ := f.created(drill.Mallory, forwarder(pool))
	deployed := f.head()
	for range 24 {
		f.send(drill.Proposer, pool, c.Call("swap", big.NewInt(10)))
	}
	f.send(drill.Mallory, tool, c.Call("swap", big.NewInt(1)))
	lost := f.head()
	f.shows("V1", lost, "99,991")
	f.shows("Z1", deployed, drill.Address(drill.Mallory).Hex()+" deployed "+tool.Hex()+", which holds pool in its code")
	if warned := lost - deployed; warned != 25 {
		t.Errorf("%d blocks of warning", warned)
	}
}

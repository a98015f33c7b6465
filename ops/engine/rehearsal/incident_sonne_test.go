package rehearsal_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

// Sonne, 14 May 2024, as a detector shows it: each of five operations that no release names
// is counted in the block in which it is scheduled, two days before anybody executes them in
// the order that suits him.
func TestSonnesOperationsAreShownAsTheyAreScheduled(t *testing.T) {
	f := onField(t, ourGround(t))
	c, target := locktest.Read(t, "TimelockController-5.7.0"), fieldtest.Read(t, "Oracle")
	lock := f.deploy(c.TimelockController(2*day, common.Address{}))
	f.named("timelock", c, lock, "")
	market := f.put("market", target, "")
	f.rest.WriteString("timelocks:\n  - {id: T1, kind: oz, contract: timelock, from_block: 0, min_delay: 48h}\n")
	f.detects("Z1", "kind: queue, timelock: T1, signs: [unexpected]")
	f.quiet()
	args := func(n byte) []any {
		return []any{market, new(big.Int), target.Call("set", big.NewInt(int64(n))), common.Hash{}, common.Hash{0xe5, n}}
	}
	f.mine(60)
	first := f.head() + 1
	for n := range byte(5) {
		f.send(drill.Proposer, lock, c.Call("schedule", append(args(n), big.NewInt(2*24*3600))...))
	}
	all := f.head()
	f.shows("Z1", first, "")
	f.mine(2 * 24 * 3600)
	for _, n := range []byte{3, 0} {
		f.send(drill.Mallory, lock, c.Call("execute", args(n)...))
	}
	f.first = all
	if said := f.said("Z1"); len(said) != 1 || said[0].Finding.Verdict != ops.Breach || said[0].Finding.Observed.Exact != "5" {
		t.Errorf("with all five: %s", fmt.Sprint(said))
	}
}

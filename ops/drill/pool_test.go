package drill

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
)

// What was handed to the pool before a block is sealed is in that block, however far the
// pool has come with it: forty times ten transactions, of which a block that follows at
// once finds some taken up and some not.
func TestABlockHoldsAllThatThePoolWasGiven(t *testing.T) {
	sender := Address(Deployer)
	c, err := sealer.Start(sealer.Config{
		Chain: ops.FirstDrillChain, Genesis: genesis,
		Alloc: types.GenesisAlloc{sender: {Balance: big.NewInt(params.Ether)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	id := new(big.Int).SetUint64(uint64(ops.FirstDrillChain))
	for round := range uint64(40) {
		for i := range uint64(10) {
			tx := types.MustSignNewTx(Key(Deployer), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
				ChainID: id, Nonce: 10*round + i, To: &sender, Gas: params.TxGas,
				GasFeeCap: big.NewInt(100 * params.GWei), GasTipCap: big.NewInt(params.GWei),
			})
			if err := c.Client().SendTransaction(t.Context(), tx); err != nil {
				t.Fatal(err)
			}
		}
		block, err := c.Seal(t.Context(), sealer.Order{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(block.Transactions()); n != 10 {
			t.Fatalf("block %d holds %d of 10", block.NumberU64(), n)
		}
	}
}

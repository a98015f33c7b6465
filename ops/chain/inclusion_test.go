package chain_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// A provider has the receipt, two others are a block behind and are quicker: "not
// mined" is then said by a quorum, without an error and without a doubt.
func TestTwoThatAreBehindAreNoProofThatNothingWasMined(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.Mine(3)
	tx := common.Hash{7}
	k.Include(k.At(3), tx)
	for _, g := range k.gates[1:] {
		g.Set(chaintest.LiesOn("eth_getTransactionReceipt", func(json.RawMessage) json.RawMessage { return json.RawMessage("null") }))
	}
	k.gates[0].Set(chaintest.Slow(50 * time.Millisecond))
	mined, err := k.pool.Inclusion(t.Context(), tx)
	k.pool.Settle()
	if err == nil && mined == nil {
		t.Error("one of three has the receipt, and the pool says without a doubt that there is none")
	}
}

package chain_test

import (
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// One of three that leaves logs out of ranges (and is honest elsewhere) is never set
// aside, because ranges are not pinned: nothing is ever read back, and the console
// stays blind from its start on.
func TestOneLiarOfThreeCannotKeepHistoryFromBeingRead(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.Mine(5)
	k.Emit(k.At(3), types.Log{Address: vault})
	k.gates[0].Set(chaintest.LiesOn("eth_getLogs", func(json.RawMessage) json.RawMessage { return json.RawMessage("[]") }))
	failed := 0
	for range 30 {
		_, err := k.pool.Logs(t.Context(), 1, 5, chain.Filter{Addresses: []common.Address{vault}})
		k.pool.Settle()
		if err != nil {
			failed++
		}
	}
	if failed > 5 && len(k.pool.Aside()) == 0 {
		t.Errorf("%d of 30 readings of the history failed, and nobody is aside", failed)
	}
}

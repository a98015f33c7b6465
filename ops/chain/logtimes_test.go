package chain_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// The times of the blocks that windows are filled with at the start come from the
// provider that answers first: sameLog compares no times.
func TestOneProviderAloneSetsTheTimesOfTheHistory(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.Mine(5)
	k.Emit(k.At(3), types.Log{Address: vault})
	honest := time.Unix(int64(k.At(3).Time), 0)
	k.gates[0].Set(chaintest.LiesOn("eth_getBlockByHash", func(result json.RawMessage) json.RawMessage {
		var h map[string]any
		if json.Unmarshal(result, &h) != nil {
			return result
		}
		h["timestamp"] = hexutil.Uint64(uint64(honest.Unix()) - 7200)
		out, _ := json.Marshal(h)
		return out
	}))
	for _, g := range k.gates[1:] {
		g.Set(chaintest.Slow(50 * time.Millisecond))
	}
	logs, err := k.pool.Logs(t.Context(), 1, 5, chain.Filter{Addresses: []common.Address{vault}})
	k.pool.Settle()
	if err == nil && (len(logs) != 1 || !logs[0].Block.Time.Equal(honest)) {
		t.Errorf("a quorum is said to have the event at %v, and it was at %v", logs[0].Block.Time, honest.UTC())
	}
}

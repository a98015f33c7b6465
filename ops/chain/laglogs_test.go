package chain_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// A backend that is behind has no logs of blocks that it does not have, and says so
// with a shorter list and no error. The range is then taken for read whole, and
// Memory.Through closes it.
func TestARangeThatTheProviderDoesNotHaveIsNotRead(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(9)
	s.Emit(s.At(3), types.Log{Address: vault})
	logs, err := client(t, chain.Endpoint{HTTP: s.HTTP}).Logs(t.Context(), 1, 14, chain.Filter{Addresses: []common.Address{vault}})
	if err == nil {
		t.Errorf("blocks 10 to 14 are not there, and blocks 1 to 14 are said to hold %d logs", len(logs))
	}
}

package chain

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// A deployless call may not be longer than EIP-3860 allows: else the provider refuses
// it, and is asked by Multicall3 or one by one for 256 blocks.
func TestADeploylessCallFitsIntoCreationCode(t *testing.T) {
	var reads []ops.Read
	for i := range 500 {
		reads = append(reads, ops.Read{Data: fmt.Sprintf("%0100d", i)}) // three arguments
	}
	c := &Client{}
	q := newPass(ops.BlockRef{}, reads).question(ByDeployless, c.limits.entries())
	data := q.views.arguments(ByDeployless, ops.BlockRef{})[0].(map[string]any)["data"].(hexutil.Bytes)
	if len(data) > 49_152 {
		t.Errorf("%d bytes of creation code", len(data))
	}
}

package timelock

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// Topics of the events that make the queue.
var (
	callScheduled = topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)")
	callExecuted  = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)")
	callSalt      = topic("CallSalt(bytes32,bytes32)") // only when the salt is not zero
	cancelled     = topic("Cancelled(bytes32)")
)

// Topics lists them, for a filter.
var Topics = []common.Hash{callScheduled, callExecuted, callSalt, cancelled}

// scheduledData is what CallScheduled carries beside its indexed id and index.
var scheduledData = types("address", "uint256", "bytes", "bytes32", "uint256")

func topic(signature string) common.Hash { return crypto.Keccak256Hash([]byte(signature)) }

// scheduled adds one call of an operation: a batch has one event for each.
func (e *entry) scheduled(l ops.Log) {
	if len(l.Topics) < 3 {
		e.bad = "an event lacks its index"
		return
	}
	values, err := calldata.Unpack(scheduledData, l.Data)
	if err != nil {
		e.bad = "an event cannot be read: " + err.Error()
		return
	}
	index := l.Topics[2].Big()
	if !index.IsUint64() || index.Uint64() > 1<<16 {
		e.bad = "an event's index is out of bounds"
		return
	}
	data, _ := values[2].([]byte)
	predecessor, _ := values[3].([32]byte)
	to, _ := values[0].(common.Address)
	value, _ := values[1].(*big.Int)
	e.calls[index.Uint64()] = ops.Call{To: to, Value: value.String(), Data: data}
	e.op.Predecessor = predecessor
	e.delay, _ = values[4].(*big.Int)
}

package timelock

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Source is one kind of queue contract: how its logs make operations, and what it says
// of them when it is asked. A Source is pure, and knows one contract.
type Source interface {
	// Topics are those of the events that make the queue, for a filter.
	Topics() []common.Hash
	// Key names the operation that a log is of; false for one about the contract
	// itself, as a role or a delay that changes.
	Key(l ops.Log) (key common.Hash, ok bool)
	// Fold reads one operation out of its logs, which are in the order of the chain.
	// bad is why it cannot be read whole.
	Fold(key common.Hash, logs []ops.Log) (o ops.Operation, bad string)
	// Identify holds the id against what it should come out of, and says how it did.
	Identify(o *ops.Operation) ops.Check
	// Asks lists what the contract itself has to be asked of an operation that waits.
	Asks(o ops.Operation) []ops.Read
	// Settle brings an operation to a block, and holds it against what the contract
	// said there. What was not read changes nothing.
	Settle(o *ops.Operation, at ops.BlockRef, now ops.Readings)
	// Settings lists what the contract is asked of itself at every block.
	Settings() []ops.Read
}

// kinds make a Source of each kind.
var kinds = map[string]func(Timelock) Source{
	"oz": func(t Timelock) Source { return openZeppelin{t} },
}

// Kinds lists the kinds of queue contract that can be read, in alphabetical order.
func Kinds() []string {
	out := make([]string, 0, len(kinds))
	for kind := range kinds {
		out = append(out, kind)
	}
	slices.Sort(out)
	return out
}

// executing are the functions that execute an operation, of each kind.
var executing = map[string][]string{
	"oz": {selector("execute(address,uint256,bytes,bytes32,bytes32)"), selector("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)")},
}

// Executes reports whether calldata executes an operation of a queue of the kind.
func Executes(kind string, data []byte) bool {
	return len(data) >= 4 && slices.Contains(executing[kind], string(data[:4]))
}

// waits reports whether an operation may still be executed.
func waits(o ops.Operation) bool {
	return o.State == ops.OperationWaiting || o.State == ops.OperationReady
}

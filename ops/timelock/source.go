package timelock

import (
	"math/big"
	"slices"
	"time"

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
	// bad is why it cannot be read whole, or is not what its id says.
	Fold(key common.Hash, logs []ops.Log) (o ops.Operation, bad string)
	// Identify holds the id against what it should come out of, and says how it did.
	Identify(o *ops.Operation) ops.Check
	// Asks lists what the contract itself has to be asked of an operation that waits.
	Asks(o ops.Operation) []ops.Read
	// Settings lists what the contract is asked of itself at every block; about are
	// its logs that are of no operation, oldest first.
	Settings(about []ops.Log) []ops.Read
	// Terms reads what it answered to them.
	Terms(about []ops.Log, now ops.Readings) Terms
	// Settle brings an operation to a block, and holds it against what the contract
	// said there. What was not read changes nothing.
	Settle(o *ops.Operation, at ops.BlockRef, terms Terms, now ops.Readings)
}

// skipper is a Source of a queue that can be moved past operations.
type skipper interface {
	// skips is the nonce of an operation that a log about the contract proves was
	// skipped.
	skips(l ops.Log) (nonce string, ok bool)
}

// Terms are a contract's own settings at one block, the same for all its operations.
// What was not read is zero or nil.
type Terms struct {
	MinDelay              time.Duration // from scheduling to execution, at least
	Known                 bool          // MinDelay was read
	Cooldown              *big.Int      // of a queue whose delay is not fixed at scheduling, in seconds
	Grace                 *big.Int      // how long after its ETA an operation can be executed, in seconds; 0 for ever
	Next                  *big.Int      // the only nonce that can be executed, of a queue that keeps its order
	Executors, Cancellers []string
	Guards                map[common.Hash][]string // the members of roles that guard others
}

// kinds make a Source of each kind.
var kinds = map[string]func(Timelock) Source{
	"access-manager": func(t Timelock) Source { return accessManager{t} },
	"compound":       func(t Timelock) Source { return compound{t} },
	"delay":          func(t Timelock) Source { return delay{t} },
	"oz":             func(t Timelock) Source { return openZeppelin{t} },
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

// waits reports whether an operation may still be executed.
func waits(o ops.Operation) bool {
	return o.State == ops.OperationWaiting || o.State == ops.OperationReady
}

// mature brings what waits to a block's time: ready at its ETA, expired when its grace
// is over. Both are exact to the second.
func mature(o *ops.Operation, at ops.BlockRef) {
	if o.State != ops.OperationWaiting || o.ETA.IsZero() || at.Time.Before(o.ETA) {
		return
	}
	o.State = ops.OperationReady
	if !o.Expires.IsZero() && !at.Time.Before(o.Expires) {
		o.State = ops.OperationExpired
	}
}

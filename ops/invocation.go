package ops

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Invocation is one call of a contract: a transaction that was sent straight to it, or
// a call inside a transaction, as it stands in its block. Data is its calldata, Value
// what it carries in wei, Gas all that it may use. Fate is how it ended, where that was
// asked for.
type Invocation struct {
	Tx       common.Hash
	Index    uint64 // the transaction's place in the block
	From, To common.Address
	Value    *big.Int
	Gas      uint64
	Fate     Fate
	Data     []byte
}

// Fate is how a call ended. Of a transaction only its receipt tells.
type Fate byte

// The fates. The zero value is "not asked".
const (
	FateUnasked Fate = iota
	FateDone
	FateFailed // whatever it did was undone
)

// WithFates as the Data of a ReadSent asks also how the transactions ended.
const WithFates = "fates"

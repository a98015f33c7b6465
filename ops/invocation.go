package ops

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Invocation is one transaction that was sent straight to a contract, as it stands
// in its block. Data is its calldata, Value what it carries in wei. Whether it
// failed, only its receipt knows.
type Invocation struct {
	Tx    common.Hash
	Index uint64 // its place in the block
	From  common.Address
	Value *big.Int
	Data  []byte
}

package ops

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Wanted is a call for which something signed beforehand is looked for. Least is the
// lowest fee cap that will do, in wei. A zero Time or Code is not held against
// anything.
type Wanted struct {
	To    common.Address
	Value *big.Int
	Data  []byte
	Nonce uint64
	Least *big.Int
	Time  time.Time   // of the chain
	Code  common.Hash // that runs at To now
}

package ops

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Passage is one thing that happened to a message of a bridge on one chain: it was sent,
// executed, or its execution failed.
type Passage struct {
	ID     common.Hash // the word that names the message in its event
	Amount *big.Int    // what was locked or released with it; nil where the event names none
	Failed bool        // its execution
	Block  BlockRef
	Index  uint // of the log in its block
}

// Side is what one chain knows of a lane between two: the passages of its messages there,
// oldest first. Why says why it is not whole; what stands in it happened all the same.
type Side struct {
	Lane     DetectorID
	Chain    string   // the policy's name
	At       BlockRef // the newest block that is in it
	Passages []Passage
	Why      string
}

package ops

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// Message is one call as an account would make it. Value is in wei, nil for
// none; Gas zero leaves the limit to the simulator.
type Message struct {
	From  common.Address
	To    common.Address
	Data  []byte
	Value *big.Int
	Gas   uint64
}

// Trial asks what would happen on top of block At: what comes Prior runs, Reads
// are taken, then Action runs, then Reads are taken again, then Replay (if any) is
// tried.
type Trial struct {
	At     BlockRef
	Prior  []Message
	Reads  []Read
	Action Message
	Replay *Message
}

// Outcome is how one simulated message ended.
type Outcome struct {
	OK     bool
	Gas    uint64
	Reason string // decoded or raw reason of a revert
	Data   []byte // raw revert data, bounded
}

// TrialResult is what a Trial found. Before and After answer Reads in order.
type TrialResult struct {
	Action        Outcome
	Before, After []Reading
	Replay        *Outcome
}

// Account is what has to be known of a signer before it can send. Balance, Tip
// and BaseFee are in wei. Pending above Nonce means that something of it is
// already in the pool.
type Account struct {
	Nonce   uint64
	Pending uint64
	Balance *big.Int
	BaseFee *big.Int
	Tip     *big.Int
}

// Inclusion is a mined transaction.
type Inclusion struct {
	Block BlockRef
	OK    bool
	Gas   uint64
}

// Survey asks for several trials, and for several accounts, at once.
type Survey struct {
	Trials   []Trial
	Accounts []common.Address
}

// SurveyResult answers a Survey: for each trial in order what it found, or why it
// could not be run.
type SurveyResult struct {
	Trials   []TrialResult
	Failed   []error
	Accounts map[common.Address]Account
}

package ops

import (
	"github.com/ethereum/go-ethereum/common"
)

// ReadKind says what is read of the chain.
type ReadKind byte

// The kinds of reads.
const (
	ReadCall    ReadKind = iota // a view function: To and Data
	ReadBalance                 // the balance of To, in wei
	ReadCode                    // the EXTCODEHASH of To
)

// Read is one thing to read at one block. It is comparable, so equal reads are
// read once: Data is calldata as a string of bytes.
type Read struct {
	Kind ReadKind
	To   common.Address
	Data string
	Name string // how the policy calls it: vault.totalAssets()
}

// ReadStatus is how a read ended.
type ReadStatus byte

// Only ReadOK carries a value. The zero value is "not run".
const (
	ReadNotRun   ReadStatus = iota // no answer: budget spent, or the provider failed
	ReadOK                         // Data holds the answer
	ReadReverted                   // Data holds the revert reason, if any
	ReadNoCode                     // there is no contract at the address
)

// Reading is the answer to a Read at one block. Data is what the contract
// returned, bounded by the reader; Err says why there is none.
type Reading struct {
	Read   Read
	Status ReadStatus
	Data   []byte
	At     BlockRef
	Err    string
}

// Call is one call as a person reads it and as the chain executes it. Value is
// in wei, decimal.
type Call struct {
	To       common.Address
	Name     string // the policy's name of To, or empty
	Function string // the decoded signature with arguments, or the selector
	Value    string
	Data     []byte
}

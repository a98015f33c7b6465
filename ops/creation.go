package ops

import "github.com/ethereum/go-ethereum/common"

// Creation is a contract that was created in a block, and that holds the address that was
// looked for. From sent the transaction; By is the account that created it: From itself,
// or a factory that From called. Where says where the address stands.
type Creation struct {
	Tx                 common.Hash
	Index              uint64 // the transaction's place in the block
	From, By, Contract common.Address
	Where              Holding
}

// Holding says in which bytes of a contract the 20 bytes of an address stand.
type Holding byte

// The bytes of a contract.
const (
	HeldByInit Holding = 1 << iota // what created it: its init code, constructor arguments included
	HeldByCode                     // the code that stands there afterwards
)

// Holdings are all that a Creation can say.
const Holdings = HeldByInit | HeldByCode

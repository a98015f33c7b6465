package ops

import "github.com/ethereum/go-ethereum/common"

// SafeCall is a call that a Safe makes for a step: what its owners sign under EIP-712,
// and who has. Owners are told by name where the pack knows them, else by address.
type SafeCall struct {
	Address   common.Address
	Version   string
	Nonce     uint64 // of the Safe, that the call takes
	Threshold uint64 // how many owners have to sign
	Domain    common.Hash
	Message   common.Hash
	Hash      common.Hash // safeTxHash: what is signed
	Signed    []string
	Missing   []string // owners who could still sign
}

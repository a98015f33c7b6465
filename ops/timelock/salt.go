package timelock

import (
	"bytes"
	"crypto/subtle"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Before 4.9 no event carries an operation's salt, and without it nobody can execute
// the operation. It stands in the calldata of the transaction that scheduled it, perhaps
// inside a Safe's or a governor's. What is found there is proven: the id comes out of it
// or it does not.

var (
	scheduleCall      = []byte(selector("schedule(address,uint256,bytes,bytes32,bytes32,uint256)"))
	scheduleBatchCall = []byte(selector("scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"))
)

// recoverer is a Source whose events lack what the scheduling transaction has.
type recoverer interface {
	// recover completes an operation whose id does not come out, and reports whether
	// it could.
	recover(o *ops.Operation, from origin) bool
}

func (openZeppelin) recover(o *ops.Operation, from origin) bool {
	if o.Salt != (common.Hash{}) {
		return false
	}
	salt, found := recoverSalt(*o, from.data, from.to)
	if found {
		o.Salt = salt
	}
	return found
}

// saltWord is the place of the salt among the arguments of both, in words.
const saltWord = 4

// saltWork bounds the search, in bytes that are hashed.
const saltWork = 8 << 20

// recoverSalt looks for the salt with which an operation's id comes out, in the calldata
// of its scheduling transaction. governor is the contract that the transaction was sent
// to: from 5.0 on a Governor makes the salt of its own address and the hash of the
// proposal's description (contracts/governance/extensions/GovernorTimelockControl.sol).
func recoverSalt(o ops.Operation, data []byte, governor common.Address) (salt common.Hash, ok bool) {
	comes := func(salt common.Hash) bool {
		return len(o.Calls) == 1 && HashOperation(o.Calls[0], o.Predecessor, salt) == o.ID || HashOperationBatch(o.Calls, o.Predecessor, salt) == o.ID
	}
	for _, call := range [][]byte{scheduleCall, scheduleBatchCall} {
		for at := 0; ; {
			i := bytes.Index(data[at:], call)
			if i < 0 {
				break
			}
			at += i + len(call)
			if from := at + saltWord*32; from+32 <= len(data) {
				if salt = common.BytesToHash(data[from : from+32]); comes(salt) {
					return salt, true
				}
			}
		}
	}
	size := 320 // of what is hashed for each try, about
	for _, c := range o.Calls {
		size += len(c.Data) + 160
	}
	var mask common.Hash
	copy(mask[:], governor[:])
	for at, work := 0, 0; at+32 <= len(data) && work < saltWork; at, work = at+1, work+4*size {
		salt = common.BytesToHash(data[at : at+32])
		if comes(salt) {
			return salt, true
		}
		subtle.XORBytes(salt[:], salt[:], mask[:])
		if comes(salt) {
			return salt, true
		}
	}
	return common.Hash{}, false
}

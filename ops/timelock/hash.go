package timelock

import (
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	singleForm = types("address", "uint256", "bytes", "bytes32", "bytes32")
	batchForm  = types("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32")
)

func types(names ...string) abi.Arguments {
	out := make(abi.Arguments, len(names))
	for i, name := range names {
		t, err := abi.NewType(name, "", nil)
		if err != nil {
			panic(err) // the names stand above
		}
		out[i] = abi.Argument{Type: t}
	}
	return out
}

// HashOperation is the id that the timelock gives to a single call:
// keccak256(abi.encode(target, value, data, predecessor, salt)).
func HashOperation(c ops.Call, predecessor, salt common.Hash) common.Hash {
	return hash(singleForm, c.To, wei(c.Value), c.Data, predecessor, salt)
}

// HashOperationBatch is the id of a batch, which differs from that of a single
// call even when the batch has one element.
func HashOperationBatch(calls []ops.Call, predecessor, salt common.Hash) common.Hash {
	targets, values, payloads := []common.Address{}, []*big.Int{}, [][]byte{}
	for _, c := range calls {
		targets, values, payloads = append(targets, c.To), append(values, wei(c.Value)), append(payloads, c.Data)
	}
	return hash(batchForm, targets, values, payloads, predecessor, salt)
}

func hash(form abi.Arguments, values ...any) common.Hash {
	packed, err := form.Pack(values...)
	if err != nil {
		return common.Hash{} // equals no id
	}
	return crypto.Keccak256Hash(packed)
}

func wei(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

package measure

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

var (
	addressType = typeOf("address")
	uint256Type = typeOf("uint256")
	bytes32Type = typeOf("bytes32")

	wordsEnd = new(big.Int).Lsh(big.NewInt(1), 256) // a negative word is this much less than it is as a positive one
)

func typeOf(name string) abi.Type {
	t, err := abi.NewType(name, "", nil)
	if err != nil {
		panic(err) // the names stand above
	}
	return t
}

// kindOf says what a Solidity type is in the language; only types of one ABI
// word are measured.
func kindOf(t abi.Type) (Kind, bool) {
	switch t.T {
	case abi.UintTy, abi.IntTy:
		return Number, true
	case abi.BoolTy:
		return Bool, true
	case abi.AddressTy:
		return Address, true
	case abi.FixedBytesTy:
		return Bytes32, t.Size == 32
	default:
		return 0, false
	}
}

// decode reads one ABI word, strictly: a contract that returns less or more, or a
// word out of its type's range, does not match its ABI.
func decode(t abi.Type, data []byte) (Value, error) {
	if len(data) != 32 {
		return Value{}, fmt.Errorf("returned %d bytes where %s takes 32: the contract does not match its ABI", len(data), t)
	}
	word := common.BytesToHash(data)
	if !calldata.Proper(&t, word[:]) {
		return Value{}, fmt.Errorf("returned %s, which is no %s", word.Hex(), t)
	}
	switch t.T {
	case abi.UintTy, abi.IntTy:
		return NumberValue(whole(func(n *big.Int) {
			if n.SetBytes(word[:]); t.T == abi.IntTy && n.Bit(255) == 1 {
				n.Sub(n, wordsEnd)
			}
		})), nil
	case abi.BoolTy:
		return BoolValue(word[31] == 1), nil
	case abi.AddressTy:
		return Value{kind: Address, word: word}, nil
	default:
		return Bytes32Value(word), nil
	}
}

// Pack encodes a call of the method: selector and one word for each argument.
// Numbers must be whole and fit their type.
func Pack(method abi.Method, values []Value) ([]byte, error) {
	args := make([]any, len(values))
	for i, v := range values {
		arg, err := argument(method.Inputs[i].Type, v)
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i+1, method.Sig, err)
		}
		args[i] = arg
	}
	words, err := method.Inputs.Pack(args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method.Sig, err)
	}
	return append(append([]byte{}, method.ID...), words...), nil
}

// argument turns a value into the Go type that go-ethereum packs.
func argument(t abi.Type, v Value) (any, error) {
	switch t.T {
	case abi.AddressTy:
		return v.address(), nil
	case abi.BoolTy:
		return v.truth, nil
	case abi.FixedBytesTy:
		return [32]byte(v.word), nil
	case abi.UintTy, abi.IntTy:
		return integer(t, v.num)
	default:
		return nil, fmt.Errorf("%s cannot be given as an argument", t)
	}
}

func integer(t abi.Type, r *big.Rat) (any, error) {
	if r == nil || !r.IsInt() {
		return nil, fmt.Errorf("%s is not a whole number", r)
	}
	n := new(big.Int).Set(r.Num())
	fits := n.Sign() >= 0 && n.BitLen() <= t.Size
	if t.T == abi.IntTy {
		limit := new(big.Int).Lsh(big.NewInt(1), uint(t.Size-1))
		fits = n.Cmp(limit) < 0 && n.Cmp(new(big.Int).Neg(limit)) >= 0
	}
	if !fits {
		return nil, fmt.Errorf("%s does not fit %s", n, t)
	}
	switch t.GetType().Kind().String() { // go-ethereum packs small integers from Go's own types
	case "uint8":
		return uint8(n.Uint64()), nil
	case "uint16":
		return uint16(n.Uint64()), nil
	case "uint32":
		return uint32(n.Uint64()), nil
	case "uint64":
		return n.Uint64(), nil
	case "int8":
		return int8(n.Int64()), nil
	case "int16":
		return int16(n.Int64()), nil
	case "int32":
		return int32(n.Int64()), nil
	case "int64":
		return n.Int64(), nil
	default:
		return n, nil
	}
}

package measure

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// slot reads a word of an address's storage: slot(x, key) as bytes32, and
// slot(x, key, type, offset) the value of the type that stands so many bytes from
// the low-order end of the word. That is how Solidity packs: the first variable
// declared has offset 0.
func (c *compiler) slot(n *ast.CallNode) (node, error) {
	const usage = `as in slot(vault, 3) or slot(vault, 3, uint128, 16)`
	if len(n.Arguments) < 2 || len(n.Arguments) > 4 {
		return node{}, c.fail(n, usage, "slot wants 2 to 4 arguments, not %d", len(n.Arguments))
	}
	to, links, who, err := c.target(n.Arguments[0], "slot(address, key)")
	if err != nil {
		return node{}, err
	}
	key, err := c.slotKey(n.Arguments[1])
	if err != nil {
		return node{}, err
	}
	read := ops.Read{Kind: ops.ReadSlot, To: to, Data: string(key[:]), Links: links, Name: "slot(" + who.String() + ", " + slotName(key) + ")"}
	if len(n.Arguments) == 2 {
		return c.stateWord(read, bytes32Type, who), nil
	}
	t, size, err := c.packedType(n.Arguments[2])
	if err != nil {
		return node{}, err
	}
	offset := 0
	if len(n.Arguments) == 4 {
		if offset, err = c.whole(n.Arguments[3], "the offset of a packed value", 31); err != nil {
			return node{}, err
		}
		if offset+size > 32 {
			return node{}, c.fail(n.Arguments[3], "the offset counts bytes from the low-order end", "%s of %d bytes does not fit at offset %d of a word of 32", t, size, offset)
		}
	}
	kind, _ := kindOf(t)
	return c.read(read, kind, func(r ops.Reading) (Value, error) {
		if len(r.Data) != 32 {
			return Value{}, fmt.Errorf("the word of storage has %d bytes", len(r.Data))
		}
		return decode(t, widened(t, r.Data[32-offset-size:32-offset]))
	}), nil
}

// slotKey is a number or bytes32, known at load time.
func (c *compiler) slotKey(n ast.Node) (common.Hash, error) {
	x, err := c.compile(n)
	if err != nil {
		return common.Hash{}, err
	}
	const hint = "a slot is a whole number or bytes32"
	if !x.constant || x.kind != Number && x.kind != Bytes32 {
		return common.Hash{}, c.fail(n, hint, "the key of a slot is a constant number or bytes32")
	}
	v, err := x.eval(&Frame{})
	if err != nil {
		return common.Hash{}, c.fail(n, hint, "%s", err)
	}
	if v.kind == Bytes32 {
		return v.word, nil
	}
	if !v.num.IsInt() || v.num.Sign() < 0 || v.num.Num().BitLen() > 256 {
		return common.Hash{}, c.fail(n, hint, "%s is no slot", v)
	}
	return common.BigToHash(v.num.Num()), nil
}

// slotName shows a small key as the number that it is.
func slotName(key common.Hash) string {
	if n := key.Big(); n.BitLen() <= 64 {
		return n.String()
	}
	return key.Hex()
}

// packedType reads the name of a type and how many bytes it takes in storage.
func (c *compiler) packedType(n ast.Node) (abi.Type, int, error) {
	const hint = "as in uint128, int64, bool, address or bytes32"
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return abi.Type{}, 0, c.fail(n, hint, "the type of a slot is a name")
	}
	t, err := abi.NewType(id.Value, "", nil)
	if _, ok := kindOf(t); err != nil || !ok || t.String() != id.Value {
		return abi.Type{}, 0, c.fail(n, hint, "%q is no type that a slot is read as", id.Value)
	}
	switch t.T {
	case abi.UintTy, abi.IntTy:
		if t.Size%8 != 0 || t.Size < 8 || t.Size > 256 {
			return abi.Type{}, 0, c.fail(n, hint, "%q is no type that a slot is read as", id.Value)
		}
		return t, t.Size / 8, nil
	case abi.AddressTy:
		return t, common.AddressLength, nil
	case abi.BoolTy:
		return t, 1, nil
	default:
		return t, 32, nil
	}
}

// widened makes the word that the packed bytes would be if they stood alone.
func widened(t abi.Type, packed []byte) []byte {
	word := common.LeftPadBytes(packed, 32)
	if t.T == abi.IntTy && packed[0]&0x80 != 0 {
		for i := range 32 - len(packed) {
			word[i] = 0xff
		}
	}
	return word
}

// whole is a constant whole number from 0 to the most.
func (c *compiler) whole(n ast.Node, what string, most int64) (int, error) {
	x, err := c.compile(n)
	if err != nil {
		return 0, err
	}
	if !x.constant || x.kind != Number {
		return 0, c.fail(n, "", "%s is a constant number", what)
	}
	v, err := x.eval(&Frame{})
	if err != nil || !v.num.IsInt() || v.num.Sign() < 0 || v.num.Cmp(new(big.Rat).SetInt64(most)) > 0 {
		return 0, c.fail(n, "", "%s is a whole number from 0 to %d", what, most)
	}
	return int(v.num.Num().Int64()), nil
}

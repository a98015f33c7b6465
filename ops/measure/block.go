package measure

import (
	"errors"
	"math/big"

	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// errNoBlock is the reason of an UNKNOWN where nothing says which block is judged.
var errNoBlock = errors.New("the block itself is not known")

// baseFee is the cheapest read there is. What names the block and reads nothing of it
// reads this: the answer says of which block it is.
var baseFee = ops.Read{Kind: ops.ReadBaseFee, Name: "block.basefee"}

// block is what a block says of itself: block.number, block.timestamp in seconds
// since 1970, and block.basefee in wei.
func (c *compiler) block(property *ast.StringNode) (node, error) {
	switch property.Value {
	case "number":
		c.dated = true
		return ofBlock(func(b ops.BlockRef) *big.Int { return new(big.Int).SetUint64(b.Number) }), nil
	case "timestamp":
		c.dated = true
		return ofBlock(func(b ops.BlockRef) *big.Int { return big.NewInt(b.Time.Unix()) }), nil
	case "basefee":
		return c.stateWord(baseFee, uint256Type, operand{}), nil
	default:
		return node{}, c.fail(property, "block.number, block.timestamp or block.basefee", "block has no %q", property.Value)
	}
}

func ofBlock(number func(ops.BlockRef) *big.Int) node {
	return node{kind: Number, eval: func(f *Frame) (Value, error) {
		at := f.At
		if at.Zero() {
			at = blockOf(f.Now)
		}
		if at.Zero() {
			return Value{}, errNoBlock
		}
		return NumberValue(new(big.Rat).SetInt(number(at))), nil
	}}
}

// blockOf is the block that the answers are of.
func blockOf(answers ops.Readings) ops.BlockRef {
	for _, a := range answers { // all that are answered are of one block
		if !a.At.Zero() {
			return a.At
		}
	}
	return ops.BlockRef{}
}

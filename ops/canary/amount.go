package canary

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// spent is what one block moved.
type spent struct {
	block  ops.BlockRef
	amount *big.Int
}

// unread is a block with an event that could not be read.
type unread struct {
	block ops.BlockRef
	why   string
}

// slack is how long an entry is kept beyond its interval: a reorg may take the
// clock back, and then it counts again.
const slack = time.Hour

// mostUnread bounds what is remembered of events that cannot be read: so many
// blocks of them say what one says.
const mostUnread = 256

// moved reads how much value an event moved. A negative amount moved as much as a
// positive one: taken with its sign, it would hide another.
func moved(f EventField, l ops.Log) (*big.Int, error) {
	v, err := calldata.Field(f.Event, l, f.Field)
	if err != nil {
		return nil, err
	}
	switch n := v.(type) {
	case *big.Int:
		return new(big.Int).Abs(n), nil
	case uint8:
		return big.NewInt(int64(n)), nil
	case uint16:
		return big.NewInt(int64(n)), nil
	case uint32:
		return big.NewInt(int64(n)), nil
	case uint64:
		return new(big.Int).SetUint64(n), nil
	case int8:
		return new(big.Int).Abs(big.NewInt(int64(n))), nil
	case int16:
		return new(big.Int).Abs(big.NewInt(int64(n))), nil
	case int32:
		return new(big.Int).Abs(big.NewInt(int64(n))), nil
	case int64:
		return new(big.Int).Abs(big.NewInt(n)), nil
	default:
		return nil, fmt.Errorf("%s is no number", f.Field)
	}
}

// user reads whose account an event names.
func user(f EventField, l ops.Log) (common.Address, error) {
	v, err := calldata.Field(f.Event, l, f.Field)
	if err != nil {
		return common.Address{}, err
	}
	a, ok := v.(common.Address)
	if !ok {
		return common.Address{}, fmt.Errorf("%s is no address", f.Field)
	}
	return a, nil
}

// noted adds a block to those with unreadable events, once.
func noted(list []unread, at ops.BlockRef, err error) []unread {
	if slices.ContainsFunc(list, func(u unread) bool { return u.block.Hash == at.Hash }) {
		return list
	}
	list = append(slices.Clone(list), unread{block: at, why: fmt.Sprintf("an event at #%d could not be read: %v", at.Number, err)})
	if len(list) > mostUnread {
		list = list[1:]
	}
	return list
}

// within reports whether a block still counts in the interval that ends at
// another.
func (c Canary) within(block, at ops.BlockRef) bool {
	return block.Time.After(at.Time.Add(-c.Interval))
}

// spentAt is what was moved in the interval that ends at the block, and why that
// may not be all.
func (c Canary) spentAt(s State, at ops.BlockRef) (*big.Int, string) {
	total := new(big.Int)
	for _, e := range s.ledger {
		if c.within(e.block, at) {
			total.Add(total, e.amount)
		}
	}
	for _, u := range s.unspent {
		if c.within(u.block, at) {
			return total, u.why
		}
	}
	return total, ""
}

package sealer

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core/txpool"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/miner"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Order is what a block holds: First, then what the public pool holds, then
// Last. First and Last must be valid; a pooled transaction that cannot be mined
// in this block stays in the pool.
type Order struct {
	At    time.Time // the block's time; no later than the parent's: one second after it
	First types.Transactions
	Last  types.Transactions
}

// Seal mines one block on top of the head and makes it the head.
func (c *Chain) Seal(ctx context.Context, o Order) (*types.Block, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	chain := c.eth.BlockChain()
	block, err := c.build(chain.CurrentBlock(), o)
	if err != nil {
		return nil, fmt.Errorf("building the drill's next block: %w", err)
	}
	// Not the caller's context: a block half inserted helps nobody.
	if _, err := chain.InsertBlockWithoutSetHead(context.WithoutCancel(ctx), block, false); err != nil {
		return nil, fmt.Errorf("inserting the drill's block %d: %w", block.NumberU64(), err)
	}
	if _, err := chain.SetCanonical(block); err != nil {
		return nil, fmt.Errorf("making the drill's block %d the head: %w", block.NumberU64(), err)
	}
	// Nothing is finalized: geth's freezer would move each block to its ancients,
	// and in memory it searches the whole database for each of them.
	return block, nil
}

// build makes the block with all of the pool or, where that cannot be mined as
// it is, with those senders of the pool that can.
func (c *Chain) build(parent *types.Header, o Order) (*types.Block, error) {
	pooled, err := c.pooled(parent)
	if err != nil {
		return nil, err
	}
	block, err := c.payload(parent, o.At, slices.Concat(o.First, slices.Concat(pooled...), o.Last))
	if err == nil || len(pooled) == 0 {
		return block, err
	}
	good := o.First
	for _, txs := range pooled {
		try := slices.Concat(good, txs)
		if _, err := c.payload(parent, o.At, slices.Concat(try, o.Last)); err == nil {
			good = try
		}
	}
	return c.payload(parent, o.At, slices.Concat(good, o.Last))
}

// pooled lists what the pool would have mined on top of parent, sender by
// sender; senders in the order of their addresses, so that equal pools give
// equal blocks.
func (c *Chain) pooled(parent *types.Header) ([]types.Transactions, error) {
	if err := c.eth.TxPool().Sync(); err != nil {
		return nil, fmt.Errorf("waiting for the transaction pool: %w", err)
	}
	fee := eip1559.CalcBaseFee(c.eth.BlockChain().Config(), parent)
	pending, _ := c.eth.TxPool().Pending(txpool.PendingFilter{})
	var all []types.Transactions
	for _, sender := range slices.SortedFunc(maps.Keys(pending), common.Address.Cmp) {
		var txs types.Transactions
		for _, lazy := range pending[sender] {
			tx := lazy.Resolve()
			if tx == nil || tx.GasFeeCapIntCmp(fee) < 0 {
				break // what follows it has a later nonce
			}
			txs = append(txs, tx)
		}
		all = append(all, txs)
	}
	return all, nil
}

// payload builds a block of exactly these transactions.
func (c *Chain) payload(parent *types.Header, at time.Time, txs types.Transactions) (*types.Block, error) {
	seconds := max(uint64(max(at.Unix(), 0)), parent.Time+1)
	args := &miner.BuildPayloadArgs{
		Parent:      parent.Hash(),
		Timestamp:   seconds,
		Random:      c.random(parent.Number.Uint64() + 1),
		BeaconRoot:  &common.Hash{},
		Withdrawals: types.Withdrawals{},
	}
	// With no transactions the miner would fill the block from the pool itself.
	block, _, err := c.eth.Miner().BuildTestingPayload(args, txs, len(txs) == 0, nil)
	return block, err
}

// random is PREVRANDAO of a block: keccak256(seed, number).
func (c *Chain) random(number uint64) common.Hash {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.BigEndian, []uint64{c.seed, number}) // to memory: cannot fail
	return crypto.Keccak256Hash(b.Bytes())
}

// Ref names a sealed block.
func (c *Chain) Ref(b *types.Block) ops.BlockRef { return c.ref(b.Header()) }

func (c *Chain) ref(h *types.Header) ops.BlockRef {
	return ops.BlockRef{
		Chain:  c.chain,
		Number: h.Number.Uint64(),
		Hash:   h.Hash(),
		Parent: h.ParentHash,
		Time:   time.Unix(int64(h.Time), 0).UTC(),
	}
}

func callMsg(m ops.Message) ethereum.CallMsg {
	return ethereum.CallMsg{From: m.From, To: &m.To, Data: m.Data, Value: m.Value, Gas: m.Gas}
}

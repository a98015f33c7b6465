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

// pooled lists what the pool can have mined on top of parent, sender by sender; senders in
// the order of their addresses, so that equal pools give equal blocks. What the pool holds
// back counts where it follows on what is mined: when a reset of the pool meets somebody's
// transactions of which it has taken up the first ones only, it leaves the others behind
// until their sender sends again (legacypool.runReorg).
func (c *Chain) pooled(parent *types.Header) ([]types.Transactions, error) {
	if err := c.eth.TxPool().Sync(); err != nil {
		return nil, fmt.Errorf("waiting for the transaction pool: %w", err)
	}
	state, err := c.eth.BlockChain().StateAt(parent.Root, parent.Number, parent.Time)
	if err != nil {
		return nil, fmt.Errorf("reading the state of the drill's head: %w", err)
	}
	fee := eip1559.CalcBaseFee(c.eth.BlockChain().Config(), parent)
	runnable, held := c.eth.TxPool().Content()
	for sender, txs := range held {
		runnable[sender] = append(runnable[sender], txs...)
	}
	var all []types.Transactions
	for _, sender := range slices.SortedFunc(maps.Keys(runnable), common.Address.Cmp) {
		next := state.GetNonce(sender)
		var txs types.Transactions
		for _, tx := range runnable[sender] { // by nonce: what is held follows what is not
			if tx.Nonce() != next || tx.GasFeeCapIntCmp(fee) < 0 {
				break // nothing after it can be mined
			}
			txs, next = append(txs, tx), next+1
		}
		if len(txs) > 0 {
			all = append(all, txs)
		}
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

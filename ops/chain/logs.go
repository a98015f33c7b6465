package chain

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// logWindow is how many blocks one range query asks for at most.
const logWindow = 5000

// maxLogs bounds the history that is kept in memory.
const maxLogs = 200_000

// headerBatch is how many headers one request asks for: public providers refuse
// longer batches.
const headerBatch = 100

// logsOf checks that the logs are of the block that was asked for, and turns
// them into ours, in the order of the block, each once.
func (c *Client) logsOf(at ops.BlockRef, logs []types.Log) ([]ops.Log, error) {
	out := make([]ops.Log, 0, len(logs))
	for _, l := range logs {
		if l.BlockHash != at.Hash || l.Removed {
			return nil, fmt.Errorf("provider %s: asked for the logs of block %s, got one of %s", c.endpoint.Name, at.Hash, l.BlockHash)
		}
		out = append(out, ops.Log{Block: at, Address: l.Address, Topics: l.Topics, Data: l.Data, Tx: l.TxHash, Index: l.Index})
	}
	return c.inOrder(out)
}

// inOrder sorts the logs and drops what was sent twice. Two different logs in
// one place are no duplicate but a lie, and dropping one would lose an event.
func (c *Client) inOrder(logs []ops.Log) ([]ops.Log, error) {
	slices.SortStableFunc(logs, func(a, b ops.Log) int {
		return cmp.Or(cmp.Compare(a.Block.Number, b.Block.Number), cmp.Compare(a.Index, b.Index))
	})
	for i := 1; i < len(logs); i++ {
		a, b := logs[i-1], logs[i]
		if a.Block.Number != b.Block.Number || a.Block.Hash == b.Block.Hash && a.Index != b.Index {
			continue
		}
		if a.Block.Hash != b.Block.Hash || a.Tx != b.Tx || a.Address != b.Address || !slices.Equal(a.Topics, b.Topics) || !bytes.Equal(a.Data, b.Data) {
			return nil, fmt.Errorf("provider %s: two different logs stand at index %d of block %d", c.endpoint.Name, b.Index, b.Block.Number)
		}
	}
	return slices.CompactFunc(logs, func(a, b ops.Log) bool { return a.Block.Hash == b.Block.Hash && a.Index == b.Index }), nil
}

// Logs reads the logs of the canonical blocks from..to. A window that the
// provider refuses is halved. The times of the blocks are read too, for a
// timelock counts from them.
func (c *Client) Logs(ctx context.Context, from, to uint64, filter Filter) ([]ops.Log, error) {
	var raw []types.Log
	window, patience := uint64(logWindow), 2
	for start := from; start <= to; {
		end := min(start+window-1, to)
		found, err := c.logRange(ctx, start, end, filter)
		if err != nil {
			if end == start || ctx.Err() != nil || !tooMuch(err, &patience) {
				return nil, err
			}
			window = max((end-start+1)/2, 1)
			continue
		}
		if raw = append(raw, found...); len(raw) > maxLogs {
			return nil, fmt.Errorf("provider %s: more than %d logs in blocks %d to %d: begin later (from_block)", c.endpoint.Name, maxLogs, from, end)
		}
		start = end + 1
	}
	return c.dated(ctx, raw)
}

// tooMuch reports whether a smaller window can help: the provider said no, or its
// answer was too long, or (a few times) it did not come in time. A provider that
// is gone is not asked thirteen times over.
func tooMuch(err error, patience *int) bool {
	var refused rpc.Error
	if errors.As(err, &refused) || errors.Is(err, ErrOversized) {
		return true
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	*patience--
	return *patience >= 0
}

func (c *Client) logRange(ctx context.Context, from, to uint64, filter Filter) ([]types.Log, error) {
	arg := filter.argument()
	arg["fromBlock"], arg["toBlock"] = hexutil.Uint64(from), hexutil.Uint64(to)
	var logs *[]types.Log
	var end *header // who does not have the last block has no logs of it either, and does not say so
	elems := []rpc.BatchElem{
		{Method: "eth_getBlockByNumber", Args: []any{hexutil.Uint64(to), false}, Result: &end},
		{Method: "eth_getLogs", Args: []any{arg}, Result: &logs},
	}
	if err := c.batch(ctx, elems); err != nil {
		return nil, err
	}
	for _, e := range elems {
		if e.Error != nil {
			return nil, fmt.Errorf("provider %s: logs of blocks %d to %d: %s: %w", c.endpoint.Name, from, to, e.Method, bounded(e.Error))
		}
	}
	if logs == nil || end == nil || end.Hash == (common.Hash{}) {
		return nil, fmt.Errorf("provider %s: logs of blocks %d to %d: %w", c.endpoint.Name, from, to, ErrNoBlock)
	}
	for _, l := range *logs {
		if l.BlockNumber < from || l.BlockNumber > to || l.Removed {
			return nil, fmt.Errorf("provider %s: asked for the logs of blocks %d to %d, got one of %d", c.endpoint.Name, from, to, l.BlockNumber)
		}
	}
	return *logs, nil
}

// dated gives each log its whole block reference.
func (c *Client) dated(ctx context.Context, raw []types.Log) ([]ops.Log, error) {
	var hashes []common.Hash
	blocks := map[common.Hash]ops.BlockRef{}
	for _, l := range raw {
		if _, ok := blocks[l.BlockHash]; !ok {
			blocks[l.BlockHash] = ops.BlockRef{}
			hashes = append(hashes, l.BlockHash)
		}
	}
	for part := range slices.Chunk(hashes, headerBatch) {
		answers := make([]*header, len(part))
		elems := make([]rpc.BatchElem, len(part))
		for i, hash := range part {
			elems[i] = rpc.BatchElem{Method: "eth_getBlockByHash", Args: []any{hash, false}, Result: &answers[i]}
		}
		if err := c.batch(ctx, elems); err != nil {
			return nil, err
		}
		for i, h := range answers {
			if elems[i].Error != nil || h == nil || h.Hash != part[i] {
				return nil, fmt.Errorf("provider %s: block %s of a log: %w", c.endpoint.Name, part[i], ErrNoBlock)
			}
			blocks[h.Hash] = h.ref(c.endpoint.Chain)
		}
	}
	out := make([]ops.Log, len(raw))
	for i, l := range raw {
		if blocks[l.BlockHash].Number != l.BlockNumber {
			return nil, fmt.Errorf("provider %s: a log of block %d names the hash of block %d", c.endpoint.Name, l.BlockNumber, blocks[l.BlockHash].Number)
		}
		out[i] = ops.Log{Block: blocks[l.BlockHash], Address: l.Address, Topics: l.Topics, Data: l.Data, Tx: l.TxHash, Index: l.Index}
	}
	return c.inOrder(out)
}

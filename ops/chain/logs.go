package chain

import (
	"cmp"
	"context"
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

// headerBatch is how many headers one request asks for: public providers refuse
// longer batches.
const headerBatch = 100

// logsOf checks that the logs are of the block that was asked for, and turns
// them into ours, in the order of the block, each once.
func (c *Client) logsOf(at ops.BlockRef, logs []types.Log) ([]ops.Log, error) {
	out := make([]ops.Log, 0, len(logs))
	for _, l := range logs {
		if l.BlockHash != at.Hash {
			return nil, fmt.Errorf("provider %s: asked for the logs of block %s, got one of %s", c.endpoint.Name, at.Hash, l.BlockHash)
		}
		out = append(out, ops.Log{Block: at, Address: l.Address, Topics: l.Topics, Data: l.Data, Tx: l.TxHash, Index: l.Index})
	}
	return inOrder(out), nil
}

func inOrder(logs []ops.Log) []ops.Log {
	slices.SortFunc(logs, func(a, b ops.Log) int {
		return cmp.Or(cmp.Compare(a.Block.Number, b.Block.Number), cmp.Compare(a.Index, b.Index))
	})
	return slices.CompactFunc(logs, func(a, b ops.Log) bool { return a.Block.Hash == b.Block.Hash && a.Index == b.Index })
}

// Logs reads the logs of the canonical blocks from..to. A window that the
// provider refuses is halved. The times of the blocks are read too, for a
// timelock counts from them.
func (c *Client) Logs(ctx context.Context, from, to uint64, filter Filter) ([]ops.Log, error) {
	var raw []types.Log
	window := uint64(logWindow)
	for start := from; start <= to; {
		end := min(start+window-1, to)
		found, err := c.logRange(ctx, start, end, filter)
		if err != nil {
			if window == 1 || ctx.Err() != nil {
				return nil, err
			}
			window = max(window/2, 1)
			continue
		}
		raw = append(raw, found...)
		start = end + 1
	}
	return c.dated(ctx, raw)
}

func (c *Client) logRange(ctx context.Context, from, to uint64, filter Filter) ([]types.Log, error) {
	arg := filter.argument()
	arg["fromBlock"], arg["toBlock"] = hexutil.Uint64(from), hexutil.Uint64(to)
	var logs []types.Log
	if err := c.call(ctx, &logs, "eth_getLogs", arg); err != nil {
		return nil, fmt.Errorf("provider %s: logs of blocks %d to %d: %w", c.endpoint.Name, from, to, err)
	}
	return logs, nil
}

// dated gives each log its whole block reference.
func (c *Client) dated(ctx context.Context, raw []types.Log) ([]ops.Log, error) {
	var hashes []common.Hash
	for _, l := range raw {
		if !slices.Contains(hashes, l.BlockHash) {
			hashes = append(hashes, l.BlockHash)
		}
	}
	blocks := make(map[common.Hash]ops.BlockRef, len(hashes))
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
		out[i] = ops.Log{Block: blocks[l.BlockHash], Address: l.Address, Topics: l.Topics, Data: l.Data, Tx: l.TxHash, Index: l.Index}
	}
	return inOrder(out), nil
}

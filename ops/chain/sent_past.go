package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// The bounds of history with transactions: whole blocks are read, some hundred
// kilobytes each. MostSentBlocks are 12 hours of 12 s; mostSentPast is what is kept of them.
const (
	MostSentBlocks = 3_600
	mostSentPast   = 64 << 20
	sentBatch      = 16 // blocks in one request, at first
)

// ErrTooMuchSent means that history with transactions is beyond the bounds.
var ErrTooMuchSent = errors.New("more history with transactions than is read back")

// Sent answers reads of transactions (ops.ReadSent, ops.ReadCreated) at each of the canonical blocks
// from..to, in their order. A request that the provider refuses is halved. The
// blocks follow each other, or it is an error.
func (c *Client) Sent(ctx context.Context, from, to uint64, reads []ops.Read) ([][]ops.Reading, error) {
	if from > to || len(reads) == 0 {
		return nil, nil
	}
	if to-from >= MostSentBlocks {
		return nil, fmt.Errorf("%w: %d blocks, and at most %d are", ErrTooMuchSent, to-from+1, MostSentBlocks)
	}
	var out [][]ops.Reading
	var parent common.Hash
	kept, window, patience := 0, uint64(sentBatch), 2
	for start := from; start <= to; {
		end := min(start+window-1, to)
		passes, err := c.sentRange(ctx, start, end, to, reads)
		if err != nil {
			if end == start || ctx.Err() != nil || !tooMuch(err, &patience) {
				return nil, err
			}
			window = max((end-start+1)/2, 1)
			continue
		}
		for _, p := range passes {
			if len(out) > 0 && p.at.Parent != parent {
				return nil, fmt.Errorf("provider %s: block %d does not follow the one before: the chain changed meanwhile", c.endpoint.Name, p.at.Number)
			}
			parent = p.at.Hash
			for _, r := range p.readings {
				kept += len(r.Data)
			}
			out = append(out, p.readings)
		}
		if kept > mostSentPast {
			return nil, fmt.Errorf("%w: over %d bytes from block %d to %d", ErrTooMuchSent, mostSentPast, from, end)
		}
		start = end + 1
	}
	return out, nil
}

// sentRange reads blocks with their transactions in one request. What stands where they
// created something is looked up at the last of all blocks, whose state more nodes have.
func (c *Client) sentRange(ctx context.Context, from, to, last uint64, reads []ops.Read) ([]*pass, error) {
	places := make([]int, len(reads))
	for i := range places {
		places[i] = i
	}
	bodies := make([]*body, to-from+1)
	elems := make([]rpc.BatchElem, len(bodies))
	for i := range bodies {
		number := hexutil.Uint64(from + uint64(i))
		bodies[i] = newPass(ops.BlockRef{}, reads).bodyFor(places)
		elems[i] = rpc.BatchElem{Method: "eth_getBlockByNumber", Args: []any{number, true}, Result: bodies[i]}
		if f := bodies[i].fates; f != nil { // after all blocks, in their order
			elems = append(elems, rpc.BatchElem{Method: receiptsMethod, Args: []any{number}, Result: f})
		}
	}
	if err := c.batch(ctx, elems); err != nil {
		return nil, err
	}
	passes := make([]*pass, len(bodies))
	for i, b := range bodies {
		number := from + uint64(i)
		if elems[i].Error != nil {
			return nil, fmt.Errorf("provider %s: block %d with its transactions: %w", c.endpoint.Name, number, bounded(elems[i].Error))
		}
		if uint64(b.Number) != number || b.Hash == (common.Hash{}) {
			return nil, fmt.Errorf("provider %s: block %d with its transactions: %w", c.endpoint.Name, number, ErrNoBlock)
		}
		if b.fates != nil {
			if failed := elems[len(bodies)+i].Error; failed != nil && len(bodies) > 1 && !unknownMethod(failed) {
				return nil, fmt.Errorf("provider %s: the receipts of block %d: %w", c.endpoint.Name, number, bounded(failed)) // fewer may do
			} else if failed != nil {
				b.fates.refused(failed)
			}
		}
		passes[i] = newPass(b.ref(c.endpoint.Chain), reads)
		if err := passes[i].sent(places, b); err != nil {
			return nil, err
		}
	}
	if err := c.created(ctx, hexutil.Uint64(last), passes, bodies); err != nil {
		return nil, fmt.Errorf("provider %s: blocks %d to %d: %w", c.endpoint.Name, from, to, err)
	}
	return passes, nil
}

// Sent is Client.Sent by a quorum, as Logs is.
func (p *Pool) Sent(ctx context.Context, from, to uint64, reads []ops.Read) ([][]ops.Reading, error) {
	return agree(ctx, p, true, fmt.Sprintf("the transactions of blocks %d to %d", from, to),
		func(c *Client) ([][]ops.Reading, error) { return c.Sent(ctx, from, to, reads) }, differently)
}

// differently says where two histories with transactions differ.
func differently(a, b [][]ops.Reading) string {
	for i := range min(len(a), len(b)) {
		for k, r := range a[i] {
			o := b[i][k]
			if r.At.Hash != o.At.Hash || r.Status != o.Status || !bytes.Equal(r.Data, o.Data) {
				return fmt.Sprintf("block %d: %s, %s", r.At.Number, told(r), told(o))
			}
		}
	}
	return ""
}

func told(r ops.Reading) string {
	if r.Status != ops.ReadOK {
		return r.Err
	}
	return shown(r)
}

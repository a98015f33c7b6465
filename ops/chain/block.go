package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrNoBlock means that the provider does not know the block.
var ErrNoBlock = errors.New("no such block")

// ErrNoState means that the provider has the block and no longer its state.
var ErrNoState = errors.New("the provider no longer has the state of the block: only an archive node does")

// Filter selects logs: any of the addresses, any of the first topics.
type Filter struct {
	Addresses []common.Address
	Topics    []common.Hash
}

func (f Filter) empty() bool { return len(f.Addresses) == 0 }

func (f Filter) argument() map[string]any {
	arg := map[string]any{"address": f.Addresses}
	if len(f.Topics) > 0 {
		arg["topics"] = []any{f.Topics}
	}
	return arg
}

// header is the part of a block header that is used here.
type header struct {
	Number     hexutil.Uint64 `json:"number"`
	Hash       common.Hash    `json:"hash"`
	ParentHash common.Hash    `json:"parentHash"`
	Time       hexutil.Uint64 `json:"timestamp"`
	BaseFee    *hexutil.Big   `json:"baseFeePerGas"`
}

// lastSecond is 9999-12-31T23:59:59Z: beyond it no journal can write a time down.
const lastSecond = 253402300799

func (h header) ref(id ops.ChainID) ops.BlockRef {
	return ops.BlockRef{
		Chain: id, Number: uint64(h.Number), Hash: h.Hash, Parent: h.ParentHash,
		Time: time.Unix(int64(min(uint64(h.Time), lastSecond)), 0).UTC(),
	}
}

// Latest is the provider's head.
func (c *Client) Latest(ctx context.Context) (ops.BlockRef, error) {
	return latest(ctx, c.http, c.endpoint)
}

// latestChecked is Latest of a provider that says, in the same request, that it
// still serves the right chain.
func (c *Client) latestChecked(ctx context.Context) (ops.BlockRef, error) {
	var id hexutil.Uint64
	var h *header
	elems := []rpc.BatchElem{
		{Method: "eth_chainId", Result: &id},
		{Method: "eth_getBlockByNumber", Args: []any{"latest", false}, Result: &h},
	}
	if err := c.batch(ctx, elems); err != nil {
		return ops.BlockRef{}, err
	}
	for _, e := range elems {
		if e.Error != nil {
			return ops.BlockRef{}, fmt.Errorf("provider %s: %s: %w", c.endpoint.Name, e.Method, bounded(e.Error))
		}
	}
	if err := rightChain(uint64(id), c.endpoint); err != nil {
		return ops.BlockRef{}, err
	}
	if h == nil || h.Hash == (common.Hash{}) {
		return ops.BlockRef{}, fmt.Errorf("provider %s: latest: %w", c.endpoint.Name, ErrNoBlock)
	}
	return h.ref(c.endpoint.Chain), nil
}

func latest(ctx context.Context, client *rpc.Client, e Endpoint) (ops.BlockRef, error) {
	var h *header
	if err := call(ctx, client, e.Timeout, &h, "eth_getBlockByNumber", "latest", false); err != nil {
		return ops.BlockRef{}, err
	}
	if h == nil || h.Hash == (common.Hash{}) {
		return ops.BlockRef{}, fmt.Errorf("provider %s: latest: %w", e.Name, ErrNoBlock)
	}
	return h.ref(e.Chain), nil
}

// Header is the block with the hash.
func (c *Client) Header(ctx context.Context, hash common.Hash) (ops.BlockRef, error) {
	var h *header
	if err := c.call(ctx, &h, "eth_getBlockByHash", hash, false); err != nil {
		return ops.BlockRef{}, err
	}
	if h == nil || h.Hash != hash {
		return ops.BlockRef{}, fmt.Errorf("provider %s: block %s: %w", c.endpoint.Name, hash, ErrNoBlock)
	}
	return h.ref(c.endpoint.Chain), nil
}

// Canonical is the block at a height of the chain as it is now.
func (c *Client) Canonical(ctx context.Context, number uint64) (ops.BlockRef, error) {
	refs, err := c.headers(ctx, number, number)
	if err != nil {
		return ops.BlockRef{}, err
	}
	return refs[0], nil
}

// Blocks are the canonical blocks from..to, as they are now: as many as one request asks
// for, at least one. They link to each other unless the chain was rewritten meanwhile.
func (c *Client) Blocks(ctx context.Context, from, to uint64) ([]ops.BlockRef, error) {
	return c.headers(ctx, from, min(to, from+headerBatch-1))
}

// headers reads the canonical blocks from..to in one request.
func (c *Client) headers(ctx context.Context, from, to uint64) ([]ops.BlockRef, error) {
	answers := make([]*header, to-from+1)
	elems := make([]rpc.BatchElem, len(answers))
	for i := range elems {
		elems[i] = rpc.BatchElem{Method: "eth_getBlockByNumber", Args: []any{hexutil.Uint64(from + uint64(i)), false}, Result: &answers[i]}
	}
	if err := c.batch(ctx, elems); err != nil {
		return nil, err
	}
	refs := make([]ops.BlockRef, len(answers))
	for i, h := range answers {
		if elems[i].Error != nil {
			return nil, fmt.Errorf("provider %s: block %d: %w", c.endpoint.Name, from+uint64(i), bounded(elems[i].Error))
		}
		if h == nil || uint64(h.Number) != from+uint64(i) || h.Hash == (common.Hash{}) {
			return nil, fmt.Errorf("provider %s: block %d: %w", c.endpoint.Name, from+uint64(i), ErrNoBlock)
		}
		refs[i] = h.ref(c.endpoint.Chain)
	}
	return refs, nil
}

package chain

import (
	"bytes"
	"context"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Repeat executes calls once more on top of a block, each by itself, in one request:
// nothing is sent. An outcome that is not OK and has no reason is not known: the
// provider would not say. It answers one for each call, in their order.
func (c *Client) Repeat(ctx context.Context, at ops.BlockRef, messages []ops.Message) ([]ops.Outcome, error) {
	answers := make([]hexutil.Bytes, len(messages))
	elems := make([]rpc.BatchElem, len(messages))
	for i, m := range messages {
		elems[i] = rpc.BatchElem{Method: "eth_call", Args: []any{message(m), pinned(at)}, Result: &answers[i]}
	}
	if err := c.batch(ctx, elems); err != nil {
		return nil, err
	}
	out := make([]ops.Outcome, len(messages))
	for i, e := range elems {
		data, reverted := revertOf(e)
		switch {
		case reverted:
			out[i] = ops.Outcome{Data: bytes.Clone(data), Reason: RevertReason(data)}
		case e.Error == nil:
			out[i] = ops.Outcome{OK: true}
		case ranOut(e.Error):
			out[i] = ops.Outcome{Reason: "out of gas"}
		}
	}
	return out, nil
}

package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// tracing is how a provider tells of the calls inside transactions.
type tracing int32

// The tracings, in the order in which they are tried.
const (
	byCallTracer tracing = iota // debug_traceBlockByHash with callTracer: geth, Erigon, Nethermind, anvil
	byParity                    // trace_block: OpenEthereum's, Erigon, Nethermind, reth
	byNone
)

// innerPatience is how long the calls inside a block's transactions are waited for:
// everything else of the block waits with them.
const innerPatience = 2 * time.Second

// traceAgain is after how many blocks a provider that could not trace is asked again.
const traceAgain = 1024

// apart are the reads of what happens inside transactions, and all others.
func apart(reads []ops.Read) (inner, others []ops.Read) {
	for _, r := range reads {
		if r.Kind.Traced() {
			inner = append(inner, r)
		} else {
			others = append(others, r)
		}
	}
	return inner, others
}

// withInner reads a block and what happens inside its transactions side by side. The answers
// are in the order of the reads.
func (c *Client) withInner(ctx context.Context, at ops.BlockRef, reads []ops.Read, filter Filter) ([]ops.Reading, []ops.Log, error) {
	inner, others := apart(reads)
	told := make(chan []ops.Reading, 1)
	go func() { told <- c.inner(ctx, at, inner) }() // waited for below
	readings, logs, err := c.readBlock(ctx, at, others, filter)
	calls := <-told
	if err != nil {
		return nil, nil, err
	}
	out := make([]ops.Reading, len(reads))
	for i, r := range reads {
		from := &readings
		if r.Kind.Traced() {
			from = &calls
		}
		out[i], *from = (*from)[0], (*from)[1:]
	}
	return out, logs, nil
}

// inner answers reads of what happens inside transactions, each by itself.
func (c *Client) inner(ctx context.Context, at ops.BlockRef, reads []ops.Read) []ops.Reading {
	p := newPass(at, reads)
	found := newFinder()
	for _, r := range reads {
		found.look(r)
	}
	status := ops.ReadNotRun
	err := c.trace(ctx, at, found)
	if errors.Is(err, errUntraceable) {
		status = ops.ReadUnable
	}
	for i, r := range reads {
		switch {
		case err != nil:
			p.answer(i, status, nil, bounded(err).Error())
		case r.Kind == ops.ReadInner:
			p.answer(i, ops.ReadOK, calldata.Record(found.to[r.To]), "")
		case found.hidden != nil:
			p.refuse(i, "%s", found.hidden)
		default:
			p.answer(i, ops.ReadOK, calldata.RecordCreations(found.holding[r.To]), "")
		}
	}
	return p.readings
}

// errUntraceable means that the provider has no means to tell of inner calls.
var errUntraceable = errors.New("the provider does not trace: calls inside transactions are not seen (debug_traceBlockByHash, trace_block)")

// trace finds what is looked for inside the block's transactions. The hashes of these come
// in the same request: a trace must be of each of them.
func (c *Client) trace(ctx context.Context, at ops.BlockRef, found *finder) error {
	by := tracing(c.traces.Load())
	if by == byNone {
		if c.untraced.Add(1)%traceAgain != 0 {
			return errUntraceable
		}
		by = byCallTracer
	}
	ctx, cancel := context.WithTimeout(ctx, innerPatience)
	defer cancel()
	for ; by < byNone; by++ {
		t := traced{by: by}
		var block *listed
		elems := []rpc.BatchElem{
			{Method: "eth_getBlockByHash", Args: []any{at.Hash, false}, Result: &block},
			{Method: by.method(), Args: by.arguments(at), Result: &t},
		}
		if err := c.batch(ctx, elems); err != nil {
			return fmt.Errorf("the calls inside the block: %w", err)
		}
		switch failed := elems[1].Error; {
		case failed != nil && unavailable(failed):
			continue
		case failed != nil && block != nil && block.Hash == at.Hash && len(block.Transactions) == 0:
			return nil // a genesis is not traced, and there is nothing in it
		case failed != nil:
			return fmt.Errorf("the calls inside the block: %s: %w", by.method(), bounded(failed))
		case elems[0].Error != nil:
			return fmt.Errorf("the calls inside the block: %w", bounded(elems[0].Error))
		case block == nil || block.Hash != at.Hash:
			return fmt.Errorf("the calls inside the block: %w", ErrNoBlock)
		}
		c.traces.Store(int32(by))
		return t.find(at.Hash, block.Transactions, found)
	}
	c.traces.Store(int32(byNone))
	return errUntraceable
}

// listed is a block with the hashes of its transactions.
type listed struct {
	Hash         common.Hash   `json:"hash"`
	Transactions []common.Hash `json:"transactions"`
}

func (by tracing) method() string {
	return [...]string{"debug_traceBlockByHash", "trace_block"}[by]
}

func (by tracing) arguments(at ops.BlockRef) []any {
	if by == byParity {
		return []any{hexutil.Uint64(at.Number)} // it takes no hash; each trace says of which block it is
	}
	return []any{at.Hash, map[string]any{"tracer": "callTracer", "timeout": innerPatience.String()}}
}

// unavailable reports whether a provider does not have a method, or not for us: many that
// sell access say it in words alone.
func unavailable(err error) bool {
	if unknownMethod(err) {
		return true
	}
	text := strings.ToLower(err.Error())
	for _, words := range []string{"does not exist", "not available", "not supported", "unsupported method", "not allowed", "not whitelisted", "not enabled", "upgrade your plan"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// traced decodes what a tracing answers, strictly bounded: raw until it is known how long
// it is.
type traced struct {
	by  tracing
	raw json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *traced) UnmarshalJSON(raw []byte) error {
	t.raw = append(json.RawMessage(nil), raw...)
	return nil
}

package chain

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostStuck bounds the requests of one block that bring nothing: a provider that
// answers ever less must not hold the next block up.
const mostStuck = 12

// mostRequests bounds them all, also those that bring little: a thousand reads one by
// one are none.
const mostRequests = 56

// ReadBlock answers the reads and finds the logs of one block, in one HTTP request
// as far as the provider's gas and body limits allow, and in as few as they do
// where not. All of it is pinned to the block's hash. The error is the provider's;
// a read that failed by itself carries its own, and spoils only what is made of
// it.
//
// What happens inside transactions (ops.ReadInner, ops.ReadInnerCreated) has a request of their own beside it, for a
// node executes the block once more to tell them: what it says of them, or does not,
// spoils nothing else.
func (c *Client) ReadBlock(ctx context.Context, at ops.BlockRef, reads []ops.Read, filter Filter) ([]ops.Reading, []ops.Log, error) {
	if slices.ContainsFunc(reads, func(r ops.Read) bool { return r.Kind.Traced() }) {
		return c.withInner(ctx, at, reads, filter)
	}
	return c.readBlock(ctx, at, reads, filter)
}

func (c *Client) readBlock(ctx context.Context, at ops.BlockRef, reads []ops.Read, filter Filter) ([]ops.Reading, []ops.Log, error) {
	c.recover()
	p := newPass(at, reads)
	logs, err := c.ask(ctx, p, filter)
	for n, stuck, left := 1, 0, p.left; err == nil && p.left > 0 && stuck < mostStuck && n < mostRequests; n, left = n+1, p.left {
		if _, err = c.ask(ctx, p, Filter{}); p.left == left {
			stuck++ // shorter, by other means, or not at all
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("provider %s: block %d: %w", c.endpoint.Name, at.Number, err)
	}
	return p.readings, logs, nil
}

// Read is ReadBlock without logs.
func (c *Client) Read(ctx context.Context, at ops.BlockRef, reads []ops.Read) ([]ops.Reading, error) {
	readings, _, err := c.ReadBlock(ctx, at, reads, Filter{})
	return readings, err
}

// ask sends one request for what is left of the pass, and for the logs.
func (c *Client) ask(ctx context.Context, p *pass, filter Filter) ([]ops.Log, error) {
	by := Means(c.means.Load())
	q := p.question(by, c.limits.entries())
	calls := q.calls()
	answers := make([]hexutil.Bytes, len(calls))
	var elems []rpc.BatchElem
	for i, a := range calls {
		elems = append(elems, rpc.BatchElem{Method: "eth_call", Args: a.arguments(by, p.at), Result: &answers[i]})
	}
	var logs *[]types.Log // nil once null was answered: not knowing is not "no logs"
	if !filter.empty() {
		arg := filter.argument()
		arg["blockHash"] = p.at.Hash
		elems = append(elems, rpc.BatchElem{Method: "eth_getLogs", Args: []any{arg}, Result: &logs})
	}
	head := p.bodyFor(q.sent)
	if len(q.fees)+len(q.sent) > 0 {
		elems = append(elems, rpc.BatchElem{Method: "eth_getBlockByHash", Args: []any{p.at.Hash, len(q.sent) > 0}, Result: head})
	}
	if head.fates != nil {
		elems = append(elems, rpc.BatchElem{Method: receiptsMethod, Args: []any{p.at.Hash}, Result: head.fates})
	}
	shared, own := len(elems), p.plainCalls(q.plain, by)
	for _, call := range own {
		elems = append(elems, call.elems...)
	}
	if len(elems) == 0 {
		return nil, nil
	}
	if err := c.batch(ctx, elems); err != nil {
		if len(q.sent) > 0 && tooLong(err) {
			if fated := p.fated(q.sent); len(fated) > 0 {
				q.sent = fated // what needs receipts first: they are the longest
			}
			p.unsent(q.sent, err)
			return c.ask(ctx, p, filter)
		}
		if filter.empty() && tooLong(err) && c.limits.shrink(calls) {
			return nil, nil // the next round asks for less
		}
		return nil, err
	}
	for _, e := range elems[len(calls):shared] {
		switch {
		case e.Error == nil:
		case e.Result == head && len(q.sent) > 0 && missing(e.Error) == nil:
			p.unsent(q.sent, e.Error)
			q.fees, q.sent = nil, nil // the next round asks for the header alone
		case e.Method == receiptsMethod: // nothing else suffers
			head.fates.refused(e.Error)
		default:
			return nil, fmt.Errorf("%s: %w", e.Method, bounded(e.Error))
		}
	}
	for i, a := range calls {
		if err := c.take(p, by, a, elems[i].Error, answers[i]); err != nil {
			return nil, err
		}
	}
	if err := p.takePlain(own, elems[shared:]); err != nil {
		return nil, err
	}
	if len(q.fees) > 0 {
		if err := p.baseFee(q.fees, head.header); err != nil {
			return nil, err
		}
	}
	if len(q.sent) > 0 {
		if err := p.sent(q.sent, head); err != nil {
			return nil, err
		}
		if err := c.created(ctx, pinned(p.at), []*pass{p}, []*body{head}); err != nil {
			return nil, err
		}
	}
	if filter.empty() {
		return nil, nil
	}
	if logs == nil {
		return nil, fmt.Errorf("the logs: %w", ErrNoBlock)
	}
	return c.logsOf(p.at, *logs)
}

// take settles what one aggregated call answered. When the provider does not know
// the means, or refused the length, the next round asks otherwise.
func (c *Client) take(p *pass, by Means, a *aggregate, failed error, answer []byte) error {
	results, err := a.results(by, answer, failed)
	switch {
	case err == nil:
		c.limits.answered(a)
		p.settle(a.entries, results)
		return nil
	case failed != nil && missing(failed) != nil:
		err = fmt.Errorf("%w: %w", missing(failed), bounded(err))
	case (unfit(err) || by > ByOverride) && c.lower(by):
		return nil
	case !errors.Is(err, errAggregate) && c.limits.shrink([]*aggregate{a}):
		return nil
	}
	return fmt.Errorf("eth_call: %w", bounded(err))
}

// baseFee settles what the header says.
func (p *pass) baseFee(reads []int, h header) error {
	if h.Hash != p.at.Hash {
		return fmt.Errorf("the header: %w", ErrNoBlock)
	}
	for _, i := range reads {
		fee := (*big.Int)(h.BaseFee)
		if fee == nil || fee.Sign() < 0 || fee.BitLen() > 256 {
			p.refuse(i, "the header names no base fee")
			continue
		}
		p.answer(i, ops.ReadOK, common.LeftPadBytes(fee.Bytes(), common.HashLength), "")
	}
	return nil
}

// pinned names a block by hash (EIP-1898) and refuses it once orphaned.
func pinned(at ops.BlockRef) map[string]any {
	return map[string]any{"blockHash": at.Hash, "requireCanonical": true}
}

// tooLong reports whether the provider refused the request for its length.
func tooLong(err error) bool {
	var refused rpc.HTTPError
	return errors.As(err, &refused) && refused.StatusCode == http.StatusRequestEntityTooLarge || errors.Is(err, ErrOversized)
}

// missing says whether the provider does not have the block (ErrNoBlock) or its
// state (ErrNoState): then a shorter question is no better. Providers say it in
// words alone; a word that is not known here costs a few requests, never an answer.
func missing(err error) error {
	text := strings.ToLower(err.Error())
	for word, what := range map[string]error{
		"header not found": ErrNoBlock, "not currently canonical": ErrNoBlock, "unknown block": ErrNoBlock, "block not found": ErrNoBlock,
		"missing trie node": ErrNoState, "pruned": ErrNoState, "state not available": ErrNoState, "historical state": ErrNoState,
	} {
		if strings.Contains(text, word) {
			return what
		}
	}
	return nil
}

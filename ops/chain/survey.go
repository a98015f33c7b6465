package chain

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostSurveyed bounds the entries of one request of a survey: nodes refuse batches
// of more than a thousand.
const mostSurveyed = 900

// funds is what a survey asks of an account.
type funds struct {
	nonce, pending hexutil.Uint64
	balance        hexutil.Big
}

// Survey runs several trials, each on top of its own block and none seeing another,
// and reads accounts as Account does: all in one request, unless there are very many.
func (c *Client) Survey(ctx context.Context, s ops.Survey) (ops.SurveyResult, error) {
	simulations := make([]*simulation, len(s.Trials))
	purses := make([]funds, len(s.Accounts))
	var head *header
	var tip hexutil.Big
	var elems []rpc.BatchElem
	for i, t := range s.Trials {
		simulations[i] = &simulation{trial: t}
		elems = append(elems, simulations[i].ask())
	}
	for i, a := range s.Accounts {
		elems = append(elems,
			rpc.BatchElem{Method: "eth_getTransactionCount", Args: []any{a, "latest"}, Result: &purses[i].nonce},
			rpc.BatchElem{Method: "eth_getTransactionCount", Args: []any{a, "pending"}, Result: &purses[i].pending},
			rpc.BatchElem{Method: "eth_getBalance", Args: []any{a, "latest"}, Result: &purses[i].balance})
	}
	elems = append(elems,
		rpc.BatchElem{Method: "eth_getBlockByNumber", Args: []any{"latest", false}, Result: &head},
		rpc.BatchElem{Method: "eth_maxPriorityFeePerGas", Result: &tip})
	for from := 0; from < len(elems); from += mostSurveyed {
		if err := c.batch(ctx, elems[from:min(from+mostSurveyed, len(elems))]); err != nil {
			return ops.SurveyResult{}, err
		}
	}
	out := ops.SurveyResult{Trials: make([]ops.TrialResult, len(s.Trials)), Failed: make([]error, len(s.Trials)), Accounts: map[common.Address]ops.Account{}}
	for i, sim := range simulations {
		out.Trials[i], out.Failed[i] = sim.result(c.endpoint.Name, bounded(elems[i].Error))
	}
	rest := elems[len(s.Trials):]
	for _, e := range rest[:len(rest)-1] {
		if e.Error != nil {
			return ops.SurveyResult{}, fmt.Errorf("provider %s: %s: %w", c.endpoint.Name, e.Method, bounded(e.Error))
		}
	}
	if head == nil || head.BaseFee == nil {
		return ops.SurveyResult{}, fmt.Errorf("provider %s: the head has no base fee: chains without EIP-1559 are not supported", c.endpoint.Name)
	}
	if rest[len(rest)-1].Error != nil { // not in every provider: a gwei is what wallets offer
		tip = hexutil.Big(*big.NewInt(1e9))
	}
	for i, a := range s.Accounts {
		p := purses[i]
		out.Accounts[a] = ops.Account{Nonce: uint64(p.nonce), Pending: uint64(p.pending), Balance: p.balance.ToInt(), BaseFee: head.BaseFee.ToInt(), Tip: tip.ToInt()}
	}
	return out, nil
}

// Account reads, in one request, what has to be known of a signer before it can
// send.
func (c *Client) Account(ctx context.Context, address common.Address) (ops.Account, error) {
	found, err := c.Survey(ctx, ops.Survey{Accounts: []common.Address{address}})
	return found.Accounts[address], err
}

// Survey is Client.Survey at the first provider that answers.
func (p *Pool) Survey(ctx context.Context, s ops.Survey) (ops.SurveyResult, error) {
	return first(ctx, p, func(c *Client) (ops.SurveyResult, error) { return c.Survey(ctx, s) })
}

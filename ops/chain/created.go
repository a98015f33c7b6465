package chain

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

const (
	// mostCreated bounds the contracts that one block's transactions create. Each costs
	// 53,000 gas at least (EIP-2): 1,132 of 60 million. How long their codes are bounds the
	// length of the block, and of an answer.
	mostCreated = 2_000
	// createdBatch is how many of them one request asks about, two questions each.
	createdBatch = plainBatch / 2
)

// creations are the contracts that a block's transactions create, for those who look for
// addresses in them; or why they are not known.
type creations struct {
	sought []common.Address
	made   []creation
	why    error
}

// creation is one of them: the sought that stand in its init code, and in the code that
// stands there afterwards, or why that is not known. The bytes themselves are not kept.
type creation struct {
	ops.Creation
	block          common.Hash
	inInit, inCode []common.Address
	failed         bool
	why            error
}

// look adds an address to those that are sought.
func (c *creations) look(a common.Address) {
	if !slices.Contains(c.sought, a) {
		c.sought = append(c.sought, a)
	}
}

// keep takes in a transaction that creates. What cannot be read spoils creations alone.
func (c *creations) keep(t transaction, n uint64) {
	var init hexutil.Bytes
	switch {
	case len(c.sought) == 0 || c.why != nil:
		return
	case len(c.made) == mostCreated:
		c.why = fmt.Errorf("the block creates more than %d contracts", mostCreated)
	case t.From == nil || t.Nonce == nil:
		c.why = fmt.Errorf("transaction %d creates, and does not say whose or under which nonce", n)
	case json.Unmarshal(t.Input, &init) != nil:
		c.why = fmt.Errorf("transaction %d creates, and its init code cannot be read", n)
	default:
		c.made = append(c.made, creation{
			Creation: ops.Creation{Tx: *t.Hash, Index: n, From: *t.From, By: *t.From, Contract: crypto.CreateAddress(*t.From, uint64(*t.Nonce))},
			block:    *t.Block, inInit: among(c.sought, init),
		})
	}
}

// among are those of some addresses whose 20 bytes stand in some code, wherever.
func among(sought []common.Address, code []byte) (found []common.Address) {
	for _, a := range sought {
		if bytes.Contains(code, a[:]) {
			found = append(found, a)
		}
	}
	return found
}

// outcome is what a provider says of a creation afterwards: what stands there, and how the
// transaction ended.
type outcome struct {
	code    hexutil.Bytes
	receipt *struct {
		Block    *common.Hash    `json:"blockHash"`
		Tx       *common.Hash    `json:"transactionHash"`
		Status   *hexutil.Uint64 `json:"status"`
		Contract *common.Address `json:"contractAddress"`
	}
}

// created settles the reads of creations of some blocks that came, each pass by its body:
// with a request more where a transaction creates, and none else. pin is the block whose
// state tells what stands there. The error is the provider's.
func (c *Client) created(ctx context.Context, pin any, passes []*pass, bodies []*body) error {
	var open []*creation
	var sought []common.Address
	for i, b := range bodies {
		made := &b.Transactions.made
		if len(made.sought) == 0 || !passes[i].creating() {
			continue
		}
		sought = made.sought
		for n := range made.made {
			open = append(open, &made.made[n])
		}
	}
	for some := range slices.Chunk(open, createdBatch) {
		err := c.outcomes(ctx, pin, some, sought)
		if err != nil && !tooLong(err) {
			return err
		}
		for _, x := range some {
			x.why = cmp.Or(x.why, bounded(err))
		}
	}
	for i, p := range passes {
		p.creations(bodies[i])
	}
	return nil
}

// outcomes asks what became of some creations.
func (c *Client) outcomes(ctx context.Context, pin any, some []*creation, sought []common.Address) error {
	told := make([]outcome, len(some))
	var elems []rpc.BatchElem
	for i, x := range some {
		elems = append(elems,
			rpc.BatchElem{Method: "eth_getCode", Args: []any{x.Contract, pin}, Result: &told[i].code},
			rpc.BatchElem{Method: "eth_getTransactionReceipt", Args: []any{x.Tx}, Result: &told[i].receipt})
	}
	if err := c.batch(ctx, elems); err != nil {
		return err
	}
	for i, x := range some {
		failed, untold := elems[2*i].Error, elems[2*i+1].Error
		if failed != nil && errors.Is(missing(failed), ErrNoBlock) {
			return fmt.Errorf("what stands at %s: %w", x.Contract, ErrNoBlock)
		}
		if x.why = bounded(failed); failed == nil {
			x.inCode = among(sought, told[i].code)
			x.failed, x.why = told[i].end(x, untold)
		}
	}
	return nil
}

// end says whether a creation failed. Where code stands it did not; where none does, and
// none of the sought is in its init code, it does not matter: else the receipt tells.
func (o outcome) end(x *creation, untold error) (failed bool, err error) {
	r := o.receipt
	known := untold == nil && r != nil && r.Status != nil && r.Block != nil && *r.Block == x.block && r.Tx != nil && *r.Tx == x.Tx
	switch {
	case known && *r.Status == 1 && r.Contract != nil && *r.Contract != x.Contract:
		return false, fmt.Errorf("transaction %s created %s, and not %s as its sender and nonce say", x.Tx, r.Contract, x.Contract)
	case len(o.code) > 0 || len(x.inInit) == 0:
		return false, nil
	case !known:
		return false, fmt.Errorf("whether transaction %s failed is not known: its receipt does not tell", x.Tx)
	}
	return *r.Status != 1, nil
}

// creating reports whether a read of creations is not settled yet.
func (p *pass) creating() bool {
	for i, r := range p.readings {
		if r.Read.Kind == ops.ReadCreated && !p.answered[i] {
			return true
		}
	}
	return false
}

// creations settles the reads of creations by what became of them.
func (p *pass) creations(b *body) {
	if len(b.Transactions.made.sought) == 0 {
		return
	}
	for i, r := range p.readings {
		if r.Read.Kind != ops.ReadCreated || p.answered[i] {
			continue
		}
		var held []ops.Creation
		var why error
		for _, x := range b.Transactions.made.made {
			if where := x.holds(r.Read.To); where != 0 && !x.failed {
				x.Where = where
				held = append(held, x.Creation)
			}
			if x.why != nil && why == nil {
				why = fmt.Errorf("the contract that transaction %d creates: %w", x.Index, x.why)
			}
		}
		if why != nil {
			p.refuse(i, "%s", why)
			continue
		}
		p.answer(i, ops.ReadOK, calldata.RecordCreations(held), "")
	}
}

// holds says where an address stands in it.
func (x creation) holds(a common.Address) (where ops.Holding) {
	if slices.Contains(x.inInit, a) {
		where |= ops.HeldByInit
	}
	if slices.Contains(x.inCode, a) {
		where |= ops.HeldByCode
	}
	return where
}

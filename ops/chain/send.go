package chain

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Send hands a signed transaction to the provider, once. An error does not mean
// that it was not accepted: ask Inclusion and Known by its hash.
func (c *Client) Send(ctx context.Context, raw []byte) error {
	var hash common.Hash
	ctx, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	// a single request, for private relays know no batches
	if err := c.http.CallContext(ctx, &hash, "eth_sendRawTransaction", hexutil.Bytes(raw)); err != nil {
		return fmt.Errorf("eth_sendRawTransaction: %w", bounded(err))
	}
	return nil
}

// CheckRelay is CheckChain in a single request, for private relays know no batches.
func (c *Client) CheckRelay(ctx context.Context) error {
	var id hexutil.Uint64
	ctx, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	if err := c.http.CallContext(ctx, &id, "eth_chainId"); err != nil {
		return fmt.Errorf("eth_chainId: %w", bounded(err))
	}
	return rightChain(uint64(id), c.endpoint)
}

// Known reports whether the provider has seen the transaction, mined or not.
func (c *Client) Known(ctx context.Context, hash common.Hash) (bool, error) {
	var tx *struct {
		Hash common.Hash `json:"hash"`
	}
	if err := c.call(ctx, &tx, "eth_getTransactionByHash", hash); err != nil {
		return false, err
	}
	return tx != nil && tx.Hash == hash, nil
}

// errNoMessage means that there is no such call to try again.
var errNoMessage = errors.New("it is not known or creates a contract")

// sentMessage is a transaction as a provider shows it.
type sentMessage struct {
	Hash  common.Hash     `json:"hash"`
	From  common.Address  `json:"from"`
	To    *common.Address `json:"to"`
	Input hexutil.Bytes   `json:"input"`
	Value *hexutil.Big    `json:"value"`
}

// Message reads what a mined transaction did, so that it can be tried again.
func (c *Client) Message(ctx context.Context, hash common.Hash) (ops.Message, error) {
	found, err := c.Messages(ctx, []common.Hash{hash})
	if err != nil {
		return ops.Message{}, err
	}
	m, ok := found[hash]
	if !ok {
		return ops.Message{}, fmt.Errorf("provider %s: transaction %s: %w", c.endpoint.Name, hash, errNoMessage)
	}
	return m, nil
}

// Messages is Message of several transactions, in one request. Those that are not known
// or create a contract are left out.
func (c *Client) Messages(ctx context.Context, hashes []common.Hash) (map[common.Hash]ops.Message, error) {
	answers := make([]*sentMessage, len(hashes))
	elems := make([]rpc.BatchElem, len(hashes))
	for i, hash := range hashes {
		elems[i] = rpc.BatchElem{Method: "eth_getTransactionByHash", Args: []any{hash}, Result: &answers[i]}
	}
	if err := c.batch(ctx, elems); err != nil {
		return nil, err
	}
	out := map[common.Hash]ops.Message{}
	for i, tx := range answers {
		if elems[i].Error != nil {
			return nil, fmt.Errorf("provider %s: transaction %s: %w", c.endpoint.Name, hashes[i], bounded(elems[i].Error))
		}
		if tx != nil && tx.Hash == hashes[i] && tx.To != nil {
			out[hashes[i]] = ops.Message{From: tx.From, To: *tx.To, Data: tx.Input, Value: tx.Value.ToInt()}
		}
	}
	return out, nil
}

// Inclusion finds the block that holds the transaction; nil while there is none.
func (c *Client) Inclusion(ctx context.Context, hash common.Hash) (*ops.Inclusion, error) {
	var r *struct {
		TxHash    common.Hash     `json:"transactionHash"`
		BlockHash common.Hash     `json:"blockHash"`
		Status    *hexutil.Uint64 `json:"status"`
		GasUsed   hexutil.Uint64  `json:"gasUsed"`
	}
	if err := c.call(ctx, &r, "eth_getTransactionReceipt", hash); err != nil {
		return nil, err
	}
	if r == nil || r.BlockHash == (common.Hash{}) {
		return nil, nil
	}
	if r.TxHash != hash {
		return nil, fmt.Errorf("provider %s: asked for the receipt of %s, got that of %s", c.endpoint.Name, hash, r.TxHash)
	}
	if r.Status == nil {
		return nil, fmt.Errorf("provider %s: the receipt of %s does not say whether it succeeded", c.endpoint.Name, hash)
	}
	block, err := c.Header(ctx, r.BlockHash)
	if err != nil {
		return nil, err
	}
	return &ops.Inclusion{Block: block, OK: *r.Status == 1, Gas: uint64(r.GasUsed)}, nil
}

// CodeHash is the hash of the code that runs at an address: for a proxy, that of
// its implementation.
func (c *Client) CodeHash(ctx context.Context, at ops.BlockRef, address common.Address, proxy bool) (common.Hash, error) {
	if proxy {
		var word common.Hash
		if err := c.call(ctx, &word, "eth_getStorageAt", address, ops.ImplementationSlot, pinned(at)); err != nil {
			return common.Hash{}, err
		}
		address = common.BytesToAddress(word[12:])
	}
	readings, err := c.Read(ctx, at, []ops.Read{{Kind: ops.ReadCode, To: address, Name: "codehash(" + address.Hex() + ")"}})
	if err != nil {
		return common.Hash{}, err
	}
	if readings[0].Status != ops.ReadOK || len(readings[0].Data) < 32 {
		return common.Hash{}, fmt.Errorf("provider %s: the code hash of %s: %s", c.endpoint.Name, address.Hex(), readings[0].Err)
	}
	hash := common.BytesToHash(readings[0].Data[:32])
	if hash == (common.Hash{}) || hash == types.EmptyCodeHash {
		return common.Hash{}, fmt.Errorf("provider %s: there is no code at %s", c.endpoint.Name, address.Hex())
	}
	return hash, nil
}

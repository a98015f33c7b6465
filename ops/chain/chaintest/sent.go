package chaintest

import (
	"encoding/json"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
)

// Transaction is one of a block, as it is served.
type Transaction struct {
	BlockHash common.Hash     `json:"blockHash"`
	Index     hexutil.Uint64  `json:"transactionIndex"`
	Hash      common.Hash     `json:"hash"`
	From      common.Address  `json:"from"`
	To        *common.Address `json:"to"`
	Value     hexutil.Big     `json:"value"`
	Gas       hexutil.Uint64  `json:"gas"`
	Input     hexutil.Bytes   `json:"input"`
	Nonce     hexutil.Uint64  `json:"nonce"`
	Failed    bool            `json:"-"` // its receipt says so
	Leaves    hexutil.Bytes   `json:"-"` // the code that stands where it created
}

// Created is what it creates; nil of one that is to somebody.
func (tx Transaction) Created() *common.Address {
	if tx.To != nil {
		return nil
	}
	at := crypto.CreateAddress(tx.From, uint64(tx.Nonce))
	return &at
}

func (tx Transaction) receipt(block Header) json.RawMessage {
	return receiptOf(tx.Hash, block, !tx.Failed, int(tx.Index), tx.Created())
}

// GetCode is the code that a carried transaction left somewhere, whichever block is asked, or
// the server's NoCode.
func (a *api) GetCode(at common.Address, _ json.RawMessage) (hexutil.Bytes, error) {
	if a.s.NoCode != nil {
		return nil, a.s.NoCode
	}
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	for _, txs := range a.s.Chain.sent {
		for _, tx := range txs {
			if created := tx.Created(); created != nil && *created == at {
				return tx.Leaves, nil
			}
		}
	}
	return hexutil.Bytes{}, nil
}

// Filled is a block with its transactions, or with their hashes.
type Filled struct {
	Header
	Transactions []any `json:"transactions"`
}

// Carry appends a transaction to a block; its place and its hash are filled in.
func (c *Chain) Carry(block Header, tx Transaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.sent[block.Hash])
	tx.BlockHash, tx.Index, tx.Hash = block.Hash, hexutil.Uint64(n), common.Hash{0: 0xaa, 30: byte(n >> 8), 31: byte(n)}
	c.sent[block.Hash] = append(c.sent[block.Hash], tx)
}

// filled is a block as it is served; the caller holds the lock.
func (c *Chain) filled(h Header, whole bool) *Filled {
	f := &Filled{Header: h, Transactions: []any{}}
	for _, tx := range c.sent[h.Hash] {
		if whole {
			f.Transactions = append(f.Transactions, tx)
		} else {
			f.Transactions = append(f.Transactions, tx.Hash)
		}
	}
	return f
}

// GetBlockReceipts serves the receipts of a block's transactions.
func (a *api) GetBlockReceipts(block rpc.BlockNumberOrHash) []json.RawMessage {
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	var h Header
	if hash, ok := block.Hash(); ok {
		h = a.s.all[hash]
	} else if n, ok := block.Number(); ok && n >= 0 && int(n) < len(a.s.canonical) {
		h = a.s.canonical[n]
	}
	if h.Hash == (common.Hash{}) {
		return nil
	}
	out := []json.RawMessage{}
	for _, tx := range a.s.Chain.sent[h.Hash] {
		out = append(out, tx.receipt(h))
	}
	return out
}

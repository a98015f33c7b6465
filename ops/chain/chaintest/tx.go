package chaintest

import (
	"encoding/json"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// Include puts a transaction that succeeded into a block.
func (c *Chain) Include(block Header, tx common.Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mined[tx] = block
}

// Receipt is a receipt as JSON-RPC shows it, true or not.
func Receipt(tx common.Hash, block Header, ok bool) json.RawMessage {
	return receiptOf(tx, block, ok, 0, nil)
}

func receiptOf(tx common.Hash, block Header, ok bool, place int, created *common.Address) json.RawMessage {
	status := "0x0"
	if ok {
		status = "0x1"
	}
	out, err := json.Marshal(map[string]any{"transactionHash": tx, "blockHash": block.Hash, "transactionIndex": hexutil.Uint64(place), "status": status, "contractAddress": created, "gasUsed": "0x5208"})
	if err != nil {
		panic(err)
	}
	return out
}

func (a *api) GetTransactionReceipt(tx common.Hash) json.RawMessage {
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	if block, ok := a.s.mined[tx]; ok {
		return Receipt(tx, block, true)
	}
	for _, h := range slices.Backward(a.s.canonical) { // a carried transaction has the hash of its place
		for _, carried := range a.s.Chain.sent[h.Hash] {
			if carried.Hash == tx {
				return carried.receipt(h)
			}
		}
	}
	return json.RawMessage("null")
}

// SendRawTransaction accepts whatever it is handed.
func (a *api) SendRawTransaction(raw hexutil.Bytes) common.Hash {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.s.sent = append(a.s.sent, raw)
	return crypto.Keccak256Hash(raw)
}

// Sent are the transactions that were handed in.
func (s *Server) Sent() []hexutil.Bytes {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]hexutil.Bytes(nil), s.sent...)
}

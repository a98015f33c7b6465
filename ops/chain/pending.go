package chain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// maxNotice bounds one message on the socket of what waits, in bytes. geth's pool takes
// transactions of 128 KiB; an authorization of EIP-7702, the worst of them, is four times as
// long in JSON.
const maxNotice = 1 << 20

// notice is what a node says of one transaction that came to its pool, looked at as far as
// to tell whom it is for: most are for others.
type notice struct {
	to   *common.Address // nil: it makes a contract
	raw  []byte          // all of it, where it is for somebody
	hash bool            // nothing but its hash was told
	bad  error           // it cannot be told whom it is for
}

// UnmarshalJSON implements json.Unmarshaler. It never fails: one notice that cannot be read
// must not end the subscription.
func (n *notice) UnmarshalJSON(raw []byte) error {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		n.hash = len(raw) > 0 && raw[0] == '"'
		if !n.hash {
			n.bad = errors.New("it is no transaction")
		}
		return nil
	}
	var head struct {
		To *common.Address `json:"to"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		n.bad = bounded(err)
		return nil
	}
	if n.to = head.To; n.to != nil {
		n.raw = bytes.Clone(raw)
	}
	return nil
}

// pendingTx is what is used of a transaction that waits, as the execution APIs name it.
type pendingTx struct {
	transaction
	R *hexutil.Big `json:"r"`
}

// pendingOf reads a transaction that waits. Where it is signed, in a way that is known here,
// it must be what its hash says, and signed by whom the node names.
func pendingOf(raw []byte, id ops.ChainID) (p ops.Pending, err error) {
	var t pendingTx
	if err := json.Unmarshal(raw, &t); err != nil {
		return p, bounded(err)
	}
	if t.Hash == nil || t.From == nil || t.To == nil || t.Value == nil || t.Nonce == nil {
		return p, errors.New("it does not say its hash, who sent it to whom, what it carries, or its nonce")
	}
	var input hexutil.Bytes
	if err := json.Unmarshal(t.Input, &input); err != nil {
		return p, fmt.Errorf("its input: %w", bounded(err))
	}
	p = ops.Pending{Invocation: ops.Invocation{Tx: *t.Hash, From: *t.From, To: *t.To, Value: (*big.Int)(t.Value), Gas: uint64(t.Gas), Data: input}, Nonce: uint64(*t.Nonce)}
	if t.R == nil || t.R.ToInt().Sign() == 0 {
		return p, nil
	}
	var tx types.Transaction
	switch err := tx.UnmarshalJSON(raw); {
	case errors.Is(err, types.ErrTxTypeNotSupported): // of a chain that has kinds of its own
		return p, nil
	case err != nil:
		return p, bounded(err)
	case tx.Hash() != p.Tx:
		return p, fmt.Errorf("it is called %s, and what it says has the hash %s", p.Tx, tx.Hash())
	case tx.To() == nil || *tx.To() != p.To:
		return p, errors.New("it is for two at a time")
	}
	from, err := types.Sender(types.LatestSignerForChainID(new(big.Int).SetUint64(uint64(id))), &tx)
	if err != nil {
		return p, fmt.Errorf("its signature: %w", bounded(err))
	}
	if from != p.From {
		return p, fmt.Errorf("%s signed it, and it is said to be from %s", from.Hex(), p.From.Hex())
	}
	p.Value, p.Gas, p.Data, p.Nonce, p.Signed = tx.Value(), tx.Gas(), tx.Data(), tx.Nonce(), true
	return p, nil
}

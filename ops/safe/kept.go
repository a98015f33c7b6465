package safe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrKept means that a file holds no signature that stands under what it says.
var ErrKept = errors.New("this file holds no signature that stands")

// KeptSize bounds the file of one signature, in bytes.
const KeptSize = 64 << 10

// Kept is one owner's signature with what it is under: proof by itself.
type Kept struct {
	Transaction
	Signature
}

type keptFile struct {
	Chain     ops.ChainID    `json:"chain_id"`
	Safe      common.Address `json:"safe"`
	Nonce     uint64         `json:"nonce"`
	To        common.Address `json:"to"`
	Value     *hexutil.Big   `json:"value"`
	Data      hexutil.Bytes  `json:"data"`
	Hash      common.Hash    `json:"safe_tx_hash"`
	Owner     common.Address `json:"owner"`
	Signature hexutil.Bytes  `json:"signature"`
}

// Encode writes the signature as a file.
func (k Kept) Encode() ([]byte, error) {
	out, err := json.MarshalIndent(keptFile{
		Chain: k.Chain, Safe: k.Safe, Nonce: k.Nonce, To: k.To, Value: (*hexutil.Big)(k.value()), Data: k.Data, Hash: k.Hash(), Owner: k.Owner, Signature: k.Bytes[:],
	}, "", "  ")
	if err == nil && len(out) >= KeptSize {
		err = fmt.Errorf("it would have %d bytes, more than %d", len(out), KeptSize)
	}
	if err != nil {
		return nil, fmt.Errorf("the signature cannot be kept: %w", err)
	}
	return append(out, '\n'), nil
}

// DecodeKept reads a file and verifies it: the hash is that of the call, and the
// signature is the owner's under it. Anything else is ErrKept. Whether the owner is one
// of the Safe is for the chain to say: see CountOf.
func DecodeKept(file []byte) (Kept, error) {
	if len(file) > KeptSize {
		return Kept{}, fmt.Errorf("%w: it has %d bytes, more than %d", ErrKept, len(file), KeptSize)
	}
	var f keptFile
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return Kept{}, fmt.Errorf("%w: %w", ErrKept, err)
	}
	k := Kept{Transaction: Transaction{Chain: f.Chain, Safe: f.Safe, Nonce: f.Nonce, To: f.To, Value: new(big.Int), Data: f.Data}}
	if f.Value != nil {
		k.Value = f.Value.ToInt()
	}
	if hash := k.Hash(); hash != f.Hash {
		return Kept{}, fmt.Errorf("%w: it says %s, and from its fields comes %s", ErrKept, f.Hash.Hex(), hash.Hex())
	}
	var err error
	if k.Signature, err = Verify(f.Hash, f.Signature); err != nil {
		return Kept{}, fmt.Errorf("%w: %w", ErrKept, err)
	}
	if k.Owner != f.Owner {
		return Kept{}, fmt.Errorf("%w: it says %s and was signed by %s", ErrKept, f.Owner.Hex(), k.Owner.Hex())
	}
	return k, nil
}

// Same reports whether two transactions make the same call for the same Safe,
// whatever their nonces.
func (t Transaction) Same(o Transaction) bool {
	return t.Chain == o.Chain && t.Safe == o.Safe && t.To == o.To && t.value().Cmp(o.value()) == 0 && bytes.Equal(t.Data, o.Data)
}

// Under are the signatures that are kept under exactly this transaction.
func (t Transaction) Under(kept []Kept) (out []Signature) {
	for _, k := range kept {
		if t.Same(k.Transaction) && t.Nonce == k.Nonce {
			out = append(out, k.Signature)
		}
	}
	return out
}

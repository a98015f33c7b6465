package sign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Presign signs every rung of a ladder and returns its file, encrypted under the
// password. The key must be unlocked. A drill's ladder is encrypted lightly: its key
// is public.
func (k *Keystore) Presign(ctx context.Context, h Head, password string) (file []byte, signed []*types.Transaction, err error) {
	h.Version, h.From, h.Chain = 1, k.address, k.chain
	if err := h.check(); err != nil {
		return nil, nil, fmt.Errorf("nothing was signed: %w", err)
	}
	if password == "" {
		return nil, nil, errors.New("nothing was signed: a ladder sends without a further signature, so it needs a password")
	}
	s := secret{}
	if s.Head, err = h.digest(); err != nil {
		return nil, nil, err
	}
	for i := range h.Rungs {
		tx, err := k.Sign(ctx, h.rung(i))
		if err != nil {
			return nil, nil, err
		}
		signed = append(signed, tx)
		s.Signatures = append(s.Signatures, signature(tx))
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, nil, err
	}
	n, p := keystore.StandardScryptN, keystore.StandardScryptP
	if k.chain.Drill() {
		n, p = keystore.LightScryptN, keystore.LightScryptP
	}
	b := bundle{Head: h}
	if b.Crypto, err = keystore.EncryptDataV3(text, []byte(password), n, p); err != nil {
		return nil, nil, fmt.Errorf("the ladder cannot be encrypted: %w", err)
	}
	file, err = json.Marshal(b)
	if err == nil && len(file) > maxLadder {
		err = fmt.Errorf("the ladder would have %d bytes, more than %d", len(file), maxLadder)
	}
	return file, signed, err
}

// signature is r, s and v of 0 or 1.
func signature(tx *types.Transaction) []byte {
	v, r, s := tx.RawSignatureValues()
	out := make([]byte, crypto.SignatureLength)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:64])
	out[64] = byte(v.Uint64())
	return out
}

package sign

import (
	"crypto/ecdsa"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// Attest puts the key's signature under a statement: r, s, and v of 27 or 28.
func (k *Keystore) Attest(s statement.Statement) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		return nil, ErrLocked
	}
	return Attest(k.key, s)
}

// Attest puts a key's signature under a statement.
func Attest(key *ecdsa.PrivateKey, s statement.Statement) ([]byte, error) {
	if s.Zero() {
		return nil, errors.New("the statement says nothing: nothing was signed")
	}
	digest := s.Digest()
	signature, err := crypto.Sign(digest[:], key)
	if err != nil {
		return nil, fmt.Errorf("signing failed: %w", err)
	}
	signature[64] += 27
	return signature, nil
}

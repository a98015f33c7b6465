package sign

import (
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// SignSafe puts the key's signature under a Safe transaction of the keystore's chain,
// and of no other: as one of the Safe's owners.
func (k *Keystore) SignSafe(t safe.Transaction) (safe.Signature, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		return safe.Signature{}, ErrLocked
	}
	if t.Chain != k.chain {
		return safe.Signature{}, fmt.Errorf("the Safe transaction is for chain %d and the key for chain %d: nothing was signed", t.Chain, k.chain)
	}
	hash := t.Hash()
	raw, err := crypto.Sign(hash[:], k.key)
	if err != nil {
		return safe.Signature{}, fmt.Errorf("signing failed: %w", err)
	}
	raw[64] += 27
	return safe.Verify(hash, raw)
}

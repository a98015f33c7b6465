// Package sign holds the ways in which containment has something signed: a keystore
// file that is unlocked when the console is armed and forgotten when it is locked, a
// ladder of calls that were signed beforehand, and a signer elsewhere that is asked over
// JSON-RPC.
//
// It must never send, never decide what to sign, never sign bytes or a hash that it
// did not make itself from a transaction, from one of package safe or from a statement of
// package statement,
// never write a key or a password anywhere, and never let a drill's key act on a
// real chain or a real key in a drill.
package sign

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrLocked means that the key is not unlocked: arm first.
	ErrLocked = errors.New("the key is locked")
	// ErrPassword means that the keystore could not be unlocked.
	ErrPassword = errors.New("the keystore did not open")
	// ErrMixed means a drill's key on a real chain, or a real key in a drill.
	ErrMixed = errors.New("drill and live must not mix")
)

// maxKeystore bounds a keystore file, in bytes.
const maxKeystore = 64 << 10

// Keystore is one encrypted key file (Web3 Secret Storage, version 3). It is safe
// for concurrent use.
type Keystore struct {
	mu      sync.Mutex
	file    []byte
	chain   ops.ChainID
	address common.Address
	key     *ecdsa.PrivateKey
}

// OpenKeystore reads the file without unlocking it. The file must be readable by
// its owner alone (mode 0600).
func OpenKeystore(path string, chain ops.ChainID) (*Keystore, error) {
	file, err := private(path, "keystore", maxKeystore)
	if err != nil {
		return nil, err
	}
	var head struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(file, &head); err != nil || !common.IsHexAddress(head.Address) {
		return nil, fmt.Errorf("%s is not a keystore file: it names no address", path)
	}
	k := &Keystore{file: file, chain: chain, address: common.HexToAddress(head.Address)}
	return k, separate(chain, k.address)
}

// Kind is what a runbook's lane calls this way of signing.
func (k *Keystore) Kind() string { return "keystore" }

// Address is the account of the key.
func (k *Keystore) Address() common.Address { return k.address }

// Unlock decrypts the key. It takes most of a second for a full-strength file,
// which is why it happens when arming and never when sending.
func (k *Keystore) Unlock(password string) error {
	var inside struct {
		Crypto keystore.CryptoJSON `json:"crypto"`
	}
	if err := json.Unmarshal(k.file, &inside); err != nil {
		return fmt.Errorf("%w: it is no keystore of version 3: %w", ErrPassword, err)
	}
	if err := sealed(inside.Crypto); err != nil {
		return fmt.Errorf("%w: %w", ErrPassword, err)
	}
	key, err := keystore.DecryptKey(k.file, password)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPassword, err)
	}
	if key.Address != k.address {
		return fmt.Errorf("%w: it says %s and holds %s", ErrPassword, k.address.Hex(), key.Address.Hex())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key = key.PrivateKey
	return nil
}

// Lock forgets the key.
func (k *Keystore) Lock() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key = nil
}

// Unlocked reports whether the key can sign now.
func (k *Keystore) Unlocked() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key != nil
}

// Sign signs the transaction for the keystore's chain, and for no other.
func (k *Keystore) Sign(_ context.Context, tx *types.Transaction) (*types.Transaction, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		return nil, ErrLocked
	}
	id := new(big.Int).SetUint64(uint64(k.chain))
	if tx.ChainId().Cmp(id) != 0 {
		return nil, fmt.Errorf("the transaction is for chain %s and the key for chain %s: nothing was signed", tx.ChainId(), id)
	}
	signed, err := types.SignTx(tx, types.LatestSignerForChainID(id), k.key)
	if err != nil {
		return nil, fmt.Errorf("signing failed: %w", err)
	}
	return signed, nil
}

// drillScryptN is scrypt's cost for drill keys. Everybody can derive them: strength would
// add nothing but a slow start.
const drillScryptN = 256

// Store encrypts a key into a new file of mode 0600. It is for drills: light
// parameters, because a drill's key is public anyway.
func Store(path string, key *ecdsa.PrivateKey, password string) error {
	id := crypto.PubkeyToAddress(key.PublicKey)
	if !IsDrillKey(id) {
		return fmt.Errorf("%w: only a drill's key is stored with light encryption", ErrMixed)
	}
	whole := &keystore.Key{Address: id, PrivateKey: key}
	copy(whole.Id[:], id[:16]) // the same key makes the same file name and id
	file, err := keystore.EncryptKey(whole, password, drillScryptN, 1)
	if err != nil {
		return fmt.Errorf("the key cannot be encrypted: %w", err)
	}
	return os.WriteFile(path, file, 0o600)
}

// Package safetest deploys Safes for tests, as their authors published them: the
// bytecode of 1.3.0, 1.4.1 and 1.5.0 lies in published, with npm package, integrity,
// source and hash of each (LGPL-3.0-only).
//
// It must never be imported by anything but tests, and never make a Safe otherwise than
// those of a real chain are made.
package safetest

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

//go:embed published/*.json
var files embed.FS

// Versions are those that lie in published.
var Versions = []string{"1.3.0", "1.4.1", "1.5.0"}

// Published is one version's creation code: that of the singleton, and that of the
// proxy without its argument, which is the singleton's address.
type Published struct {
	Singleton hexutil.Bytes `json:"singleton"`
	Proxy     hexutil.Bytes `json:"proxy"`

	SingletonHash hexutil.Bytes `json:"singleton_sha256"`
	ProxyHash     hexutil.Bytes `json:"proxy_sha256"`
}

// Read is a version's bytecode, held against its hashes.
func Read(t testing.TB, version string) Published {
	t.Helper()
	raw, err := files.ReadFile("published/" + version + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p Published
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	if a, b := sha256.Sum256(p.Singleton), sha256.Sum256(p.Proxy); string(a[:]) != string(p.SingletonHash) || string(b[:]) != string(p.ProxyHash) {
		t.Fatalf("%s is not what was published", version)
	}
	return p
}

// ProxyOf is the creation code of a Safe on a singleton.
func (p Published) ProxyOf(singleton common.Address) []byte {
	return append(append([]byte{}, p.Proxy...), common.BytesToHash(singleton[:]).Bytes()...)
}

const functions = `[
{"type":"function","name":"setup","inputs":[{"name":"owners","type":"address[]"},{"name":"threshold","type":"uint256"},{"name":"to","type":"address"},{"name":"data","type":"bytes"},{"name":"fallbackHandler","type":"address"},{"name":"paymentToken","type":"address"},{"name":"payment","type":"uint256"},{"name":"paymentReceiver","type":"address"}]},
{"type":"function","name":"removeOwner","inputs":[{"name":"prevOwner","type":"address"},{"name":"owner","type":"address"},{"name":"threshold","type":"uint256"}]},
{"type":"function","name":"enableModule","inputs":[{"name":"module","type":"address"}]}]`

// Call is the calldata of setup, removeOwner or enableModule.
func Call(t testing.TB, name string, args ...any) []byte {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(functions))
	if err != nil {
		t.Fatal(err)
	}
	data, err := parsed.Pack(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Members are the drill's keys that own the Safes of the tests, in the Safe's order: two
// of the three have to sign.
var Members = []string{drill.Security, drill.Release, drill.Command}

// SetUp is the first call of a Safe that was just deployed.
func SetUp(t testing.TB) []byte {
	t.Helper()
	var owners []common.Address
	for _, name := range Members {
		owners = append(owners, drill.Address(name))
	}
	nobody := common.Address{}
	return Call(t, "setup", owners, big.NewInt(2), nobody, []byte{}, nobody, nobody, new(big.Int), nobody)
}

// Signed is a member's signature.
func Signed(t testing.TB, name string, tx safe.Transaction) safe.Signature {
	t.Helper()
	hash := tx.Hash()
	raw, err := crypto.Sign(hash[:], drill.Key(name))
	if err != nil {
		t.Fatal(err)
	}
	raw[64] += 27
	s, err := safe.Verify(hash, raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Carried is execTransaction with the members' signatures.
func Carried(t testing.TB, tx safe.Transaction, names ...string) []byte {
	t.Helper()
	state := safe.State{Threshold: uint64(len(names))}
	var all []safe.Signature
	for _, name := range names {
		state.Owners = append(state.Owners, drill.Address(name))
		all = append(all, Signed(t, name, tx))
	}
	return tx.Calldata(state.CountOf(tx.Hash(), all).Assembled())
}

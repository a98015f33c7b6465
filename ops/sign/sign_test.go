package sign_test

import (
	"crypto/ecdsa"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

func drillKey(t *testing.T, role string) *ecdsa.PrivateKey {
	t.Helper()
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("bulkhead drill key: " + role)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func stored(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guardian.json")
	if err := sign.Store(path, drillKey(t, "guardian"), "secret"); err != nil {
		t.Fatal(err)
	}
	return path
}

func unsigned(chain ops.ChainID) *types.Transaction {
	return types.NewTx(&types.DynamicFeeTx{ChainID: new(big.Int).SetUint64(uint64(chain)), GasFeeCap: big.NewInt(1), Gas: 21000})
}

func TestALockedKeySignsNothing(t *testing.T) {
	k, err := sign.OpenKeystore(stored(t), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Sign(t.Context(), unsigned(ops.FirstDrillChain)); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := k.Unlock("wrong"); !errors.Is(err, sign.ErrPassword) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := k.Unlock("secret"); err != nil || !k.Unlocked() {
		t.Fatalf("the right password: %v", err)
	}
	tx, err := k.Sign(t.Context(), unsigned(ops.FirstDrillChain))
	if err != nil {
		t.Fatal(err)
	}
	from, err := types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
	if err != nil || from != k.Address() {
		t.Errorf("signed by %s, %v", from, err)
	}
	k.Lock()
	if _, err := k.Sign(t.Context(), unsigned(ops.FirstDrillChain)); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked again: %v", err)
	}
}

func TestATransactionForAnotherChainIsNotSigned(t *testing.T) {
	k, err := sign.OpenKeystore(stored(t), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Unlock("secret"); err != nil {
		t.Fatal(err)
	}
	for _, chain := range []ops.ChainID{0, 1, ops.FirstDrillChain + 1} {
		if tx, err := k.Sign(t.Context(), unsigned(chain)); err == nil {
			t.Errorf("signed for chain %d: %s", chain, tx.Hash())
		}
	}
}

func TestDrillAndLiveKeysAreKeptApart(t *testing.T) {
	if _, err := sign.OpenKeystore(stored(t), 1); !errors.Is(err, sign.ErrMixed) {
		t.Errorf("a drill's key on mainnet: %v", err)
	}
	own, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.json")
	if err := sign.Store(path, own, "x"); !errors.Is(err, sign.ErrMixed) {
		t.Errorf("a real key was stored with light encryption: %v", err)
	}
	file, err := keystore.EncryptKey(&keystore.Key{Address: crypto.PubkeyToAddress(own.PublicKey), PrivateKey: own}, "x", keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sign.OpenKeystore(path, ops.FirstDrillChain); !errors.Is(err, sign.ErrMixed) {
		t.Errorf("a real key in a drill: %v", err)
	}
	if _, err := sign.OpenKeystore(path, 1); err != nil {
		t.Errorf("a real key on a real chain: %v", err)
	}
}

func TestAKeystoreThatOthersCanReadIsRefused(t *testing.T) {
	path := stored(t)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := sign.OpenKeystore(path, ops.FirstDrillChain); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoKeystoreIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for _, content := range []string{"", "[]", "{}", `{"address":"zz"}`, strings.Repeat("x", 100<<10)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sign.OpenKeystore(path, 1); err == nil {
			t.Errorf("%.20q was taken for a keystore", content)
		}
	}
}

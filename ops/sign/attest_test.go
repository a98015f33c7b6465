package sign_test

import (
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/sign"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// A key that is unlocked puts its signature under a statement, and under nothing
// else: a hash from elsewhere has no way in.
func TestAKeyAttestsAStatement(t *testing.T) {
	k, err := sign.OpenKeystore(stored(t), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	s := statement.Document("vault", "policy.yaml", "security", common.HexToHash("1"), common.HexToHash("2"))
	if _, err := k.Attest(s); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := k.Unlock("secret"); err != nil {
		t.Fatal(err)
	}
	signature, err := k.Attest(s)
	if err != nil {
		t.Fatal(err)
	}
	if who, err := s.Signer(signature); err != nil || who != k.Address() {
		t.Errorf("signed by %s, %v", who, err)
	}
	if got, err := k.Attest(statement.Statement{}); err == nil {
		t.Errorf("the empty statement was signed: %x", got)
	}
	k.Lock()
	if _, err := k.Attest(s); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked again: %v", err)
	}
}

func TestTheOwnersOfADrillAreDrillKeys(t *testing.T) {
	for _, role := range sign.DrillSigners {
		if !sign.IsDrillKey(drillAddress(t, role)) {
			t.Errorf("%s is taken for a real key", role)
		}
	}
}

func drillAddress(t *testing.T, role string) common.Address {
	t.Helper()
	return crypto.PubkeyToAddress(drillKey(t, role).PublicKey)
}

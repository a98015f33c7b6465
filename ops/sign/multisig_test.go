package sign_test

import (
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

func TestAnOwnerSignsForItsSafeOnItsChainAlone(t *testing.T) {
	k, err := sign.OpenKeystore(stored(t), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	tx := safe.Transaction{Chain: ops.FirstDrillChain, Safe: common.HexToAddress("0x5a"), To: common.HexToAddress("0xcc"), Nonce: 3}
	if _, err := k.SignSafe(tx); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := k.Unlock("secret"); err != nil {
		t.Fatal(err)
	}
	s, err := k.SignSafe(tx)
	if err != nil || s.Owner != k.Address() {
		t.Fatalf("%+v, %v", s, err)
	}
	if again, err := safe.Verify(tx.Hash(), s.Bytes[:]); err != nil || again.Owner != k.Address() {
		t.Errorf("%+v, %v", again, err)
	}
	tx.Chain = 1
	if _, err := k.SignSafe(tx); err == nil {
		t.Error("it signs for another chain")
	}
}

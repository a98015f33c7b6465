package safe_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"github.com/bulkhead-console/bulkhead/ops/safe"
)

var pause = safe.Transaction{
	Chain: 7331001, Safe: common.HexToAddress("0x5a"), To: common.HexToAddress("0xcc"), Data: common.FromHex("0x8456cb59"), Nonce: 5,
}

// The domain hash that superchain-ops prints for a Safe on Sepolia.
func TestTheDomainIsThatOfAKnownSafe(t *testing.T) {
	known := safe.Transaction{Chain: 11155111, Safe: common.HexToAddress("0x945185C01fb641bA3E63a9bdF66575e35a407837")}
	if got := known.Domain().Hex(); got != "0x6faec9c52949ba8274340008df12c69faedd5c44e77f77c956d2ca8e4bcd877e" {
		t.Error(got)
	}
}

// What a wallet is shown hashes to what is signed: go-ethereum's own EIP-712 says so.
func TestAWalletSignsTheSameHash(t *testing.T) {
	for name, tx := range map[string]safe.Transaction{
		"a pause": pause,
		"a value": {Chain: 1, Safe: common.HexToAddress("0x5a"), To: common.HexToAddress("0xcc"), Value: big.NewInt(1e18), Nonce: 1 << 40},
		"nothing": {},
		"odd":     {Chain: 10, To: common.HexToAddress("0xcc"), Data: []byte(strings.Repeat("a", 33))},
	} {
		raw, err := tx.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var typed apitypes.TypedData
		if err := json.Unmarshal(raw, &typed); err != nil {
			t.Fatal(err)
		}
		hash, _, err := apitypes.TypedDataAndHash(typed)
		if err != nil || common.BytesToHash(hash) != tx.Hash() {
			t.Errorf("%s: %#x and %s, %v", name, hash, tx.Hash(), err)
		}
	}
}

const execABI = `[{"type":"function","name":"execTransaction","inputs":[{"type":"address","name":"to"},{"type":"uint256","name":"value"},{"type":"bytes","name":"data"},{"type":"uint8","name":"operation"},{"type":"uint256","name":"safeTxGas"},{"type":"uint256","name":"baseGas"},{"type":"uint256","name":"gasPrice"},{"type":"address","name":"gasToken"},{"type":"address","name":"refundReceiver"},{"type":"bytes","name":"signatures"}]},
{"type":"function","name":"getTransactionHash","inputs":[{"type":"address","name":"to"},{"type":"uint256","name":"value"},{"type":"bytes","name":"data"},{"type":"uint8","name":"operation"},{"type":"uint256","name":"safeTxGas"},{"type":"uint256","name":"baseGas"},{"type":"uint256","name":"gasPrice"},{"type":"address","name":"gasToken"},{"type":"address","name":"refundReceiver"},{"type":"uint256","name":"_nonce"}]}]`

// Calldata, byte for byte, is what the standard encoder makes.
func TestTheCallIsEncodedAsTheABIAsks(t *testing.T) {
	parsed, err := abi.JSON(strings.NewReader(execABI))
	if err != nil {
		t.Fatal(err)
	}
	zero, nobody := new(big.Int), common.Address{}
	for _, size := range []int{0, 1, 4, 31, 32, 33, 100} {
		tx := pause
		tx.Data, tx.Value = []byte(strings.Repeat("d", size)), big.NewInt(int64(size))
		signatures := []byte(strings.Repeat("s", 65*(size%3)))
		want, err := parsed.Pack("execTransaction", tx.To, tx.Value, tx.Data, uint8(0), zero, zero, zero, nobody, nobody, signatures)
		if err != nil || !slices.Equal(want, tx.Calldata(signatures)) {
			t.Errorf("%d bytes: %v\n%x\n%x", size, err, want, tx.Calldata(signatures))
		}
		asked, err := parsed.Pack("getTransactionHash", tx.To, tx.Value, tx.Data, uint8(0), zero, zero, zero, nobody, nobody, new(big.Int).SetUint64(tx.Nonce))
		if err != nil || string(asked) != tx.HashRead().Data {
			t.Errorf("%d bytes: %v\n%x\n%x", size, err, asked, tx.HashRead().Data)
		}
	}
}

func TestOldAndUnknownVersionsAreRefusedWithAReason(t *testing.T) {
	for version, says := range map[string]string{
		"1.3.0": "", "1.3.0+L2": "", "1.4.1": "", "1.5.0": "",
		"1.2.0": "names no chain", "1.1.1": "names no chain", "0.1.0": "names no chain", "2.0.0": "newer", "": "none that is known", "1.x.0": "none that is known", "1.4": "none that is known", "-1.4.0": "none that is known",
	} {
		err := safe.Supported(version)
		if says == "" != (err == nil) || err != nil && (!errors.Is(err, safe.ErrVersion) || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: %v", version, err)
		}
	}
}

// Any field that changes, changes what is signed.
func TestEveryFieldIsSigned(t *testing.T) {
	for name, change := range map[string]func(*safe.Transaction){
		"chain": func(x *safe.Transaction) { x.Chain++ }, "safe": func(x *safe.Transaction) { x.Safe[0]++ }, "to": func(x *safe.Transaction) { x.To[0]++ },
		"value": func(x *safe.Transaction) { x.Value = big.NewInt(1) }, "data": func(x *safe.Transaction) { x.Data = []byte{1} }, "nonce": func(x *safe.Transaction) { x.Nonce++ },
	} {
		other := pause
		change(&other)
		if other.Hash() == pause.Hash() || crypto.Keccak256Hash(other.Calldata(nil)) == crypto.Keccak256Hash(pause.Calldata(nil)) && name != "nonce" && name != "chain" && name != "safe" {
			t.Errorf("%s is not part of it", name)
		}
	}
}

package statement_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"github.com/bulkhead-console/bulkhead/ops/statement"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func document() statement.Statement {
	return statement.Document("vault", "policy.yaml", "security", common.HexToHash("0x01"), common.HexToHash("0x02"))
}

func arming(reason string) statement.Statement {
	return statement.Arming(common.HexToHash("0x03"), 1, common.HexToAddress("0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"), "Ada", reason, noon, noon.Add(time.Hour))
}

func confirmation() statement.Statement {
	return statement.Confirmation(common.HexToHash("0x03"), 1, "R1", common.HexToHash("0x04"), common.HexToAddress("0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"), noon, noon.Add(time.Hour))
}

// Another implementation, that of go-ethereum, reads our JSON and comes to the
// same digest.
func TestTheDigestIsThatOfEIP712(t *testing.T) {
	for name, s := range map[string]statement.Statement{"a document": document(), "an arming": arming(`on the "bridge" — ✓`), "a confirmation": confirmation(), "nothing said": arming("")} {
		source, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var typed apitypes.TypedData
		if err := json.Unmarshal(source, &typed); err != nil {
			t.Fatalf("%s: %s: %v", name, source, err)
		}
		want, _, err := apitypes.TypedDataAndHash(typed)
		if err != nil {
			t.Fatalf("%s: %s: %v", name, source, err)
		}
		if got := s.Digest(); got != common.BytesToHash(want) {
			t.Errorf("%s: %s, and go-ethereum says %#x", name, got, want)
		}
	}
}

// The digests do not change from one version of the program to the next: what was
// signed stays signed.
func TestTheDigestStaysWhatItIs(t *testing.T) {
	for want, s := range map[string]statement.Statement{
		"0xfccdd2b7dbdf7832afe94627869d1eee0b85386ebe061ac29e301046ca4c34f8": document(),
		"0x5e3a1c544d1cea8464e6b9a6a09cc81c552bd3f911a8a0fbb4d29348a540063f": arming("on the bridge"),
	} {
		if got := s.Digest().Hex(); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

func TestEveryFieldIsSigned(t *testing.T) {
	h := common.HexToHash
	a, b := common.HexToAddress("0x01"), common.HexToAddress("0x02")
	all := []statement.Statement{
		statement.Document("p", "d", "r", h("1"), h("2")), statement.Document("P", "d", "r", h("1"), h("2")), statement.Document("p", "D", "r", h("1"), h("2")),
		statement.Document("p", "d", "R", h("1"), h("2")), statement.Document("p", "d", "r", h("3"), h("2")), statement.Document("p", "d", "r", h("1"), h("3")),
		statement.Document("pd", "", "r", h("1"), h("2")), // no field runs into the next
		statement.Arming(h("1"), 1, a, "n", "r", noon, noon), statement.Arming(h("2"), 1, a, "n", "r", noon, noon), statement.Arming(h("1"), 2, a, "n", "r", noon, noon),
		statement.Arming(h("1"), 1, b, "n", "r", noon, noon), statement.Arming(h("1"), 1, a, "N", "r", noon, noon), statement.Arming(h("1"), 1, a, "n", "R", noon, noon),
		statement.Arming(h("1"), 1, a, "n", "r", noon.Add(time.Second), noon), statement.Arming(h("1"), 1, a, "n", "r", noon, noon.Add(time.Second)),
	}
	seen := map[common.Hash]int{}
	for i, s := range all {
		if first, ok := seen[s.Digest()]; ok {
			t.Errorf("statements %d and %d have one digest", first, i)
		}
		seen[s.Digest()] = i
	}
}

func TestASignatureTellsItsSigner(t *testing.T) {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("a key")))
	if err != nil {
		t.Fatal(err)
	}
	want := crypto.PubkeyToAddress(key.PublicKey)
	s := document()
	digest := s.Digest()
	good, err := crypto.Sign(digest[:], key)
	if err != nil {
		t.Fatal(err)
	}
	good[64] += 27
	if who, err := s.Signer(good); err != nil || who != want {
		t.Errorf("%s, %v", who, err)
	}
	if who, err := arming("").Signer(good); err == nil && who == want {
		t.Error("a signature counts for another statement")
	}
	high := slices.Clone(good) // the same signature, written the second way there is
	s2 := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(good[32:64]))
	s2.FillBytes(high[32:64])
	high[64] = 55 - high[64]
	short, odd := good[:64], slices.Clone(good)
	odd[64] = 29
	for name, bad := range map[string][]byte{"none": nil, "short": short, "long": append(slices.Clone(good), 0), "the higher s": high, "an unknown v": odd, "zeros": append(make([]byte, 64), 27)} {
		if who, err := s.Signer(bad); !errors.Is(err, statement.ErrSignature) {
			t.Errorf("%s: %s, %v", name, who, err)
		}
	}
}

func TestTheJSONLeavesOutWhatIsNotInTheDomain(t *testing.T) {
	source, err := document().JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"chainId", "verifyingContract", "salt"} {
		if strings.Contains(string(source), absent) {
			t.Errorf("%s is in %s", absent, source)
		}
	}
}

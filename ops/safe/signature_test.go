package safe_test

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/safe"
)

func key(t testing.TB, name string) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func owner(t testing.TB, name string) common.Address {
	return crypto.PubkeyToAddress(key(t, name).PublicKey)
}

// signed is the hash signed as v says: 27 for the hash itself, 31 as a message.
func signed(t testing.TB, name string, hash common.Hash, v byte) []byte {
	t.Helper()
	if v == 31 {
		hash = crypto.Keccak256Hash([]byte("\x19Ethereum Signed Message:\n32"), hash[:])
	}
	raw, err := crypto.Sign(hash[:], key(t, name))
	if err != nil {
		t.Fatal(err)
	}
	raw[64] += v
	return raw
}

func TestASignatureIsHeldAgainstTheHash(t *testing.T) {
	hash := pause.Hash()
	for v, how := range map[byte]string{27: "ECDSA", 31: "eth_sign"} {
		s, err := safe.Verify(hash, signed(t, "ada", hash, v))
		if err != nil || s.Owner != owner(t, "ada") || s.How() != how {
			t.Errorf("%s: %+v, %v", how, s, err)
		}
	}
	good := signed(t, "ada", hash, 27)
	high := bytes.Clone(good)
	s := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(good[32:64]))
	s.FillBytes(high[32:64])
	high[64] ^= 27 ^ 28
	last := func(v byte) []byte { return append(bytes.Clone(good[:64]), v) }
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"a contract's":            {last(0), safe.ErrContract},
		"a contract's, with data": {append(last(0), make([]byte, 64)...), safe.ErrContract},
		"approved on chain":       {last(1), safe.ErrApproved},
		"an unknown kind":         {last(29), safe.ErrSignature},
		"a message too far":       {last(33), safe.ErrSignature},
		"short":                   {good[:64], safe.ErrSignature},
		"long":                    {append(bytes.Clone(good), 0), safe.ErrSignature},
		"nothing":                 {nil, safe.ErrSignature},
		"zeros":                   {append(make([]byte, 64), 27), safe.ErrSignature},
		"the higher s":            {high, safe.ErrSignature},
	} {
		if _, err := safe.Verify(hash, c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a wallet hands over counts when it is an owner's for this very transaction.
func TestOnlyAnOwnersSignatureIsTakenIn(t *testing.T) {
	owners, hash := []common.Address{owner(t, "ada"), owner(t, "bo")}, pause.Hash()
	message := signed(t, "bo", hash, 31)
	message[64] -= 4 // as personal_sign leaves it
	if s, err := safe.Of(owners, hash, message); err != nil || s.How() != "eth_sign" || s.Owner != owners[1] {
		t.Errorf("%+v, %v", s, err)
	}
	later := pause
	later.Nonce++
	for name, raw := range map[string][]byte{"a stranger's": signed(t, "eve", hash, 27), "of another nonce": signed(t, "ada", later.Hash(), 27)} {
		if _, err := safe.Of(owners, hash, raw); !errors.Is(err, safe.ErrSignature) || !strings.Contains(err.Error(), "no owner") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func collected(t testing.TB, hash common.Hash, names ...string) (out []safe.Signature) {
	t.Helper()
	for _, name := range names {
		s, err := safe.Verify(hash, signed(t, name, hash, 27))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func TestSignaturesAreCountedAgainstTheOwnersOfNow(t *testing.T) {
	state := safe.State{Threshold: 2, Owners: []common.Address{owner(t, "ada"), owner(t, "bo"), owner(t, "cy")}}
	names := map[common.Address]string{owner(t, "ada"): "ada", owner(t, "bo"): "bo", owner(t, "cy"): "cy", owner(t, "eve"): "eve"}
	name := func(a common.Address) string { return names[a] }
	hash := pause.Hash()
	for says, who := range map[string][]string{
		"0 of 2 signatures, ada, bo and cy can still sign":                                                     nil,
		"1 of 2 signatures, ada and bo can still sign":                                                         {"cy"},
		"1 of 2 signatures, ada and bo can still sign; that of eve does not count: no owner, or none any more": {"cy", "eve", "cy"},
		"2 of 2 signatures": {"bo", "ada"},
		"3 of 2 signatures; that of eve does not count: no owner, or none any more": {"bo", "eve", "cy", "ada"},
	} {
		c := state.CountOf(hash, collected(t, hash, who...))
		if got := c.Says(name); got != says {
			t.Errorf("%v: %q", who, got)
		}
		assembled := c.Assembled()
		if len(assembled) > 2*65 || c.Enough() != (len(assembled) == 2*65) {
			t.Errorf("%v: %d bytes", who, len(assembled))
		}
		for i := 65; i < len(assembled); i += 65 { // ascending, as the Safe wants them
			before, _ := safe.Verify(hash, assembled[i-65:i])
			after, _ := safe.Verify(hash, assembled[i:i+65])
			if before.Owner.Cmp(after.Owner) >= 0 {
				t.Errorf("%v: not ascending", who)
			}
		}
	}
	other := pause
	other.Nonce++
	if c := state.CountOf(other.Hash(), collected(t, hash, "ada", "bo")); len(c.Signed) != 0 {
		t.Error("signatures of another nonce count")
	}
}

// FuzzVerify: foreign bytes never panic, and what is taken is an ECDSA signature of
// whoever is named.
func FuzzVerify(f *testing.F) {
	hash := pause.Hash()
	for _, v := range []byte{27, 31} {
		f.Add(hash[:], signed(f, "ada", hash, v))
	}
	f.Add([]byte{}, make([]byte, 65))
	f.Fuzz(func(t *testing.T, h, raw []byte) {
		s, err := safe.Verify(common.BytesToHash(h), raw)
		switch {
		case err == nil && (len(raw) != 65 || raw[64] < 27 || s.Owner == common.Address{} || !bytes.Equal(s.Bytes[:], raw)):
			t.Fatalf("taken: %x as %s", raw, s.Owner)
		case err != nil && !errors.Is(err, safe.ErrSignature) && !errors.Is(err, safe.ErrContract) && !errors.Is(err, safe.ErrApproved):
			t.Fatal(err)
		}
	})
}

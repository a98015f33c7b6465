package safe_test

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/safe"
)

func kept(t testing.TB, tx safe.Transaction, name string) safe.Kept {
	t.Helper()
	return safe.Kept{Transaction: tx, Signature: collected(t, tx.Hash(), name)[0]}
}

func TestASignatureIsKeptAndProvesItself(t *testing.T) {
	tx := pause
	tx.Value = big.NewInt(12)
	k := kept(t, tx, "ada")
	file, err := k.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := safe.DecodeKept(file)
	if err != nil || again.Hash() != tx.Hash() || again.Owner != owner(t, "ada") || !again.Same(tx) || again.Nonce != tx.Nonce {
		t.Fatalf("%+v, %v", again, err)
	}
	other := pause
	other.Nonce++
	if len(tx.Under([]safe.Kept{again})) != 1 || len(other.Under([]safe.Kept{again})) != 0 {
		t.Error("it stands under another transaction")
	}
	for name, change := range map[string][2]string{
		"another nonce":    {`"nonce": 5`, `"nonce": 6`},
		"another chain":    {`"chain_id": 7331001`, `"chain_id": 1`},
		"another call":     {`0x8456cb59`, `0x8456cb58`},
		"another value":    {`"value": "0xc"`, `"value": "0xd"`},
		"a negative value": {`"value": "0xc"`, `"value": "-0xc"`},
		"another owner":    {strings.ToLower(owner(t, "ada").Hex()), strings.ToLower(owner(t, "bo").Hex())},
		"a delegatecall":   {`"nonce": 5`, `"operation": 1, "nonce": 5`},
		"no JSON":          {"{", "["},
	} {
		spoiled := strings.Replace(string(file), change[0], change[1], 1)
		if spoiled == string(file) {
			t.Fatalf("%s: nothing was changed in %s", name, file)
		}
		if _, err := safe.DecodeKept([]byte(spoiled)); !errors.Is(err, safe.ErrKept) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := safe.DecodeKept(make([]byte, safe.KeptSize+1)); !errors.Is(err, safe.ErrKept) {
		t.Errorf("a huge file: %v", err)
	}
	tx.Data = make([]byte, safe.KeptSize/2)
	if _, err := kept(t, tx, "ada").Encode(); err == nil {
		t.Error("a file was made that nobody reads")
	}
}

// FuzzDecodeKept: what lies in the folder is foreign. It is refused, or it stands and
// is written the same way again.
func FuzzDecodeKept(f *testing.F) {
	file, err := kept(f, pause, "ada").Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := safe.DecodeKept(raw)
		if err != nil {
			if !errors.Is(err, safe.ErrKept) {
				t.Fatal(err)
			}
			return
		}
		once, err := k.Encode()
		if err != nil {
			return // it would be too long, and that was said
		}
		again, err := safe.DecodeKept(once)
		if err != nil || again.Hash() != k.Hash() || !bytes.Equal(again.Bytes[:], k.Bytes[:]) {
			t.Fatalf("%v: %s", err, once)
		}
	})
}

package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

func signatureFor(t *testing.T, chain ops.ChainID, nonce uint64) safe.Kept {
	t.Helper()
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte("an owner")))
	if err != nil {
		t.Fatal(err)
	}
	tx := safe.Transaction{Chain: chain, Safe: common.HexToAddress("0x5a"), To: common.HexToAddress("0xcc"), Nonce: nonce}
	hash := tx.Hash()
	raw, err := crypto.Sign(hash[:], k)
	if err != nil {
		t.Fatal(err)
	}
	raw[64] += 27
	s, err := safe.Verify(hash, raw)
	if err != nil {
		t.Fatal(err)
	}
	return safe.Kept{Transaction: tx, Signature: s}
}

// Whoever can write the folder can put anything there: only what stands by itself, for
// this chain, is somebody's word.
func TestOnlySignaturesThatStandAreCollected(t *testing.T) {
	beside := t.TempDir()
	c := newCouncil(&Rules{ChainID: ops.FirstDrillChain}, beside)
	if got := c.collected(); len(got) != 0 {
		t.Fatalf("%d before there is a folder", len(got))
	}
	good, err := Keep(beside, signatureFor(t, ops.FirstDrillChain, 1))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(good); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := Keep(beside, signatureFor(t, ops.FirstDrillChain+1, 1)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(good)
	for name, content := range map[string][]byte{"empty.json": nil, "huge.json": make([]byte, safe.KeptSize+1), "torn.json": raw[:len(raw)/2], "no.json": []byte("{}")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(good, filepath.Join(folder, "link.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := c.collected(); len(got) != 1 || got[0].Nonce != 1 {
		t.Fatalf("%+v", got)
	}
	// What is changed after it was read is read again, and what is gone is gone.
	spoiled := append([]byte{}, raw...)
	spoiled[len(spoiled)-10] ^= 1
	later := time.Now().Add(time.Hour)
	if err := os.WriteFile(good, spoiled, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(good, later, later); err != nil {
		t.Fatal(err)
	}
	if got := c.collected(); len(got) != 0 {
		t.Errorf("a changed file counts: %+v", got)
	}
	if _, err := Keep(beside, signatureFor(t, ops.FirstDrillChain, 1)); err != nil {
		t.Fatal(err)
	}
	if got := c.collected(); len(got) != 1 {
		t.Errorf("kept anew, %d count", len(got))
	}
	if err := os.Remove(good); err != nil {
		t.Fatal(err)
	}
	if got := c.collected(); len(got) != 0 {
		t.Errorf("a file that is gone counts: %+v", got)
	}
}

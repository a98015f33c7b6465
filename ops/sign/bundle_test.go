package sign

import "testing"

// Whatever lies in a ladder's file is read as a ladder that can be priced, or refused.
func FuzzBundle(f *testing.F) {
	f.Add([]byte(`{"head":{"version":1,"chain_id":1,"from":"0x00000000000000000000000000000000000000cc","runbook":"R1","step":"R1.1","to":"0x00000000000000000000000000000000000000cc","value":"0x0","data":"0x8456cb59","nonce":7,"gas":21000,"code":"0x0000000000000000000000000000000000000000000000000000000000000000","expires":0,"rungs":[{"fee_cap":"0xa","tip":"0x1"},{"fee_cap":"0x14","tip":"0x2"}]},"crypto":{"cipher":"aes-128-ctr","ciphertext":"00","cipherparams":{"iv":"00000000000000000000000000000000"},"kdf":"scrypt","kdfparams":{"dklen":32,"n":2,"p":1,"r":8,"salt":"00"},"mac":"00"}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := decodeBundle(file)
		if err != nil {
			return
		}
		if len(b.Head.Rungs) == 0 {
			t.Fatal("a ladder without rungs")
		}
		for i := range b.Head.Rungs {
			if tx := b.Head.rung(i); tx.GasFeeCap().Cmp(tx.GasTipCap()) < 0 || i > 0 && tx.GasFeeCap().Cmp(b.Head.rung(i-1).GasFeeCap()) <= 0 {
				t.Fatalf("rung %d", i)
			}
		}
		if n, _ := b.Crypto.KDFParams["n"].(float64); b.Crypto.KDF == "scrypt" && n <= 1<<12 {
			if signed, err := b.open("x"); err == nil && len(signed) != len(b.Head.Rungs) {
				t.Fatal("rungs and signatures")
			}
		}
	})
}

package sign

import (
	"errors"
	"testing"
)

// Whatever a remote signer answers is a transaction or an error, and never both.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"result":"0x02f8"}`, `{"jsonrpc":"2.0","id":1,"result":{"raw":"0x02c0","tx":{}}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"denied"}}`,
		`{"jsonrpc":"2.0","id":1,"result":"0xf86c808504a817c80082520894000000000000000000000000000000000000000080801ca0"}`, `{}`, `[]`, `null`, ``, `{"result":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		result, err := decodeAnswer(body)
		if (err == nil) != (len(result) > 0) || err != nil && !errors.Is(err, ErrAnswer) && !errors.Is(err, errRefused) {
			t.Fatalf("%q, %v", result, err)
		}
		if err != nil {
			return
		}
		tx, err := decodeSigned(result)
		if (err == nil) != (tx != nil) || err != nil && !errors.Is(err, ErrAnswer) {
			t.Fatalf("%v, %v", tx, err)
		}
		if tx != nil {
			tx.Hash()
		}
	})
}

package sign_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// A runbook's lane finds its key by kind and account: each says its own.
func TestEachWayOfSigningSaysWhatItIs(t *testing.T) {
	l, err := sign.OpenLadder(kept(t, presigned(t)), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	want := drillAddress(t, "guardian")
	for kind, way := range map[string]interface {
		Kind() string
		Address() common.Address
	}{"keystore": unlocked(t), "presigned": l, "remote": remote(t, http.NotFoundHandler(), nil)} {
		if way.Kind() != kind || way.Address() != want {
			t.Errorf("%s of %s, want %s of %s", way.Kind(), way.Address(), kind, want)
		}
	}
	if h := presignedHead(l); h.Runbook != "R1" || h.Nonce != 7 || h.From != want || len(h.Rungs) != 3 {
		t.Errorf("%+v", h)
	}
}

// resealed is the ladder of the tests with other signatures in it, encrypted under the
// right password and tied to the right head: as whoever has the password could make it.
func resealed(t *testing.T, signatures func(whole []hexutil.Bytes) []hexutil.Bytes) []byte {
	t.Helper()
	var b struct {
		Head   json.RawMessage     `json:"head"`
		Crypto keystore.CryptoJSON `json:"crypto"`
	}
	if err := json.Unmarshal(presigned(t), &b); err != nil {
		t.Fatal(err)
	}
	text, err := keystore.DecryptDataV3(b.Crypto, "ladder")
	if err != nil {
		t.Fatal(err)
	}
	var inside struct {
		Head       common.Hash     `json:"head"`
		Signatures []hexutil.Bytes `json:"signatures"`
	}
	if err := json.Unmarshal(text, &inside); err != nil {
		t.Fatal(err)
	}
	inside.Signatures = signatures(inside.Signatures)
	if text, err = json.Marshal(inside); err != nil {
		t.Fatal(err)
	}
	if b.Crypto, err = keystore.EncryptDataV3(text, []byte("ladder"), keystore.LightScryptN, keystore.LightScryptP); err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Whoever knows the password of a ladder can put nothing into it that its account did not
// sign.
func TestALadderOpensOnNothingThatItsAccountDidNotSign(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]hexutil.Bytes) []hexutil.Bytes
		says   string
	}{
		"as it was":    {func(s []hexutil.Bytes) []hexutil.Bytes { return s }, ""},
		"one is short": {func(s []hexutil.Bytes) []hexutil.Bytes { s[1] = s[1][:64]; return s }, "rung 2 has 64 bytes"},
		"one is none":  {func(s []hexutil.Bytes) []hexutil.Bytes { s[2][64] = 9; return s }, "rung 3"},
		"one is another rung's": {func(s []hexutil.Bytes) []hexutil.Bytes {
			s[0] = s[1]
			return s
		}, "rung 1 was not signed by"},
		"one is missing": {func(s []hexutil.Bytes) []hexutil.Bytes { return s[:2] }, "belong to another ladder"},
	} {
		l, err := sign.OpenLadder(kept(t, resealed(t, c.change)), ops.FirstDrillChain)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Unlock("ladder"); c.says == "" && err != nil || c.says != "" && (!errors.Is(err, sign.ErrPassword) || !strings.Contains(err.Error(), c.says) || l.Unlocked()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A keystore that says another account than it holds, or is of another make, does not
// open.
func TestAKeystoreOpensForTheAccountThatItSays(t *testing.T) {
	file, err := os.ReadFile(stored(t))
	if err != nil {
		t.Fatal(err)
	}
	mine, other := fmt.Sprintf("%x", drillAddress(t, "guardian")), fmt.Sprintf("%x", drillAddress(t, "backup"))
	for name, c := range map[string]struct{ was, now, says string }{
		"another account": {mine, other, "and holds"},
		"another make":    {`"crypto":{`, `"crypto":7,"was":{`, "no keystore of version 3"},
		"other rounds":    {`"kdf":"scrypt"`, `"kdf":"pbkdf2"`, "asks for too much"},
	} {
		if !bytes.Contains(file, []byte(c.was)) {
			t.Fatalf("the file does not hold %s", c.was)
		}
		k, err := sign.OpenKeystore(kept(t, bytes.Replace(file, []byte(c.was), []byte(c.now), 1)), ops.FirstDrillChain)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Unlock("secret"); !errors.Is(err, sign.ErrPassword) || !strings.Contains(err.Error(), c.says) || k.Unlocked() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sign.OpenKeystore(filepath.Join(t.TempDir(), "nowhere"), ops.FirstDrillChain); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := sign.OpenKeystore(folder, ops.FirstDrillChain); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a folder: %v", err)
	}
}

// A keystore of the older derivation opens too: geth and others have written such.
func TestAKeystoreOfTheOlderDerivationOpens(t *testing.T) {
	key := drillKey(t, "guardian")
	const password = "secret"
	// PBKDF2 as the Web3 Secret Storage specification has it, one round
	derived := pbkdf2SHA256([]byte(password), []byte{1, 2, 3, 4}, 1)
	sealed := aesCTR(t, derived[:16], bytes.Repeat([]byte{7}, 16), crypto.FromECDSA(key))
	mac := crypto.Keccak256(derived[16:32], sealed)
	file := fmt.Sprintf(`{"address":"%x","id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3,"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"%x"},"ciphertext":"%x","kdf":"pbkdf2","kdfparams":{"c":1,"dklen":32,"prf":"hmac-sha256","salt":"01020304"},"mac":"%x"}}`,
		drillAddress(t, "guardian"), bytes.Repeat([]byte{7}, 16), sealed, mac)
	k, err := sign.OpenKeystore(kept(t, []byte(file)), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Unlock(password); err != nil || !k.Unlocked() {
		t.Error(err)
	}
}

// clef is asked what does not bother its owner; who goes away while it is asked has learnt
// nothing of it.
func TestAProbeBothersNobody(t *testing.T) {
	w := &wallet{t: t, role: "guardian"}
	r := remote(t, w, func(s *sign.Signer) { s.Method = sign.AccountSign })
	if r.Probe(t.Context()); r.Reachable() != nil || w.method != "account_version" {
		t.Errorf("%v, asked %q", r.Reachable(), w.method)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if r.Probe(gone); r.Reachable() != nil {
		t.Errorf("who asked went away: %v", r.Reachable())
	}
}

// What a gateway says in front of a signer is no answer of it.
func TestAnErrorOfAGatewayIsNoAnswer(t *testing.T) {
	r := remote(t, http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(out, "<html>")
	}), nil)
	if err := r.Unlock(""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) || !strings.Contains(err.Error(), "HTTP 502") {
		t.Errorf("%v", err)
	}
	both := always(t, `{"jsonrpc":"2.0","id":1,"result":{"raw":7}}`)
	if _, err := both.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) {
		t.Errorf("bytes that are a number: %v", err)
	}
	unsigned, err := types.NewTx(pauseTx()).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := always(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":"%#x"}`, unsigned)).Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) || !strings.Contains(err.Error(), "signature does not stand") {
		t.Errorf("no signature: %v", err)
	}
}

func pbkdf2SHA256(password, salt []byte, rounds int) []byte {
	key, err := pbkdf2.Key(sha256.New, string(password), salt, rounds, 32)
	if err != nil {
		panic(err)
	}
	return key
}

func aesCTR(t *testing.T, key, iv, text []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, len(text))
	cipher.NewCTR(block, iv).XORKeyStream(out, text)
	return out
}

package sign_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// head is the ladder of the tests: three rungs of the pause under nonce 7.
func head() sign.Head {
	fees := func(n int64) sign.Fees {
		return sign.Fees{Cap: (*hexutil.Big)(big.NewInt(n * 10)), Tip: (*hexutil.Big)(big.NewInt(n))}
	}
	return sign.Head{
		Runbook: "R1", Step: "R1.1", To: common.HexToAddress("0xcc"), Value: (*hexutil.Big)(new(big.Int)), Data: []byte{0x84, 0x56, 0xcb, 0x59},
		Nonce: 7, Gas: 210_000, Code: common.HexToHash("0xc0de"), Expires: 2000, Rungs: []sign.Fees{fees(1), fees(2), fees(4)},
	}
}

func unlocked(t *testing.T) *sign.Keystore {
	t.Helper()
	k, err := sign.OpenKeystore(stored(t), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Unlock("secret"); err != nil {
		t.Fatal(err)
	}
	return k
}

func presigned(t *testing.T) []byte {
	t.Helper()
	file, signed, err := unlocked(t).Presign(t.Context(), head(), "ladder")
	if err != nil || len(signed) != 3 {
		t.Fatal(err)
	}
	return file
}

func kept(t *testing.T, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ladder.json")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wanted() ops.Wanted {
	h := head()
	return ops.Wanted{To: h.To, Value: new(big.Int), Data: h.Data, Nonce: 7, Least: big.NewInt(15), Time: time.Unix(1999, 0), Code: h.Code}
}

func TestALadderHandsOutItsCheapestRungThatDoes(t *testing.T) {
	l, err := sign.OpenLadder(kept(t, presigned(t)), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := l.Offer(wanted())
	if err != nil || tx.GasFeeCap().Int64() != 20 || tx.GasTipCap().Int64() != 2 || tx.Nonce() != 7 || tx.Gas() != 210_000 {
		t.Fatalf("%v, %v", tx, err)
	}
	if _, err := l.Sign(t.Context(), tx); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if err := l.Unlock("wrong"); !errors.Is(err, sign.ErrPassword) || l.Unlocked() {
		t.Errorf("a wrong password: %v", err)
	}
	if err := l.Unlock("ladder"); err != nil || !l.Unlocked() {
		t.Fatal(err)
	}
	signed, err := l.Sign(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	signer := types.LatestSignerForChainID(tx.ChainId())
	if from, err := types.Sender(signer, signed); err != nil || from != drillAddress(t, "guardian") || signer.Hash(signed) != signer.Hash(tx) {
		t.Errorf("signed by %s, %v", from, err)
	}
	if _, err := l.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrNoCall) {
		t.Errorf("a call that is on no rung: %v", err)
	}
	l.Lock()
	if _, err := l.Sign(t.Context(), tx); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked again: %v", err)
	}
}

// Why a ladder cannot be used has a name of its own each.
func TestWhyALadderCannotBeUsedIsSaid(t *testing.T) {
	l, err := sign.OpenLadder(kept(t, presigned(t)), ops.FirstDrillChain)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*ops.Wanted)
		want   error
		says   string
	}{
		"another target":      {func(w *ops.Wanted) { w.To = common.HexToAddress("0xdd") }, sign.ErrNoCall, ""},
		"another value":       {func(w *ops.Wanted) { w.Value = big.NewInt(1) }, sign.ErrNoCall, ""},
		"no value":            {func(w *ops.Wanted) { w.Value = nil }, sign.ErrNoCall, ""},
		"other calldata":      {func(w *ops.Wanted) { w.Data = []byte{1} }, sign.ErrNoCall, ""},
		"other code":          {func(w *ops.Wanted) { w.Code = common.HexToHash("0xbad") }, sign.ErrCode, ""},
		"code that is open":   {func(w *ops.Wanted) { w.Code = common.Hash{} }, nil, ""},
		"expired":             {func(w *ops.Wanted) { w.Time = time.Unix(2000, 0) }, sign.ErrExpired, "at 2000"},
		"a time that is open": {func(w *ops.Wanted) { w.Time = time.Time{} }, nil, ""},
		"a used nonce":        {func(w *ops.Wanted) { w.Nonce = 9 }, sign.ErrNonce, "the ladder is for nonce 7, the account is at 9: it is dead"},
		"a later nonce":       {func(w *ops.Wanted) { w.Nonce = 6 }, sign.ErrNonce, "it waits"},
		"the last rung":       {func(w *ops.Wanted) { w.Least = big.NewInt(40) }, nil, ""},
		"too high a fee":      {func(w *ops.Wanted) { w.Least = big.NewInt(41) }, sign.ErrFee, "40 wei"},
	} {
		w := wanted()
		c.change(&w)
		tx, err := l.Offer(w)
		if !errors.Is(err, c.want) || (tx == nil) != (c.want != nil) || c.says != "" && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is changed in the file, it does not open.
func TestAChangedLadderDoesNotOpen(t *testing.T) {
	file := presigned(t)
	for at := 0; at < len(file); at += 1 + len(file)/97 {
		spoiled := bytes.Clone(file)
		spoiled[at] ^= 1
		opens(t, spoiled, at)
	}
	for _, cut := range []int{0, 1, len(file) / 2, len(file) - 1} {
		opens(t, file[:cut], cut)
	}
	opens(t, append(bytes.Clone(file), "{}"...), len(file))
	for was, now := range map[string]string{
		`"nonce":7`: `"nonce":8`, `"expires":2000`: `"expires":9000`, `"runbook":"R1"`: `"runbook":"R2"`, `"gas":210000`: `"gas":21000`, `"version":1`: `"version":2`,
		`"fee_cap":"0xa"`: `"fee_cap":"0xb"`, `"n":4096`: `"n":1e9`, `"r":8`: `"r":1e9`, `"dklen":32`: `"dklen":16`, `"kdf":"scrypt"`: `"kdf":"none"`, `"salt":"`: `"salt":7,"x":"`, `"iv":"`: `"iv":"00`,
	} {
		if !bytes.Contains(file, []byte(was)) {
			t.Fatalf("the file does not hold %s", was)
		}
		opens(t, bytes.Replace(file, []byte(was), []byte(now), 1), 0)
	}
}

func opens(t *testing.T, file []byte, at int) {
	t.Helper()
	l, err := sign.OpenLadder(kept(t, file), ops.FirstDrillChain)
	if err != nil {
		return
	}
	if err := l.Unlock("ladder"); err == nil && !same(file, presignedHead(l)) {
		t.Errorf("changed at %d, it opens", at)
	}
}

// same reports whether a change to the file left its meaning, such as a letter's case.
func same(file []byte, h sign.Head) bool {
	was, now := head(), h
	was.Version, was.From, was.Chain = now.Version, now.From, now.Chain
	a, _ := json.Marshal(was)
	b, _ := json.Marshal(now)
	return bytes.Equal(a, b) && json.Valid(file)
}

func presignedHead(l *sign.Ladder) sign.Head { return l.Head() }

func TestALadderOfAnotherChainOrOpenToOthersIsRefused(t *testing.T) {
	path := kept(t, presigned(t))
	for _, chain := range []ops.ChainID{1, ops.FirstDrillChain + 1} {
		if _, err := sign.OpenLadder(path, chain); !errors.Is(err, sign.ErrLadder) || !strings.Contains(err.Error(), "is for chain") {
			t.Errorf("chain %d: %v", chain, err)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := sign.OpenLadder(path, ops.FirstDrillChain); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("mode 0644: %v", err)
	}
}

// A drill's ladder, or one encrypted as lightly, sends nothing on a real chain; a real
// one is encrypted in full.
func TestALadderOfARealChainIsEncryptedInFull(t *testing.T) {
	file := presigned(t)
	live := bytes.Replace(file, []byte(`"chain_id":`+number(uint64(ops.FirstDrillChain))), []byte(`"chain_id":1`), 1)
	if _, err := sign.OpenLadder(kept(t, live), 1); !errors.Is(err, sign.ErrMixed) || !strings.Contains(err.Error(), "lightly") {
		t.Errorf("light: %v", err)
	}
	heavy := bytes.Replace(live, []byte(`"n":4096`), []byte(`"n":262144`), 1)
	if _, err := sign.OpenLadder(kept(t, heavy), 1); !errors.Is(err, sign.ErrMixed) || !strings.Contains(err.Error(), "everybody knows") {
		t.Errorf("a drill's key: %v", err)
	}
	own, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := keystore.EncryptKey(&keystore.Key{Address: crypto.PubkeyToAddress(own.PublicKey), PrivateKey: own}, "x", keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		t.Fatal(err)
	}
	k, err := sign.OpenKeystore(kept(t, sealed), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Unlock("x"); err != nil {
		t.Fatal(err)
	}
	whole, _, err := k.Presign(t.Context(), head(), "ladder")
	if err != nil || !bytes.Contains(whole, []byte(`"n":262144`)) {
		t.Fatalf("%.200s, %v", whole, err)
	}
	if _, err := sign.OpenLadder(kept(t, whole), 1); err != nil {
		t.Error(err)
	}
}

func number(n uint64) string { return new(big.Int).SetUint64(n).String() }

func TestALadderThatCannotBeIsNotSigned(t *testing.T) {
	k := unlocked(t)
	for name, change := range map[string]func(*sign.Head){
		"no rung":        func(h *sign.Head) { h.Rungs = nil },
		"17 rungs":       func(h *sign.Head) { h.Rungs = make([]sign.Fees, 17) },
		"level rungs":    func(h *sign.Head) { h.Rungs[1] = h.Rungs[0] },
		"a level tip":    func(h *sign.Head) { h.Rungs[1].Tip = h.Rungs[0].Tip },
		"a tip too high": func(h *sign.Head) { h.Rungs[0].Tip = (*hexutil.Big)(big.NewInt(11)) },
		"no tip":         func(h *sign.Head) { h.Rungs[0].Tip = (*hexutil.Big)(new(big.Int)) },
		"no value":       func(h *sign.Head) { h.Value = nil },
		"no gas":         func(h *sign.Head) { h.Gas = 0 },
		"long calldata":  func(h *sign.Head) { h.Data = make([]byte, 17<<10) },
	} {
		h := head()
		change(&h)
		if _, _, err := k.Presign(t.Context(), h, "x"); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
	if _, _, err := k.Presign(t.Context(), head(), ""); err == nil {
		t.Error("without a password")
	}
	k.Lock()
	if _, _, err := k.Presign(t.Context(), head(), "x"); !errors.Is(err, sign.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
}

// A keystore whose parameters are not what the library takes for granted is an error
// at arming, and not its end.
func TestASpoiledKeystoreIsAnErrorAndNotTheEnd(t *testing.T) {
	file, err := os.ReadFile(stored(t))
	if err != nil {
		t.Fatal(err)
	}
	for was, now := range map[string]string{`"dklen":32`: `"dklen":"32"`, `"n":256`: `"n":null`, `"salt":"`: `"salt":7,"x":"`, `"iv":"`: `"iv":"00`, `"r":8`: `"r":1e12`} {
		if !bytes.Contains(file, []byte(was)) {
			t.Fatalf("the file does not hold %s", was)
		}
		k, err := sign.OpenKeystore(kept(t, bytes.Replace(file, []byte(was), []byte(now), 1)), ops.FirstDrillChain)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Unlock("secret"); !errors.Is(err, sign.ErrPassword) {
			t.Errorf("%s: %v", now, err)
		}
	}
}

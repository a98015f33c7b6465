package sign_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// pauseTx is the call that the tests have signed.
func pauseTx() *types.DynamicFeeTx {
	to := common.HexToAddress("0xcc")
	return &types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(uint64(ops.FirstDrillChain)), Nonce: 7, GasTipCap: big.NewInt(2), GasFeeCap: big.NewInt(30), Gas: 210_000,
		To: &to, Value: big.NewInt(0), Data: []byte{0x84, 0x56, 0xcb, 0x59},
	}
}

// wallet is a remote signer of a test: it signs what it is asked, after alter.
type wallet struct {
	t      *testing.T
	role   string
	shape  string // raw or both
	method string // the last that was asked
	alter  func(*types.DynamicFeeTx)
}

func (w *wallet) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	var asked struct {
		ID     json.RawMessage
		Method string
		Params []struct {
			From                                               common.Address
			To                                                 *common.Address
			Gas, Nonce                                         hexutil.Uint64
			MaxFeePerGas, MaxPriorityFeePerGas, Value, ChainID *hexutil.Big
			Data                                               hexutil.Bytes
		}
	}
	if err := json.NewDecoder(in.Body).Decode(&asked); err != nil {
		w.t.Errorf("the question is no JSON: %v", err)
		return
	}
	w.method = asked.Method
	if len(asked.Params) == 0 {
		_, _ = fmt.Fprintf(out, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"there is no such method"}}`, asked.ID)
		return
	}
	p := asked.Params[0]
	tx := &types.DynamicFeeTx{
		ChainID: p.ChainID.ToInt(), Nonce: uint64(p.Nonce), GasTipCap: p.MaxPriorityFeePerGas.ToInt(), GasFeeCap: p.MaxFeePerGas.ToInt(), Gas: uint64(p.Gas),
		To: p.To, Value: p.Value.ToInt(), Data: p.Data,
	}
	if w.alter != nil {
		w.alter(tx)
	}
	signed, err := types.SignNewTx(drillKey(w.t, w.role), types.LatestSignerForChainID(tx.ChainID), tx)
	if err != nil {
		w.t.Error(err)
		return
	}
	raw, err := signed.MarshalBinary()
	if err != nil {
		w.t.Error(err)
		return
	}
	result := fmt.Sprintf("%q", hexutil.Encode(raw))
	if w.shape == "both" {
		result = fmt.Sprintf(`{"raw":%s,"tx":{"nonce":"0xff"}}`, result)
	}
	_, _ = fmt.Fprintf(out, `{"jsonrpc":"2.0","id":%s,"result":%s}`, asked.ID, result)
}

// remote opens a signer that a handler plays, over TLS where client is given.
func remote(t *testing.T, handler http.Handler, change func(*sign.Signer)) *sign.Remote {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := sign.Signer{URL: server.URL, Address: drillAddress(t, "guardian"), Chain: ops.FirstDrillChain, Timeout: 5 * time.Second}
	if change != nil {
		change(&s)
	}
	r, err := sign.OpenRemote(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARemoteSignerSignsInBothShapesAndByBothMethods(t *testing.T) {
	for _, shape := range []string{"raw", "both"} {
		for _, method := range []string{"", sign.EthSign, sign.AccountSign} {
			w := &wallet{t: t, role: "guardian", shape: shape}
			r := remote(t, w, func(s *sign.Signer) { s.Method = method })
			if _, err := r.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrLocked) || w.method != "" {
				t.Fatalf("locked: %v, asked %q", err, w.method)
			}
			if err := r.Unlock(""); err != nil || !r.Unlocked() {
				t.Fatal(err)
			}
			want := types.NewTx(pauseTx())
			got, err := r.Sign(t.Context(), want)
			if err != nil {
				t.Fatalf("%s %s: %v", shape, method, err)
			}
			signer := types.LatestSignerForChainID(want.ChainId())
			from, err := types.Sender(signer, got)
			if err != nil || from != r.Address() || signer.Hash(got) != signer.Hash(want) {
				t.Errorf("%s %s: signed by %s, %v", shape, method, from, err)
			}
			if asked := method; w.method != asked && asked != "" {
				t.Errorf("asked with %s, not %s", w.method, asked)
			}
			r.Lock()
			if _, err := r.Sign(t.Context(), want); !errors.Is(err, sign.ErrLocked) {
				t.Errorf("locked again: %v", err)
			}
		}
	}
}

// A signer that signs anything else than it was asked is found out, and the field is
// named.
func TestEachFieldThatARemoteSignerChangesIsNamed(t *testing.T) {
	other := common.HexToAddress("0xdd")
	for field, alter := range map[string]func(*types.DynamicFeeTx){
		"chain":       func(tx *types.DynamicFeeTx) { tx.ChainID = big.NewInt(1) },
		"nonce":       func(tx *types.DynamicFeeTx) { tx.Nonce++ },
		"gas limit":   func(tx *types.DynamicFeeTx) { tx.Gas-- },
		"fee cap":     func(tx *types.DynamicFeeTx) { tx.GasFeeCap = big.NewInt(31) },
		"tip":         func(tx *types.DynamicFeeTx) { tx.GasTipCap = big.NewInt(3) },
		"value":       func(tx *types.DynamicFeeTx) { tx.Value = big.NewInt(1) },
		"target":      func(tx *types.DynamicFeeTx) { tx.To = &other },
		"target ":     func(tx *types.DynamicFeeTx) { tx.To = nil },
		"calldata":    func(tx *types.DynamicFeeTx) { tx.Data = []byte{1, 2, 3, 4} },
		"access list": func(tx *types.DynamicFeeTx) { tx.AccessList = types.AccessList{{Address: other}} },
	} {
		r := remote(t, &wallet{t: t, role: "guardian", alter: alter}, nil)
		if err := r.Unlock(""); err != nil {
			t.Fatal(err)
		}
		tx, err := r.Sign(t.Context(), types.NewTx(pauseTx()))
		if !errors.Is(err, sign.ErrAnswer) || !strings.Contains(err.Error(), "the "+strings.TrimSpace(field)+" is ") || tx != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
	r := remote(t, &wallet{t: t, role: "mallory"}, nil)
	_ = r.Unlock("")
	if tx, err := r.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) || !strings.Contains(err.Error(), "the sender is ") || tx != nil {
		t.Errorf("another key: %v", err)
	}
	legacy := answers(t, types.MustSignNewTx(drillKey(t, "guardian"), types.LatestSignerForChainID(pauseTx().ChainID),
		&types.LegacyTx{Nonce: 7, Gas: 210_000, GasPrice: big.NewInt(30), To: pauseTx().To, Value: big.NewInt(0), Data: pauseTx().Data}))
	if _, err := legacy.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) || !strings.Contains(err.Error(), "the type is ") {
		t.Errorf("another type: %v", err)
	}
}

// answers is a signer that has one transaction for every question.
func answers(t *testing.T, tx *types.Transaction) *sign.Remote {
	t.Helper()
	raw, err := tx.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return always(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":"%#x"}`, raw))
}

func always(t *testing.T, body string) *sign.Remote {
	t.Helper()
	r := remote(t, http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, body) }), nil)
	if err := r.Unlock(""); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsNoAnswerSignsNothing(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "<html>", "a megabyte": `{"jsonrpc":"2.0","id":1,"result":"0x` + strings.Repeat("00", 1<<19) + `"}`,
		"no version": `{"id":1,"result":"0x02"}`, "another id": `{"jsonrpc":"2.0","id":2,"result":"0x02"}`, "null": `{"jsonrpc":"2.0","id":1,"result":null}`,
		"no hex": `{"jsonrpc":"2.0","id":1,"result":"zz"}`, "no transaction": `{"jsonrpc":"2.0","id":1,"result":"0x02ff"}`, "empty": `{"jsonrpc":"2.0","id":1,"result":"0x"}`,
		"a number": `{"jsonrpc":"2.0","id":1,"result":7}`, "no raw": `{"jsonrpc":"2.0","id":1,"result":{"tx":{}}}`, "two": `{"jsonrpc":"2.0","id":1,"result":"0x"}{}`,
		"both": `{"jsonrpc":"2.0","id":1,"result":"0x02","error":{"code":1,"message":"x"}}`,
	} {
		if tx, err := always(t, body).Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) || tx != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := always(t, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Request denied\n`+strings.Repeat("x", 5000)+`"}}`)
	_, err := refused.Sign(t.Context(), types.NewTx(pauseTx()))
	if err == nil || !strings.Contains(err.Error(), "refuses (-32000)") || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
		t.Errorf("a refusal: %v", err)
	}
}

// A signer that hangs is waited for as long as its timeout, or as the context.
func TestASignerThatHangsIsNotWaitedForForEver(t *testing.T) {
	ended := make(chan struct{})
	hang := http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) {
		_, _ = io.Copy(io.Discard, in.Body) // only then is the end of the connection seen
		select {
		case <-in.Context().Done():
		case <-ended:
		}
	})
	drip := http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		out.WriteHeader(http.StatusOK)
		out.(http.Flusher).Flush() // the head comes at once, the body never
		hang(out, in)
	})
	t.Cleanup(func() { close(ended) })
	for name, handler := range map[string]http.Handler{"hang": hang, "drip": drip} {
		r := remote(t, handler, func(s *sign.Signer) { s.Timeout = 50 * time.Millisecond })
		_ = r.Unlock("")
		if tx, err := r.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrSilent) || !strings.Contains(err.Error(), "within 50ms") || tx != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := remote(t, hang, func(s *sign.Signer) { s.Timeout = time.Hour })
	_ = r.Unlock("")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Sign(ctx, types.NewTx(pauseTx())); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the context: %v", err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(elsewhere.Close)
	r := remote(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect), nil)
	_ = r.Unlock("")
	if _, err := r.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrAnswer) || !strings.Contains(err.Error(), "points elsewhere") || asked != 0 {
		t.Errorf("%v, asked elsewhere %d times", err, asked)
	}
}

func TestASignerIsReachedEncryptedOrOnThisMachine(t *testing.T) {
	guardian := drillAddress(t, "guardian")
	for address, ok := range map[string]bool{
		"https://kms.example": true, "http://127.0.0.1:8550": true, "http://[::1]:8550": true, "http://localhost": true,
		"http://kms.example": false, "http://127.0.0.1.kms.example": false, "http://10.0.0.1": false, "ws://127.0.0.1": false, "": false, "https://": false, "kms": false, "https://%zz": false,
	} {
		_, err := sign.OpenRemote(sign.Signer{URL: address, Address: guardian, Chain: ops.FirstDrillChain})
		if (err == nil) != ok || err != nil && !errors.Is(err, sign.ErrAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := sign.OpenRemote(sign.Signer{URL: "https://x", Address: guardian, Chain: 1}); !errors.Is(err, sign.ErrMixed) {
		t.Errorf("a drill's account on mainnet: %v", err)
	}
	if _, err := sign.OpenRemote(sign.Signer{URL: "https://x", Address: common.HexToAddress("1"), Chain: ops.FirstDrillChain}); !errors.Is(err, sign.ErrMixed) {
		t.Errorf("a real account in a drill: %v", err)
	}
	if _, err := sign.OpenRemote(sign.Signer{URL: "https://x", Address: guardian, Chain: ops.FirstDrillChain, Method: "eth_sign"}); err == nil {
		t.Error("another method was taken")
	}
}

// A certificate that nobody vouches for ends the question before it is put, and no
// error repeats the password in the address.
func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(&wallet{t: t, role: "guardian"})
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	r, err := sign.OpenRemote(sign.Signer{URL: strings.Replace(server.URL, "https://", "https://user:hunter2@", 1), Address: drillAddress(t, "guardian"), Chain: ops.FirstDrillChain})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Unlock("")
	if _, err := r.Sign(t.Context(), types.NewTx(pauseTx())); !errors.Is(err, sign.ErrSilent) || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// Any JSON-RPC answer shows that the signer is there; what it found is kept.
func TestAProbeTellsWhetherTheSignerIsThere(t *testing.T) {
	w := &wallet{t: t, role: "guardian"}
	server := httptest.NewServer(w)
	r, err := sign.OpenRemote(sign.Signer{URL: server.URL, Address: drillAddress(t, "guardian"), Chain: ops.FirstDrillChain})
	if err != nil {
		t.Fatal(err)
	}
	if r.Probe(t.Context()); r.Reachable() != nil || w.method != "eth_accounts" {
		t.Errorf("there: %v, asked %q", r.Reachable(), w.method)
	}
	server.Close()
	if r.Reachable() != nil {
		t.Error("it was asked again")
	}
	if r.Probe(t.Context()); !errors.Is(r.Reachable(), sign.ErrSilent) {
		t.Errorf("gone: %v", r.Reachable())
	}
}

func TestATransactionForAnotherChainIsNotGivenAway(t *testing.T) {
	w := &wallet{t: t, role: "guardian"}
	r := remote(t, w, nil)
	_ = r.Unlock("")
	other := pauseTx()
	other.ChainID = big.NewInt(1)
	creates := pauseTx()
	creates.To = nil
	for _, tx := range []*types.DynamicFeeTx{other, creates} {
		if _, err := r.Sign(t.Context(), types.NewTx(tx)); err == nil || w.method != "" {
			t.Errorf("%v, asked %q", err, w.method)
		}
	}
}

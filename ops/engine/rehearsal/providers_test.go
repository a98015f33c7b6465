package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// call is one JSON-RPC call, as far as poor looks at it.
type call struct {
	Version string            `json:"jsonrpc"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
	ID      json.RawMessage   `json:"id"`
}

// poor stands before a provider and makes nonsense of what poorer ones do not
// know: they answer "invalid params".
func poor(t *testing.T, upstream string, unknown func(call) bool) string {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var batch []call
		if json.Unmarshal(body, &batch) == nil {
			for i := range batch {
				if unknown(batch[i]) {
					batch[i].Params = []json.RawMessage{[]byte(`"nonsense"`)}
				}
			}
			if body, err = json.Marshal(batch); err != nil {
				t.Error(err)
			}
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func overrides(c call) bool { return c.Method == "eth_call" && len(c.Params) > 2 }

func creates(c call) bool {
	return c.Method == "eth_call" && len(c.Params) > 0 && !bytes.Contains(c.Params[0], []byte(`"to"`))
}

// Whatever a provider can do, the same questions have the same answers, and
// doctor tells by which means they are asked.
func TestEveryMeansOfReadingSaysTheSame(t *testing.T) {
	s := newStage(t, 1)
	for range 3 {
		s.step(t)
	}
	a := drill.Addresses()
	selector := func(signature string) string { return string(crypto.Keccak256([]byte(signature))[:4]) }
	word := func(b []byte) string { return string(common.LeftPadBytes(b, 32)) }
	asset := ops.Read{Kind: ops.ReadCall, To: a.Vault, Data: selector("asset()"), Name: "vault.asset()"}
	held := ops.Read{Kind: ops.ReadCall, Data: selector("balanceOf(address)") + word(a.Vault.Bytes()), Name: "vault.asset().balanceOf(vault)"}
	held.Links = ops.LinkedTo(ops.Link{Offset: ops.LinkTarget, Of: asset.Key()})
	reads := []ops.Read{
		{Kind: ops.ReadCall, To: a.Vault, Data: selector("totalAssets()"), Name: "vault.totalAssets()"},
		asset, held,
		{Kind: ops.ReadCall, To: a.Vault, Data: selector("nothingOfTheKind()"), Name: "vault.nothingOfTheKind()"},
		{Kind: ops.ReadBalance, To: drill.Address(drill.Guardian), Name: "balance(guardian)"},
		{Kind: ops.ReadCode, To: a.Vault, Name: "codehash(vault)"},
		{Kind: ops.ReadSlot, To: a.Vault, Data: string(common.FromHex("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")), Name: "implementation(vault)"},
		{Kind: ops.ReadTry, From: drill.Address(drill.Guardian), To: a.Vault, Data: selector("pause()"), Name: "vault.pause() by guardian"},
		{Kind: ops.ReadTry, From: drill.Address(drill.Mallory), To: a.Vault, Data: selector("pause()"), Name: "vault.pause() by mallory"},
		{Kind: ops.ReadBaseFee, Name: "block.basefee"},
		{Kind: ops.ReadNonce, To: drill.Address(drill.Deployer), Name: "the deployer's nonce"},
	}
	want := []ops.ReadStatus{ops.ReadOK, ops.ReadOK, ops.ReadOK, ops.ReadReverted, ops.ReadOK, ops.ReadOK, ops.ReadOK, ops.ReadOK, ops.ReadReverted, ops.ReadOK, ops.ReadOK}
	var first []ops.Reading
	for _, p := range []struct {
		means   chain.Means
		unknown func(call) bool
	}{
		{chain.ByOverride, func(call) bool { return false }},
		{chain.ByDeployless, overrides},
		{chain.ByBatch, func(c call) bool { return overrides(c) || creates(c) }},
	} {
		client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: s.rules(t).ChainID, HTTP: poor(t, s.HTTP(), p.unknown)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		head, err := client.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		readings, err := client.Read(t.Context(), head, reads)
		if err != nil {
			t.Fatalf("%s: %v", p.means, err)
		}
		for i, r := range readings {
			if r.Status != want[i] {
				t.Errorf("%s: %s is %d, want %d: %s", p.means, r.Read.Name, r.Status, want[i], r.Err)
			}
			if first != nil && !bytes.Equal(r.Data, first[i].Data) {
				t.Errorf("%s: %s is %x, and by override %x", p.means, r.Read.Name, r.Data, first[i].Data)
			}
		}
		if first == nil {
			first = readings
		}
		report := client.Probe(t.Context())
		if report.Means != p.means || report.Err != "" || report.Latency == 0 || report.Batch < 100 || report.Body < 1<<20 || !report.Oldest || !report.Clock || !report.Proofs || !report.Trials {
			t.Errorf("%s: %+v", p.means, report)
		}
		if p.means == chain.ByOverride && report.Gas < 40_000_000 {
			t.Errorf("%d gas", report.Gas)
		}
	}
}

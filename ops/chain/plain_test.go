package chain

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

type plainAsked struct {
	ID     json.RawMessage   `json:"id"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// plainClient asks a provider that knows plain calls alone.
func plainClient(t *testing.T, answer func(to common.Address) (result, failure any)) *Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var calls []plainAsked
		_ = json.NewDecoder(r.Body).Decode(&calls)
		var out []map[string]any
		for _, c := range calls {
			var m struct{ To common.Address }
			_ = json.Unmarshal(c.Params[0], &m)
			one := map[string]any{"jsonrpc": "2.0", "id": c.ID}
			if result, failure := answer(m.To); failure != nil {
				one["error"] = failure
			} else {
				one["result"] = result
			}
			out = append(out, one)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(s.Close)
	c, err := Open(t.Context(), Endpoint{Name: "plain", Chain: 1, HTTP: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.means.Store(int32(ByBatch))
	return c
}

var fifth = ops.BlockRef{Chain: 1, Number: 5, Hash: common.Hash{5}}

// A rate limit whose error carries data (as Infura's does) is no revert.
func TestARateLimitIsNotARevert(t *testing.T) {
	c := plainClient(t, func(common.Address) (any, any) {
		return nil, map[string]any{"code": -32005, "message": "daily request count exceeded, request rate limited", "data": map[string]any{"see": "https://infura.io/dashboard"}}
	})
	readings, err := c.Read(t.Context(), fifth, []ops.Read{{Kind: ops.ReadTry, From: common.Address{1}, To: common.Address{2}, Name: "reverts(vault.pause(), attacker)"}})
	if err == nil && readings[0].Status == ops.ReadReverted {
		t.Errorf("a provider that refused to answer is said to have found a revert: %+v", readings[0])
	}
}

// A call of an account without code succeeds with nothing; that is not known to be
// a call that would succeed.
func TestAPlainAttemptAtNoContractIsNotKnown(t *testing.T) {
	c := plainClient(t, func(common.Address) (any, any) { return "0x", nil })
	readings, err := c.Read(t.Context(), fifth, []ops.Read{{Kind: ops.ReadTry, From: common.Address{1}, To: common.Address{2}, Name: "reverts(vault.pause(), guardian)"}})
	if err == nil && readings[0].Status == ops.ReadOK {
		t.Error("no contract stands there (the aggregator says ReadNoCode), and the call is said to succeed")
	}
}

// A contract chooses the words of its revert: they must not make the whole block
// unknown.
func TestTheWordsOfARevertSpoilOnlyTheirRead(t *testing.T) {
	c := plainClient(t, func(to common.Address) (any, any) {
		if to == (common.Address{2}) {
			return nil, map[string]any{"code": 3, "message": "execution reverted: header not found", "data": "0x08c379a0"}
		}
		return common.Hash{31: 7}.Hex(), nil
	})
	readings, err := c.Read(t.Context(), fifth, []ops.Read{{To: common.Address{1}, Name: "vault.totalAssets()"}, {To: common.Address{2}, Name: "evil.f()"}})
	if err != nil || readings[0].Status != ops.ReadOK {
		t.Errorf("one contract blinds the whole block: %v", err)
	}
}

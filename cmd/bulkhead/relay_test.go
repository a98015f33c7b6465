package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// deaf is a relay that accepts whatever it is sent, and forgets it.
type deaf struct {
	url   string
	chain string
	got   atomic.Int64
}

func (d *deaf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var call struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
		Params []string        `json:"params"`
	}
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&call) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	result := d.chain
	if call.Method == "eth_sendRawTransaction" {
		d.got.Add(1)
		result = crypto.Keccak256Hash([]byte(call.Params[0])).Hex()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": result})
}

// behind makes the console send through a relay first.
func (s served) behind(t *testing.T, chain string) *deaf {
	t.Helper()
	d := &deaf{chain: chain}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.url = server.URL
	s.change(t, "config.yaml", "    endpoints:", "    relay: {name: deaf, http: \""+d.url+"\", public_after: 2}\n    endpoints:")
	return d
}

// Fault 31: a relay accepts and never includes. After its blocks everybody gets the
// same bytes, and they take effect.
func TestARelayThatIncludesNothingIsGoneAround(t *testing.T) {
	s := serveForTest(t)
	relay := s.behind(t, hexutil.EncodeUint64(uint64(ops.FirstDrillChain)))
	code, out, talk := s.sealing(t, func() (int, string, string) {
		return typed(t, "drill freeze vault\n", "runbook", "run", "R1", "-c", s.config, "--reason", "a drill")
	})
	if code != exitOK || !strings.Contains(out, ops.StageContained.String()) || !strings.Contains(talk, "deaf alone, everybody after 2 blocks") {
		t.Errorf("exit %d: %s%s", code, out, talk)
	}
	if relay.got.Load() != 1 || !strings.Contains(out, "deaf did not include it in 2 blocks") {
		t.Errorf("%d to the relay: %s", relay.got.Load(), out)
	}
}

func TestARelayOfAnotherChainIsRefused(t *testing.T) {
	s := serveForTest(t)
	s.behind(t, "0x1")
	code, _, talk := program(t, "runbook", "run", "R1", "-c", s.config, "--reason", "a drill")
	if code != exitConfig || !strings.Contains(talk, "provider deaf serves chain 1") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

func TestARelayMayNotHoldUpAContainmentForLong(t *testing.T) {
	s := serveForTest(t)
	s.behind(t, "0x1")
	s.change(t, "config.yaml", "public_after: 2", "public_after: 11")
	code, _, talk := program(t, "check", "-c", s.config)
	if code != exitConfig || !strings.Contains(talk, "hold up a containment for 11 blocks") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

package chain_test

import (
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/rpc"
)

// ask is a bare call, as no client of ours makes it.
func ask(t *testing.T, address, method string, args ...any) json.RawMessage {
	t.Helper()
	c, err := rpc.DialContext(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var out json.RawMessage
	if err := c.CallContext(t.Context(), &out, method, args...); err != nil {
		t.Fatal(err)
	}
	return out
}

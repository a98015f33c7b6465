package chain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
)

// liar answers every request by a function of its own over each entry.
func liar(t *testing.T, answer func(method string, id json.RawMessage) string) *chain.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		type entry struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		var batch []entry
		if json.Unmarshal(body, &batch) != nil {
			var one entry
			_ = json.Unmarshal(body, &one)
			_, _ = io.WriteString(w, answer(one.Method, one.ID))
			return
		}
		parts := make([]string, len(batch))
		for i, e := range batch {
			parts[i] = answer(e.Method, e.ID)
		}
		_, _ = io.WriteString(w, "["+strings.Join(parts, ",")+"]")
	}))
	t.Cleanup(server.Close)
	return client(t, chain.Endpoint{HTTP: server.URL, Timeout: 2 * time.Second})
}

func result(id json.RawMessage, value string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, id, value)
}

// asked is every question of the client whose answer is a value.
var asked = map[string]func(ctx context.Context, c *chain.Client) error{
	"chain":    func(ctx context.Context, c *chain.Client) error { return c.CheckChain(ctx) },
	"latest":   func(ctx context.Context, c *chain.Client) error { _, err := c.Latest(ctx); return err },
	"header":   func(ctx context.Context, c *chain.Client) error { _, err := c.Header(ctx, common.Hash{1}); return err },
	"headerAt": func(ctx context.Context, c *chain.Client) error { _, err := c.Canonical(ctx, 5); return err },
	"read": func(ctx context.Context, c *chain.Client) error {
		readings, err := c.Read(ctx, ops.BlockRef{Hash: common.Hash{1}}, reads(2))
		if err == nil && readings[0].Status == ops.ReadNotRun && readings[1].Status == ops.ReadNotRun {
			return errors.New(readings[0].Err) // asked one by one, each says so for itself
		}
		return err
	},
	"block logs": func(ctx context.Context, c *chain.Client) error {
		_, _, err := c.ReadBlock(ctx, ops.BlockRef{Hash: common.Hash{1}}, nil, chain.Filter{Addresses: []common.Address{vault}})
		return err
	},
	"logs": func(ctx context.Context, c *chain.Client) error {
		_, err := c.Logs(ctx, 3, 9, chain.Filter{Addresses: []common.Address{vault}})
		return err
	},
	"account": func(ctx context.Context, c *chain.Client) error { _, err := c.Account(ctx, vault); return err },
	"message": func(ctx context.Context, c *chain.Client) error { _, err := c.Message(ctx, common.Hash{1}); return err },
	"code": func(ctx context.Context, c *chain.Client) error {
		_, err := c.CodeHash(ctx, ops.BlockRef{}, vault, true)
		return err
	},
	"trial": func(ctx context.Context, c *chain.Client) error {
		_, err := c.Try(ctx, ops.Trial{Reads: reads(1)})
		return err
	},
}

// Fault 6.
func TestNoLieOfAProviderBecomesAValue(t *testing.T) {
	for name, answer := range map[string]func(method string, id json.RawMessage) string{
		"no JSON":         func(string, json.RawMessage) string { return `{"jsonrpc":"2.0","id":1,"result":` },
		"another's id":    func(string, json.RawMessage) string { return result(json.RawMessage("987654321"), `"0x6fdce9"`) },
		"no result":       func(_ string, id json.RawMessage) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s}`, id) },
		"null":            func(_ string, id json.RawMessage) string { return result(id, "null") },
		"a number":        func(_ string, id json.RawMessage) string { return result(id, "7") },
		"an empty object": func(_ string, id json.RawMessage) string { return result(id, "{}") },
		"a list of nulls": func(_ string, id json.RawMessage) string { return result(id, "[null]") },
		"an empty text":   func(_ string, id json.RawMessage) string { return result(id, `""`) },
		"0x":              func(_ string, id json.RawMessage) string { return result(id, `"0x"`) },
		"a refusal": func(_ string, id json.RawMessage) string {
			return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"%s"}}`, id, strings.Repeat("no ", 100_000))
		},
		"another block": func(_ string, id json.RawMessage) string {
			return result(id, fmt.Sprintf(`{"number":"0x63","hash":"%s","parentHash":"%s","timestamp":"0x1"}`, common.Hash{9}, common.Hash{8}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := liar(t, answer)
			for what, ask := range asked {
				if what == "latest" && name == "another block" {
					continue // any block may be the latest
				}
				err := ask(t.Context(), c)
				if err == nil {
					t.Errorf("%s: taken for an answer", what)
				} else if len(err.Error()) > 1000 {
					t.Errorf("%s: the error is %d bytes long", what, len(err.Error()))
				}
			}
		})
	}
}

func TestALogThatIsNotOfTheBlockIsAnError(t *testing.T) {
	at := ops.BlockRef{Number: 5, Hash: common.Hash{1}}
	entry := func(block common.Hash, index, data, more string) string {
		return fmt.Sprintf(`{"address":"%s","topics":[],"data":"%s","transactionHash":"%s","transactionIndex":"0x0","blockHash":"%s","blockNumber":"0x5","logIndex":"%s"%s}`,
			vault, data, common.Hash{3}, block, index, more)
	}
	for _, c := range []struct {
		name, logs string
		kept       int
		want       string
	}{
		{"one", entry(at.Hash, "0x1", "0x", ""), 1, ""},
		{"the same twice", entry(at.Hash, "0x1", "0x", "") + "," + entry(at.Hash, "0x1", "0x", ""), 1, ""},
		{"two out of order", entry(at.Hash, "0x2", "0x", "") + "," + entry(at.Hash, "0x1", "0x", ""), 2, ""},
		{"another block's", entry(common.Hash{2}, "0x1", "0x", ""), 0, "got one of"},
		{"one that was removed", entry(at.Hash, "0x1", "0x", `,"removed":true`), 0, "got one of"},
		{"two at one place", entry(at.Hash, "0x1", "0x", "") + "," + entry(at.Hash, "0x1", "0x01", ""), 0, "two different logs"},
		{"one without an address", strings.Replace(entry(at.Hash, "0x1", "0x", ""), "address", "addres_", 1), 0, "missing required field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := liar(t, func(_ string, id json.RawMessage) string { return result(id, "["+c.logs+"]") })
			_, logs, err := client.ReadBlock(t.Context(), at, nil, chain.Filter{Addresses: []common.Address{vault}})
			if c.want == "" && (err != nil || len(logs) != c.kept) || c.want != "" && (err == nil || logs != nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, %v", logs, err)
			}
		})
	}
}

func TestABodyWithoutEndIsNotReadToItsEnd(t *testing.T) {
	for name, chunk := range map[string]string{"text": strings.Repeat("a", 1<<16), "objects": strings.Repeat("{},", 1<<14), "an answer that was refused": ""} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				opening := `[{"jsonrpc":"2.0","id":1,"result":"`
				filler := strings.Repeat("a", 1<<10)
				if name == "objects" {
					opening, filler = "[", ""
				}
				if chunk == "" {
					w.WriteHeader(http.StatusTooManyRequests)
				}
				_, _ = io.WriteString(w, opening)
				for sent.Load() < 256<<20 {
					n, err := io.WriteString(w, chunk+filler)
					if err != nil {
						return
					}
					sent.Add(int64(n))
				}
			}))
			t.Cleanup(server.Close)
			c := client(t, chain.Endpoint{HTTP: server.URL, Timeout: 20 * time.Second})
			_, err := c.Latest(t.Context())
			if err == nil {
				t.Fatal("256 MB were taken for an answer")
			}
			if chunk != "" && !errors.Is(err, chain.ErrOversized) {
				t.Errorf("not refused for its length: %v", err)
			}
			server.CloseClientConnections()
			if n := sent.Load(); n > 3*chain.MaxBody {
				t.Errorf("%d MB were read", n>>20)
			}
		})
	}
}

func TestAnAnswerThatNeverComesEndsWithTheDeadline(t *testing.T) {
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		<-hold
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hold) })
	c := client(t, chain.Endpoint{HTTP: server.URL, Timeout: 50 * time.Millisecond})
	for what, ask := range asked {
		if err := ask(t.Context(), c); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestATimeThatNoJournalCanWriteIsBroughtBack(t *testing.T) {
	c := liar(t, func(_ string, id json.RawMessage) string {
		return result(id, fmt.Sprintf(`{"number":"0x1","hash":"%s","parentHash":"%s","timestamp":"0xffffffffffffffff"}`, common.Hash{9}, common.Hash{8}))
	})
	at, err := c.Latest(t.Context())
	if err != nil || at.Time.Year() != 9999 {
		t.Fatalf("%v, %v", at.Time, err)
	}
	if _, err := json.Marshal(at); err != nil {
		t.Errorf("the block cannot be written down: %v", err)
	}
}

func TestAnAddressThatIsNotHTTPIsRefused(t *testing.T) {
	for _, bad := range []string{"", "ws://127.0.0.1:1", "/tmp/geth.ipc", "http://", "127.0.0.1:8545"} {
		if _, err := chain.Open(t.Context(), chain.Endpoint{Name: "x", HTTP: bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

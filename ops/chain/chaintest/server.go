package chaintest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
)

// Server serves a chain. Call answers eth_call, or CallAt where the block matters;
// Simulate answers eth_simulateV1; without them the methods fail, and without TraceBlock
// nothing is traced.
type Server struct {
	*Chain
	HTTP     string
	WS       string
	Call     func(data []byte) ([]byte, error)
	CallAt   func(block common.Hash, data []byte) ([]byte, error)
	Simulate func(options json.RawMessage) (any, error)
	// TraceBlock answers debug_traceBlockByHash and trace_block, by their names.
	TraceBlock func(method string) (any, error)
	NoCode     error // that eth_getCode fails with
	Mempool    Mempool

	mu       sync.Mutex
	requests int
	blocks   []json.RawMessage // the block parameter of each eth_call
	sent     []hexutil.Bytes
}

// Serve starts a server that ends with the test.
func Serve(t testing.TB, c *Chain) *Server {
	t.Helper()
	s := &Server{Chain: c}
	server := rpc.NewServer()
	if err := server.RegisterName("eth", &api{s}); err != nil {
		t.Fatal(err)
	}
	if err := server.RegisterName("debug", &debug{s}); err != nil {
		t.Fatal(err)
	}
	if err := server.RegisterName("trace", &trace{s}); err != nil {
		t.Fatal(err)
	}
	ws := server.WebsocketHandler([]string{"*"})
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			ws.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		s.requests++
		s.mu.Unlock()
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Stop(); listener.Close() })
	s.HTTP, s.WS = listener.URL, "ws"+strings.TrimPrefix(listener.URL, "http")
	return s
}

// Requests is how many HTTP requests came, however many calls each held.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Pins are the block parameters of all eth_call so far.
func (s *Server) Pins() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, len(s.blocks))
	for i, b := range s.blocks {
		out[i] = string(b)
	}
	return out
}

// api holds the methods by which JSON-RPC knows them.
type api struct{ s *Server }

// ChainId is eth_chainId: the wire spells it so.
func (a *api) ChainId() hexutil.Uint64 {
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	return hexutil.Uint64(a.s.id)
}

func (a *api) GetBlockByNumber(number rpc.BlockNumber, whole bool) *Filled {
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	n := int(number)
	if number == rpc.LatestBlockNumber {
		n = len(a.s.canonical) - 1
	}
	if n < 0 || n >= len(a.s.canonical) {
		return nil
	}
	return a.s.filled(a.s.canonical[n], whole)
}

func (a *api) GetBlockByHash(hash common.Hash, whole bool) *Filled {
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	h, ok := a.s.all[hash]
	if !ok {
		return nil
	}
	return a.s.filled(h, whole)
}

type logFilter struct {
	BlockHash *common.Hash     `json:"blockHash"`
	From      *hexutil.Uint64  `json:"fromBlock"`
	To        *hexutil.Uint64  `json:"toBlock"`
	Address   []common.Address `json:"address"`
}

func (a *api) GetLogs(f logFilter) ([]types.Log, error) {
	a.s.Chain.mu.Lock()
	defer a.s.Chain.mu.Unlock()
	out := []types.Log{}
	add := func(hash common.Hash) {
		for _, l := range a.s.logs[hash] {
			if len(f.Address) == 0 || slices.Contains(f.Address, l.Address) {
				out = append(out, l)
			}
		}
	}
	if f.BlockHash != nil {
		add(*f.BlockHash)
		return out, nil
	}
	if f.From == nil || f.To == nil {
		return nil, fmt.Errorf("no range")
	}
	for n := int(*f.From); n <= int(*f.To) && n < len(a.s.canonical); n++ {
		add(a.s.canonical[n].Hash)
	}
	return out, nil
}

type message struct {
	Data hexutil.Bytes `json:"data"`
}

func (a *api) Call(m message, block json.RawMessage, _ *json.RawMessage) (hexutil.Bytes, error) {
	a.s.mu.Lock()
	a.s.blocks = append(a.s.blocks, block)
	a.s.mu.Unlock()
	if a.s.CallAt != nil {
		var pin struct {
			Hash common.Hash `json:"blockHash"`
		}
		_ = json.Unmarshal(block, &pin)
		return a.s.CallAt(pin.Hash, m.Data)
	}
	if a.s.Call == nil {
		return nil, fmt.Errorf("no call is served")
	}
	return a.s.Call(m.Data)
}

func (a *api) SimulateV1(options json.RawMessage, _ json.RawMessage) (any, error) {
	if a.s.Simulate == nil {
		return nil, fmt.Errorf("no simulation is served")
	}
	return a.s.Simulate(options)
}

// NewHeads is eth_subscribe("newHeads").
func (a *api) NewHeads(ctx context.Context) (*rpc.Subscription, error) {
	notifier, ok := rpc.NotifierFromContext(ctx)
	if !ok {
		return nil, rpc.ErrNotificationsUnsupported
	}
	subscription := notifier.CreateSubscription()
	heads, leave := a.s.listen()
	ended := subscription.Err()
	go func() { // ends with the subscription, which ends with its connection
		defer leave()
		for {
			select {
			case h := <-heads:
				if notifier.Notify(subscription.ID, h) != nil {
					return
				}
			case err, more := <-ended:
				if err != nil || !more {
					return
				}
			}
		}
	}()
	return subscription, nil
}

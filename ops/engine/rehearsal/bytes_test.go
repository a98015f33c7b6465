package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// scale stands before a provider and weighs what passes, both ways, unpacked.
type scale struct {
	url   string
	mu    sync.Mutex
	bytes int
}

func weigh(t *testing.T, upstream string) *scale {
	t.Helper()
	s := &scale{}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	t.Cleanup(client.CloseIdleConnections)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		answer, err := client.Post(upstream, "application/json", bytes.NewReader(asked)) //nolint:noctx // it is bounded by the test
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		said, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.bytes += len(asked) + len(said)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(said)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *scale) weight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.bytes
	s.bytes = 0
	return was
}

// Goal P4: a thousand words of one contract's storage cost hardly more than the
// bare call that reads them, and each further contract some 120 bytes.
func TestWhatStorageCostsInBytes(t *testing.T) {
	s := newStage(t, 1)
	w := weigh(t, s.HTTP())
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: s.rules(t).ChainID, HTTP: w.url})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	head, err := client.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	words := func(contracts, each int) []ops.Read {
		var reads []ops.Read
		for c := range contracts {
			to := drill.Addresses().Vault
			if c > 0 {
				to = common.BytesToAddress(crypto.Keccak256([]byte{byte(c), byte(c >> 8)}))
			}
			for n := range each {
				key := crypto.Keccak256([]byte{byte(c), byte(c >> 8), byte(n), byte(n >> 8)})
				reads = append(reads, ops.Read{Kind: ops.ReadSlot, To: to, Data: string(key)})
			}
		}
		return reads
	}
	cost := func(reads []ops.Read) int {
		t.Helper()
		w.weight()
		readings, err := client.Read(t.Context(), head, reads)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range readings {
			if r.Status != ops.ReadOK {
				t.Fatalf("%+v", r)
			}
		}
		return w.weight()
	}
	bare := func(n int) int {
		code := "0x" + strings.Repeat("00", 25) // a loop of SLOADs: it is weighed, not run
		keys := make([]byte, 32*n)
		call, err := json.Marshal([]any{map[string]any{"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": []any{
			map[string]any{"to": drill.Addresses().Vault, "data": hexutil.Bytes(keys)}, map[string]any{"blockHash": head.Hash},
			map[string]any{drill.Addresses().Vault.Hex(): map[string]any{"code": code}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(call) + len(`[{"jsonrpc":"2.0","id":1,"result":"0x"}]`) + 2*len(keys)
	}
	if got, floor := cost(words(1, 1000)), bare(1000); got > floor*11/10 {
		t.Errorf("1,000 words of one contract: %d bytes, and bare it is %d", got, floor)
	}
	one, many := cost(words(1, 3)), cost(words(1001, 3))
	per := (many - one) / 1000
	if per > 2*2*3*32+2*32+8+160 { // keys and words in hex, the entry's head, the override
		t.Errorf("%d bytes for each further contract with three words", per)
	}
	t.Logf("1,000 words: %d bytes (bare %d); a further contract with three words: %d bytes, %d of them keys and words", cost(words(1, 1000)), bare(1000), per, 2*2*3*32)
}

// Goal P5: what others emit is not fetched. With 500 unrelated logs in a block its
// logs cost less than a hundredth of fetching all of them.
func TestWhatLogsCostInBytes(t *testing.T) {
	fake := chaintest.Serve(t, chaintest.New(uint64(ops.FirstDrillChain)))
	fake.Mine(1)
	vault := drill.Addresses().Vault
	for i := range 500 {
		fake.Emit(fake.At(1), types.Log{Address: common.Address{byte(i), 1}, Index: uint(i), Topics: []common.Hash{{1}, {2}, {3}}, Data: make([]byte, 64)})
	}
	fake.Emit(fake.At(1), types.Log{Address: vault, Index: 500, Topics: []common.Hash{{1}}, Data: make([]byte, 64)})
	w := weigh(t, fake.HTTP)
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "fake", Chain: ops.FirstDrillChain, HTTP: w.url})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	cost := func(f chain.Filter, want int) int {
		t.Helper()
		w.weight()
		_, logs, err := client.ReadBlock(t.Context(), ops.BlockRef{Number: 1, Hash: fake.At(1).Hash}, nil, f)
		if err != nil || len(logs) != want {
			t.Fatal(len(logs), err)
		}
		return w.weight()
	}
	all := chain.Filter{Addresses: []common.Address{vault}}
	for i := range 500 {
		all.Addresses = append(all.Addresses, common.Address{byte(i), 1})
	}
	ours, everything := cost(chain.Filter{Addresses: []common.Address{vault}}, 1), cost(all, 501)
	everything -= len(all.Addresses) * 46 // who fetches all names nobody
	if ours*100 > everything {
		t.Errorf("%d bytes, and all of them are %d", ours, everything)
	}
	t.Logf("%d bytes of %d", ours, everything)
}

package rehearsal_test

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// crowd adds invariants to the stage's policy, each with a read of its own.
func (s *stage) crowd(t testing.TB, n int) {
	t.Helper()
	path := filepath.Join(s.folder, "policy.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var more strings.Builder
	for i := range n {
		holder := common.BigToAddress(big.NewInt(int64(i + 1))).Hex()
		fmt.Fprintf(&more, "  - {id: B%d, title: Nobody, class: asset, severity: warning, owner: risk, holds: 'vault.balanceOf(\"%s\") <= vault.totalSupply()', action: freeze-vault}\n", i, holder)
	}
	text := strings.Replace(string(b), "\ndetectors:\n", "\n"+more.String()+"\ndetectors:\n", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// recorder stands before a provider, counts requests and keeps the last long one.
type recorder struct {
	url      string
	mu       sync.Mutex
	last     []byte
	beside   []byte // a trace, asked side by side with it
	requests int
	delay    time.Duration
}

func record(t testing.TB, upstream string) *recorder {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.requests++
		switch {
		case bytes.Contains(body, []byte("eth_getLogs")) && bytes.Contains(body, []byte("eth_call")):
			r.last = body
		case bytes.Contains(body, []byte("debug_traceBlockByHash")):
			r.beside = body
		}
		delay := r.delay
		r.mu.Unlock()
		if delay > 0 {
			time.Sleep(delay) // a round trip, not a wait for something
		}
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		proxy.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *recorder) asked() ([]byte, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.requests
}

// judgedBy are the requests that a block was judged by, which are sent side by side: the
// one for its reads and logs and, where something looks inside transactions, the trace.
func (r *recorder) judgedBy() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.beside == nil {
		return [][]byte{r.last}
	}
	return [][]byte{r.last, r.beside}
}

// percentiles reports what a benchmark of its own clock measured.
func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
}

// BenchmarkHeadToDecision is goal P1 with many probes: from the sealing of a block
// to the publication of its findings, against the floor of sending, on each head,
// the very bytes that the console sends, and reading the answer without a look.
func BenchmarkHeadToDecision(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		s := newStage(b, 1)
		s.crowd(b, n)
		s.deciding(b, fmt.Sprint(n))
	}
}

// deciding measures a console and the floor of its requests.
func (s *stage) deciding(b *testing.B, name string) {
	b.Helper()
	r := record(b, s.HTTP())
	b.Run("console/"+name, func(b *testing.B) {
		w := s.console(b, s.HTTP(), s.WS())
		s.step(b, w)
		var took []time.Duration
		b.ReportAllocs()
		for b.Loop() {
			sealed, err := s.Step(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			w.until("the block is judged", func(s ops.Snapshot) bool { return s.Head.Number >= sealed.Block.Number })
			took = append(took, time.Since(start))
			w.until("the board is measured", func(s ops.Snapshot) bool { return s.Board[0].At.Number >= sealed.Block.Number })
		}
		percentiles(b, took)
	})
	b.Run("floor/"+name, func(b *testing.B) {
		w := s.console(b, r.url, s.WS()) // to hear what it asks
		asked := s.step(b, w).Block
		w.quit()
		bodies := r.judgedBy()
		socket, err := rpc.Dial(s.WS())
		if err != nil {
			b.Fatal(err)
		}
		defer socket.Close()
		heads := make(chan *types.Header, 16)
		subscription, err := socket.EthSubscribe(b.Context(), heads, "newHeads")
		if err != nil {
			b.Fatal(err)
		}
		defer subscription.Unsubscribe()
		var took []time.Duration
		for b.Loop() {
			sealed, err := s.Step(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			for h := range heads {
				var asking sync.WaitGroup
				for _, body := range bodies {
					asking.Go(func() { bare(b, s.HTTP(), bytes.ReplaceAll(body, []byte(asked.Hash.Hex()), []byte(h.Hash().Hex()))) })
				}
				asking.Wait()
				if h.Number.Uint64() >= sealed.Block.Number {
					break
				}
			}
			took = append(took, time.Since(start))
		}
		percentiles(b, took)
	})
}

func bare(b *testing.B, url string, body []byte) {
	b.Helper()
	answer, err := http.Post(url, "application/json", bytes.NewReader(body)) //nolint:noctx // the floor is bare
	if err != nil {
		b.Error(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n < 1000 {
		b.Error(n, err)
	}
}

// Goal P3: one request for a block's reads and logs, however many; the board and
// the head cost what they cost with one invariant.
func TestABlockCostsOneRequestHoweverManyInvariants(t *testing.T) {
	costs := map[int]int{}
	for _, n := range []int{1, 1000} {
		s := newStage(t, 1)
		s.crowd(t, n)
		r := record(t, s.HTTP())
		w := s.console(t, r.url, s.WS())
		s.step(t, w)
		w.until("the board is measured", func(s ops.Snapshot) bool { return s.Board[0].At.Number >= s.Head.Number })
		_, before := r.asked()
		const blocks = 10
		for range blocks {
			s.step(t, w)
			w.until("the board is measured", func(s ops.Snapshot) bool { return s.Board[0].At.Number >= s.Head.Number })
		}
		_, after := r.asked()
		costs[n] = (after - before) / blocks
		body, _ := r.asked()
		if entries := bytes.Count(body, []byte(`"method"`)); entries > 4 {
			t.Errorf("%d invariants: %d entries in the batch", n, entries)
		}
	}
	if costs[1] != costs[1000] {
		t.Errorf("requests for a block: %v", costs)
	}
}

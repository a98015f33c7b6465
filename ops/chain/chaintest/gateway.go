package chaintest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Gateway stands before a provider's HTTP address. It understands what passes,
// call by call, and does it the wrong of one Fault at a time.
type Gateway struct {
	HTTP string

	upstream string
	mu       sync.Mutex
	fault    Fault
	changed  chan struct{} // closed when another fault comes, or the test ends
	requests int
	came     *sync.Cond
}

// Behind starts a gateway before an http:// address that ends with the test.
func Behind(t testing.TB, httpURL string) *Gateway {
	t.Helper()
	g := &Gateway{upstream: httpURL, changed: make(chan struct{})}
	g.came = sync.NewCond(&g.mu)
	server := httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(func() {
		g.Heal() // nothing is held any more
		server.CloseClientConnections()
		server.Close()
	})
	g.HTTP = server.URL
	return g
}

// Set makes it do wrong. What it holds back under the fault before goes on.
func (g *Gateway) Set(f Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = f
	close(g.changed)
	g.changed = make(chan struct{})
}

// Heal ends the fault.
func (g *Gateway) Heal() { g.Set(Fault{}) }

// Lead makes it stand before another provider.
func (g *Gateway) Lead(httpURL string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.upstream = httpURL
}

// Requests is how many HTTP requests came, however many calls each held.
func (g *Gateway) Requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.requests
}

// AwaitRequests blocks until so many requests came in all.
func (g *Gateway) AwaitRequests(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.requests < n {
		g.came.Wait()
	}
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.requests++
	g.came.Broadcast()
	fault, healed := g.fault, g.changed
	g.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if fault.refuse != nil && fault.refuse(w, r, healed) {
		return
	}
	calls, alone, err := parse(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answers, err := g.pass(fault, calls)
	if err != nil { // the provider behind is gone
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	out, err := json.Marshal(answers)
	if alone && len(answers) == 1 {
		out, err = json.Marshal(answers[0])
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if fault.write != nil {
		fault.write(w, r, out, healed)
		return
	}
	_, _ = w.Write(out)
}

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

// questions stand between a console and its node, and know which blocks it asked about.
type questions struct {
	mu    sync.Mutex
	asked []byte
	news  chan struct{} // of one
}

// between makes the console ask through them.
func (s served) between(t *testing.T) *questions {
	t.Helper()
	to, err := url.Parse(s.Drill.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	q, proxy := &questions{news: make(chan struct{}, 1)}, httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		q.mu.Lock()
		q.asked = append(q.asked, body...)
		q.mu.Unlock()
		select {
		case q.news <- struct{}{}:
		default:
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.change(t, "config.yaml", s.Drill.HTTP(), server.URL)
	return q
}

func (q *questions) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = q.asked[:0]
}

func (q *questions) named(block common.Hash) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return bytes.Contains(q.asked, []byte(block.Hex()))
}

// sealing seals one block after the other while something runs: each once the one before
// was asked about, for a console that is slower than its chain follows nothing up.
func (s served) sealing(t *testing.T, while func() (int, string, string)) (code int, out, talk string) {
	t.Helper()
	q, stop, sealed := s.between(t), make(chan struct{}), make(chan error, 1)
	go func() { // waited for below
		for {
			q.forget()
			at, err := s.Drill.Step(t.Context())
			if err != nil {
				sealed <- err
				return
			}
			for !q.named(at.Block.Hash) {
				select {
				case <-stop:
					sealed <- nil
					return
				case <-q.news:
				}
			}
		}
	}()
	code, out, talk = while()
	close(stop)
	if err := <-sealed; err != nil {
		t.Fatal(err)
	}
	return code, out, talk
}

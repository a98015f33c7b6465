package chain_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// granting answers calls of at most so many entries as echo does, and refuses
// longer ones.
func granting(most *int) func([]byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		n := 0
		_ = chaintest.Aggregate(data, func(byte, common.Address, []byte) chaintest.Answer {
			n++
			return chaintest.Answer{}
		})
		if n > *most {
			return nil, errors.New("execution aborted (timeout = 5s)")
		}
		return echo(data)
	}
}

func readAll(t *testing.T, c *chain.Client, s *chaintest.Server, n int) int {
	t.Helper()
	before := s.Requests()
	h := s.Head()
	readings, err := c.Read(t.Context(), ops.BlockRef{Number: uint64(h.Number), Hash: h.Hash}, reads(n))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range readings {
		if r.Status != ops.ReadOK || common.BytesToHash(r.Data).Big().Uint64() != uint64(i) {
			t.Fatalf("read %d: %+v", i, r)
		}
	}
	return s.Requests() - before
}

// One request for any number of reads, as far as the provider grants it.
func TestABlockIsOneRequestHoweverManyReads(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Call = echo
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	for _, n := range []int{1, 10, 100, 1000, 5000} {
		if took := readAll(t, c, s, n); took != 1 {
			t.Errorf("%d reads took %d requests", n, took)
		}
	}
	if took := readAll(t, c, s, 7000); took != 2 {
		t.Errorf("7,000 reads took %d requests", took)
	}
}

// What a provider refuses for its length is asked in parts, and the length is
// remembered; when it grants more again, that is found out too.
func TestALengthThatWasRefusedIsRemembered(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	most := 300
	s.Call = granting(&most)
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	if took := readAll(t, c, s, 1000); took > 6 {
		t.Errorf("to learn it took %d requests", took)
	}
	learned := readAll(t, c, s, 1000)
	if learned > 4 {
		t.Errorf("once learned it takes %d requests", learned)
	}
	most = 10_000
	for range 200 {
		readAll(t, c, s, 1000)
	}
	if took := readAll(t, c, s, 1000); took != 1 {
		t.Errorf("granted everything again, it takes %d requests", took)
	}
}

// A provider that refuses everything is not asked for ever, and the next block
// is asked whole again.
func TestAProviderThatRefusesEverythingIsGivenUp(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	most := 0
	s.Call = granting(&most)
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	h := s.Head()
	if _, err := c.Read(t.Context(), ops.BlockRef{Hash: h.Hash}, reads(5000)); err == nil || s.Requests() > 8 {
		t.Errorf("%v after %d requests", err, s.Requests())
	}
	most = 10_000
	if took := readAll(t, c, s, 5000); took != 1 {
		t.Errorf("after that it took %d requests", took)
	}
}

// A block that the provider does not have is not asked for in parts.
func TestAMissingBlockIsNoMatterOfLength(t *testing.T) {
	for _, words := range []string{"header not found", "missing trie node 00aa (path )", "hash 0xaa is not currently canonical"} {
		s := chaintest.Serve(t, chaintest.New(drill))
		s.Call = func([]byte) ([]byte, error) { return nil, errors.New(words) }
		if _, err := client(t, chain.Endpoint{HTTP: s.HTTP}).Read(t.Context(), ops.BlockRef{}, reads(1000)); err == nil || s.Requests() != 1 {
			t.Errorf("%s: %v after %d requests", words, err, s.Requests())
		}
	}
}

// A gateway that refuses long bodies is asked in parts.
func TestABodyThatIsTooLongIsAskedInParts(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Call = echo
	upstream, err := url.Parse(s.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 100_000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(gateway.Close)
	c := client(t, chain.Endpoint{HTTP: gateway.URL})
	if took := readAll(t, c, s, 2000); took > 8 {
		t.Errorf("%d requests", took)
	}
}

// A call whose gas ends early goes on in the next request where it stopped.
func TestWhatTheGasDidNotReachIsAskedNext(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Call = func(data []byte) ([]byte, error) {
		answer, err := echo(data)
		return answer[:min(len(answer), 400*36)], err // 400 results of a word
	}
	if took := readAll(t, client(t, chain.Endpoint{HTTP: s.HTTP}), s, 1000); took != 3 {
		t.Errorf("%d requests", took)
	}
}

package chain_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// Faults 5 and 6, at one provider: whatever goes wrong on the wire is an error in
// time and never a value.
func TestWhatGoesWrongOnTheWireIsAnErrorAndNeverAValue(t *testing.T) {
	for name, c := range map[string]struct {
		fault chaintest.Fault
		fine  bool // it must be understood all the same
	}{
		"none":       {chaintest.Fault{}, true},
		"reordered":  {chaintest.Reordered(3), true},
		"duplicated": {chaintest.Duplicated(), true},
		"stale":      {chaintest.Stale(2), true},
		"slow":       {chaintest.Slow(time.Millisecond), true},
		"no storm":   {chaintest.Storm(1, 0), true},
		"silent":     {chaintest.Silent(), false},
		"too slow":   {chaintest.Slow(time.Hour), false},
		"oversized":  {chaintest.Oversized(chain.MaxBody + 1<<20), false},
		"malformed":  {chaintest.Malformed(1), false},
		"wrong id":   {chaintest.WrongID(), false},
		"429":        {chaintest.Status(http.StatusTooManyRequests), false},
		"503":        {chaintest.Status(http.StatusServiceUnavailable), false},
		"a storm":    {chaintest.Storm(1, 1), false},
		"dripping":   {chaintest.Dripping(), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := chaintest.Serve(t, chaintest.New(drill))
			s.Call = echo
			s.Mine(5)
			s.Emit(s.At(3), types.Log{Address: vault})
			g := chaintest.Behind(t, s.HTTP)
			client := client(t, chain.Endpoint{HTTP: g.HTTP, Timeout: time.Second})
			at := ops.BlockRef{Number: 3, Hash: s.At(3).Hash}
			ask := func() error {
				readings, logs, err := client.ReadBlock(t.Context(), at, reads(3), chain.Filter{Addresses: []common.Address{vault}})
				if err == nil && (len(logs) != 1 || !truthful(readings)) {
					t.Errorf("taken for an answer: %v, %v", readings, logs)
				}
				return err
			}
			g.Set(c.fault)
			if err := ask(); (err == nil) != c.fine {
				t.Errorf("%v", err)
			}
			g.Heal()
			if err := ask(); err != nil {
				t.Errorf("healed: %v", err)
			}
			if g.Requests() != 2 {
				t.Errorf("%d requests", g.Requests())
			}
		})
	}
}

// truthful reports whether the readings are what echo says, or not known.
func truthful(readings []ops.Reading) bool {
	for _, r := range readings {
		if r.Status != ops.ReadNotRun && (r.Status != ops.ReadOK || string(r.Data) != r.Read.Data) {
			return false
		}
	}
	return true
}

// What a gateway makes of a chain, asked through it.
func TestAGatewayTellsAnotherChain(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Call = echo
	s.Mine(9)
	g := chaintest.Behind(t, s.HTTP)
	c := client(t, chain.Endpoint{HTTP: g.HTTP})
	latest := func() ops.BlockRef {
		t.Helper()
		b, err := c.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	g.Set(chaintest.Stale(4))
	if b := latest(); b.Number != 5 || b.Hash != s.At(5).Hash {
		t.Errorf("stale, the head is %v", b)
	}
	if _, err := c.Canonical(t.Context(), 6); !errors.Is(err, chain.ErrNoBlock) {
		t.Errorf("a stale provider has a newer block: %v", err)
	}
	g.Set(chaintest.Equivocates())
	b := latest()
	if b.Number != 9 || b.Hash == s.At(9).Hash || b.Parent == s.At(8).Hash {
		t.Errorf("its head is the true one: %v", b)
	}
	if p, err := c.Header(t.Context(), b.Parent); err != nil || p.Number != 8 || p.Hash != b.Parent {
		t.Errorf("its chain does not link: %v, %v", p, err)
	}
	if _, err := c.Header(t.Context(), s.At(8).Hash); !errors.Is(err, chain.ErrNoBlock) {
		t.Errorf("it knows a block of the true chain: %v", err)
	}
	g.Set(chaintest.LiesOn("eth_chainId", func(json.RawMessage) json.RawMessage { return json.RawMessage(`"0x1"`) }))
	if err := c.CheckChain(t.Context()); !errors.Is(err, chain.ErrWrongChain) {
		t.Errorf("it lies about its chain: %v", err)
	}
	g.Heal()
	if b := latest(); b.Hash != s.At(9).Hash {
		t.Errorf("healed, the head is %v", b)
	}
}

// A lie keeps its length and is another one for each seed.
func TestALieIsOneByteAndComesFromItsSeed(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Call = echo
	truth := chaintest.Serve(t, s.Chain)
	var seen []byte
	truth.Call = func(data []byte) ([]byte, error) { seen = data; return echo(data) }
	if _, err := client(t, chain.Endpoint{HTTP: truth.HTTP}).Read(t.Context(), ops.BlockRef{}, reads(2)); err != nil {
		t.Fatal(err)
	}
	honest, _ := echo(seen)
	told := map[string]bool{}
	for _, seed := range []uint64{1, 2, 1} {
		g := chaintest.Behind(t, s.HTTP)
		g.Set(chaintest.Lies(seed))
		var got hexutil.Bytes
		raw := ask(t, g.HTTP, "eth_call", map[string]any{"data": hexutil.Bytes(seen)}, "latest")
		if err := json.Unmarshal(raw, &got); err != nil || len(got) != len(honest) {
			t.Fatalf("%s", raw)
		}
		differ := 0
		for i := range got {
			if got[i] != honest[i] {
				differ++
			}
		}
		if differ != 1 {
			t.Errorf("seed %d: %d bytes differ", seed, differ)
		}
		told[string(got)] = true
	}
	if len(told) != 2 {
		t.Errorf("two seeds told %d lies", len(told))
	}
}

// A provider that is healed lets go of whom it kept waiting.
func TestAHealedGatewayHoldsNobody(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	g := chaintest.Behind(t, s.HTTP)
	g.Set(chaintest.Silent())
	c := client(t, chain.Endpoint{HTTP: g.HTTP, Timeout: time.Hour})
	ended := make(chan error, 1)
	go func() { _, err := c.Latest(context.WithoutCancel(t.Context())); ended <- err }()
	g.AwaitRequests(1)
	g.Heal()
	if err := <-ended; err == nil {
		t.Error("a provider that never answered is said to have")
	}
}

package contain_test

import (
	"context"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// Between the confirmation and the broadcast the chain is asked nothing.
func TestNothingIsAskedBetweenConfirmingAndSending(t *testing.T) {
	b := newBench(t)
	confirmed := b.confirmed(t)
	var points []string
	b.chain.fault = func(point string) error {
		points = append(points, point)
		return nil
	}
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(points, []string{"before-send", "after-send"}) {
		t.Errorf("the chain was asked %v", points)
	}
}

// accepting is a provider that accepts whatever it is sent.
func accepting(b *testing.B) *httptest.Server {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		id, _, _ := strings.Cut(string(body[strings.Index(string(body), `"id":`)+5:]), ",")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":`+id+`,"result":"0x`+strings.Repeat("11", 32)+`"}`)
	}))
	b.Cleanup(server.Close)
	return server
}

// sender is the fake chain with a real provider to send to; accepted is when it
// answered.
type sender struct {
	*ledger
	client   *chain.Client
	accepted time.Time
}

func (s *sender) Send(ctx context.Context, raw []byte) error {
	err := s.client.Send(ctx, raw)
	s.accepted = time.Now()
	return err
}

// BenchmarkConfirmToAccepted is goal P9: from the confirmation to the provider's
// acceptance, against the floor of two durable writes, a signature and a send.
func BenchmarkConfirmToAccepted(b *testing.B) {
	b.Run("console", func(b *testing.B) {
		client, err := chain.Open(b.Context(), chain.Endpoint{Name: "sink", Chain: testChain, HTTP: accepting(b).URL})
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		record, err := journal.Open(b.TempDir(), journal.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = record.Close() }()
		k := newKey(b)
		s := &sender{ledger: &ledger{folder: b.TempDir()}, client: client}
		var took []time.Duration
		for b.Loop() {
			c := contain.New(contain.Config{Chain: s, ChainID: testChain, Journal: record})
			plan, err := c.Prepare(b.Context(), pause(k), ref(10), nil)
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, start)
			if err != nil {
				b.Fatal(err)
			}
			if r, err := c.Execute(b.Context(), confirmed); err != nil || r.Stage != ops.StageSent {
				b.Fatal(r, err)
			}
			took = append(took, s.accepted.Sub(start))
		}
		report(b, took)
	})
	b.Run("floor", func(b *testing.B) {
		client, err := rpc.Dial(accepting(b).URL)
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		file, err := os.Create(filepath.Join(b.TempDir(), "floor"))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		k := newKey(b)
		to := target
		tx := types.NewTx(&types.DynamicFeeTx{ChainID: big.NewInt(int64(testChain)), GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(2), Gas: 21_000, To: &to, Data: make([]byte, 4)})
		line := make([]byte, 700)
		var took []time.Duration
		for b.Loop() {
			start := time.Now()
			durable(b, file, line)
			signed, err := k.Sign(b.Context(), tx)
			if err != nil {
				b.Fatal(err)
			}
			raw, err := signed.MarshalBinary()
			if err != nil {
				b.Fatal(err)
			}
			durable(b, file, line)
			var hash string
			if err := client.CallContext(b.Context(), &hash, "eth_sendRawTransaction", hexutil.Bytes(raw)); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		report(b, took)
	})
}

func durable(b *testing.B, file *os.File, line []byte) {
	b.Helper()
	if _, err := file.Write(line); err != nil {
		b.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		b.Fatal(err)
	}
}

// report gives the median and the 99th percentile.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
}

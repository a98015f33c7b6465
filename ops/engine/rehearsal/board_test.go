package rehearsal_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// isSet is vault.paused() == true.
type isSet struct{ read ops.Read }

func (c isSet) Source() string    { return "vault.paused() == true" }
func (c isSet) Reads() []ops.Read { return []ops.Read{c.read} }
func (c isSet) Judge(now, _ ops.Readings) ops.Assessment {
	switch r := now[c.read]; {
	case r.Status != ops.ReadOK || len(r.Data) < 32:
		return ops.Assessment{Verdict: ops.Unknown, Why: r.Err}
	case r.Data[31] == 1:
		return ops.Assessment{Verdict: ops.OK, Observed: "true"}
	}
	return ops.Assessment{Verdict: ops.Breach, Observed: "false"}
}

// candidates are pauses of the drill's vault, each with its code held to.
func (s *stage) candidates(t testing.TB, n int) []contain.Candidate {
	t.Helper()
	selector := func(f string) []byte { return crypto.Keccak256([]byte(f))[:4] }
	vault := drill.Addresses().Vault
	key, err := sign.OpenKeystore(s.folder+"/guardian.json", s.rules(t).ChainID)
	if err != nil {
		t.Fatal(err)
	}
	paused := isSet{ops.Read{Kind: ops.ReadCall, To: vault, Data: string(selector("paused()")), Name: "vault.paused()"}}
	out := make([]contain.Candidate, n)
	for i := range out {
		out[i].Action = contain.Action{Name: "freeze-vault", Until: paused, Steps: []contain.Step{{
			ID: "R1.1", Call: ops.Call{To: vault, Value: "0", Data: selector("pause()")}, Expect: paused, Restrict: true,
			Lanes:   []contain.Lane{{Name: "guardian", From: key.Address(), Signer: key}},
			Written: []contain.Written{{Name: "vault", Address: vault, Proxy: true, Want: common.HexToHash("0x0546290f134c6c19ad84385646f74284f27aebbbccd154c8a87aa814195e71f3")}},
		}}}
	}
	return out
}

// A board of a hundred actions is measured in one request, when what it is judged
// by came with the block.
func TestAHundredActionsAreMeasuredInOneRequest(t *testing.T) {
	s := newStage(t, 1)
	s.step(t)
	counted := record(t, s.HTTP())
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: s.rules(t).ChainID, HTTP: counted.url})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	head, err := client.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := contain.New(contain.Config{Chain: client, ChainID: s.rules(t).ChainID})
	some := s.candidates(t, 100)
	c.Board(t.Context(), head, nil, some) // learns which code is behind the proxy
	readings, err := client.Read(t.Context(), head, c.BoardReads([]contain.Action{some[0].Action}))
	if err != nil {
		t.Fatal(err)
	}
	_, before := counted.asked()
	lines := c.Board(t.Context(), head, ops.ReadingsOf(readings), some)
	_, after := counted.asked()
	if after-before != 1 {
		t.Errorf("%d requests", after-before)
	}
	for _, line := range lines {
		if line.State != ops.Ready || line.Gas == 0 || len(line.Why) != 0 {
			t.Fatalf("%+v", line)
		}
	}
}

// BenchmarkBoard is the readiness of a hundred actions against the bare cost of the
// same simulations: one batch of them, sent and read without a look.
func BenchmarkBoard(b *testing.B) {
	const n = 100
	s := newStage(b, 1)
	s.step(b)
	id := s.rules(b).ChainID
	client, err := chain.Dial(b.Context(), chain.Endpoint{Name: "drill", Chain: id, HTTP: s.HTTP()})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	head, err := client.Latest(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	some := s.candidates(b, n)
	b.Run("console", func(b *testing.B) {
		c := contain.New(contain.Config{Chain: client, ChainID: id})
		c.Board(b.Context(), head, nil, some)
		readings, err := client.Read(b.Context(), head, c.BoardReads([]contain.Action{some[0].Action}))
		if err != nil {
			b.Fatal(err)
		}
		var took []time.Duration
		for b.Loop() {
			start := time.Now()
			if line := c.Board(b.Context(), head, ops.ReadingsOf(readings), some)[n-1]; line.State != ops.Ready {
				b.Fatal(line.Why)
			}
			took = append(took, time.Since(start))
		}
		percentiles(b, took)
	})
	b.Run("floor", func(b *testing.B) {
		bare, err := rpc.Dial(s.HTTP())
		if err != nil {
			b.Fatal(err)
		}
		defer bare.Close()
		step := some[0].Action.Steps[0]
		read := map[string]any{"to": step.Call.To, "input": "0x5c975abb", "gas": "0x1c9c380"}
		call := map[string]any{"from": step.Lanes[0].From, "to": step.Call.To, "input": "0x8456cb59"}
		options := map[string]any{"blockStateCalls": []any{map[string]any{"calls": []any{read, call, read}}}}
		var took []time.Duration
		for b.Loop() {
			start := time.Now()
			elems := make([]rpc.BatchElem, n)
			for i := range elems {
				elems[i] = rpc.BatchElem{Method: "eth_simulateV1", Args: []any{options, map[string]any{"blockHash": head.Hash}}, Result: new(json.RawMessage)}
			}
			if err := bare.BatchCallContext(b.Context(), elems); err != nil || elems[n-1].Error != nil {
				b.Fatal(err, elems[n-1].Error)
			}
			took = append(took, time.Since(start))
		}
		percentiles(b, took)
	})
}

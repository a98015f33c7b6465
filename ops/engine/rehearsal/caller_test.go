package rehearsal_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// A listed address is found in the block in which it calls, stays found for as long as the
// policy says, and nobody else is; a node that does not trace is no reason not to see it.
func TestAListedAddressThatCallsIsFoundInItsBlock(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	stranger := drill.Address(drill.Relayer)
	s.detects(t, fmt.Sprintf("kind: caller, watch: [vault, router], accounts: [%q], of: {over: 5s}, warmup: known", stranger.Hex()))
	g := chaintest.Behind(t, s.HTTP())
	g.Set(chaintest.Lacks("debug_traceBlockByHash", "trace_block"))
	w := s.console(t, g.HTTP, s.WS())
	for range 4 {
		s.step(t, w)
		if f := finding(w.last, "Z1"); f.Verdict != ops.OK || !strings.Contains(f.Source, "direct ones only: ") {
			t.Fatalf("nobody called, and it is %s: %s, by %s", f.Verdict, f.Why, f.Source)
		}
	}
	s.sends(t, drill.Relayer, drill.Addresses().Vault, contracts.Vault().Call("pause"))
	called := s.step(t, w)
	f := finding(w.last, "Z1")
	if f.Verdict != ops.Breach || f.Since != called.Block || f.Args["account"] != stranger.Hex() || !strings.HasPrefix(f.Why, stranger.Hex()+" called vault directly, ") {
		t.Errorf("it called, and it is %s since #%d: %q, gives %v", f.Verdict, f.Since.Number, f.Why, f.Args)
	}
	for range 60 {
		s.step(t, w)
		f = finding(w.last, "Z1")
		if old := w.last.Head.Time.Sub(called.Block.Time).Seconds() >= 5; (f.Verdict == ops.OK) != old || f.Verdict == ops.Unknown {
			t.Fatalf("%s after it, it is %s: %s", w.last.Head.Time.Sub(called.Block.Time), f.Verdict, f.Why)
		} else if old {
			break
		}
	}
}

// forwarder is a contract that calls another with whatever it is called with.
func forwarder(to common.Address) []byte {
	runtime := slices.Concat(common.FromHex("365f5f375f5f365f3473"), to[:], common.FromHex("5af15000"))
	return slices.Concat([]byte{0x60, byte(len(runtime)), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3}, runtime)
}

// On a node that traces, by either kind of traces, a listed contract that calls inside
// somebody else's transaction is found; on one that does not, only direct calls are.
func TestAListedContractThatCallsInsideATransactionIsFoundOnAForeignNode(t *testing.T) {
	for name, c := range map[string]struct {
		lacks []string
		want  ops.Verdict
	}{
		"callTracer":  {nil, ops.Breach},
		"trace_block": {[]string{"debug_traceBlockByHash"}, ops.Breach},
		"none":        {[]string{"debug_traceBlockByHash", "trace_block"}, ops.OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := theatre(t)
			vault := drill.Addresses().Vault
			between := f.deploy(forwarder(vault))
			s.detects(t, fmt.Sprintf("kind: caller, watch: [vault], accounts: [%q], warmup: known", between.Hex()))
			g := chaintest.Behind(t, f.http)
			g.Set(chaintest.Lacks(c.lacks...))
			w := s.console(t, g.HTTP, f.ws)
			w.judged(f)
			if z := finding(w.last, "Z1"); z.Verdict != ops.OK {
				t.Fatalf("nobody called, and it is %s: %s", z.Verdict, z.Why)
			}
			f.send(&between, contracts.Vault().Call("deposit", big.NewInt(1), f.accounts[0]))
			w.judged(f)
			z := finding(w.last, "Z1")
			if z.Verdict != c.want || strings.Contains(z.Source, "direct ones only") != (c.want == ops.OK) {
				t.Errorf("it is %s: %q, by %s", z.Verdict, z.Why, z.Source)
			}
			if c.want == ops.Breach && (z.Args["account"] != between.Hex() || !strings.Contains(z.Why, "inside a transaction")) {
				t.Errorf("%q gives %v", z.Why, z.Args)
			}
			var code hexutil.Bytes
			if f.ask(&code, "eth_getCode", between, "latest"); len(code) == 0 {
				t.Error("there is nothing between: the test tests nothing")
			}
		})
	}
}

package rehearsal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

const leavingTreasury = "kind: leaving, watch: [treasury, till, vault], of: {transfer: token.Transfer, size: ether(15), over: 1m}, from_block: 1, show: {decimals: 18, symbol: dUSD}"

// Money that a treasury pays to somebody who never got any is found; what it pays to those
// whom it always paid is not.
func TestTokensThatLeaveToANewRecipientAreFound(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 4, Scenario: "stolen-key"}, runbooks.Embedded)
	s.detects(t, leavingTreasury)
	w := s.console(t, s.HTTP(), s.WS())
	attacked := false
	for n := range 60 {
		sealed := s.step(t, w)
		attacked = attacked || strings.HasPrefix(sealed.Event, drill.EventAttack)
		f := finding(w.last, "Z1")
		if f.Verdict == ops.Breach {
			if !attacked || f.Args["account"] != drill.Address(drill.Mallory).Hex() {
				t.Errorf("in breach before the attack, or by somebody else: %s %s gives %v", f.Observed.Shown, f.Why, f.Args)
			}
			late := s.console(t, s.HTTP(), s.WS()) // knows it from the history
			s.step(t, w, late)
			if f := finding(late.last, "Z1"); f.Verdict != ops.Breach {
				t.Errorf("a console that starts later says %s: %s", f.Verdict, f.Why)
			}
			return
		}
		if f.Verdict != ops.OK || n == 59 {
			t.Fatalf("at step %d it is %s %s: %s", n, f.Verdict, f.Observed.Shown, f.Why)
		}
	}
}

func TestNothingNewLeavesBesideOtherNoise(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 4, Scenario: "bent-price"}, runbooks.Embedded)
	s.detects(t, leavingTreasury)
	w := s.console(t, s.HTTP(), s.WS())
	for range 40 {
		s.step(t, w)
		if f := finding(w.last, "Z1"); f.Verdict != ops.OK {
			t.Fatalf("it is %s at #%d: %s %s", f.Verdict, w.last.Head.Number, f.Observed.Shown, f.Why)
		}
	}
}

// Ether that a contract sends inside a transaction to somebody new is found by either kind of
// traces; without any it is unknown, never fine.
func TestEtherThatLeavesIsFoundByTracesAndUnknownWithout(t *testing.T) {
	for name, c := range map[string]struct {
		lacks []string
		want  ops.Verdict
	}{
		"callTracer":  {nil, ops.Breach},
		"trace_block": {[]string{"debug_traceBlockByHash"}, ops.Breach},
		"none":        {[]string{"debug_traceBlockByHash", "trace_block"}, ops.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := theatre(t)
			thief := common.Address{0: 0xbe, 19: 0xef}
			payer := f.deploy(forwarder(thief))
			s.rewrite(t, "policy.yaml", func(policy string) string {
				return strings.Replace(policy, "\ncontracts:\n", fmt.Sprintf("\ncontracts:\n  payer: {chain: drill, address: %q, abi: abi/Token.json}\n", payer.Hex()), 1)
			})
			s.detects(t, "kind: leaving, watch: [payer], of: {size: ether(1)}")
			g := chaintest.Behind(t, f.http)
			g.Set(chaintest.Lacks(c.lacks...))
			w := s.console(t, g.HTTP, f.ws)
			w.judged(f)
			pay := func(wei string) ops.Finding {
				var hash common.Hash
				f.ask(&hash, "eth_sendTransaction", map[string]any{"from": f.accounts[2], "to": payer, "value": wei, "gas": hexutil.Uint64(100_000)})
				f.mine(1)
				w.judged(f)
				return finding(w.last, "Z1")
			}
			if z := pay("0xde0b6b3a7640000"); c.want != ops.Unknown && (z.Verdict != ops.OK || z.Observed.Exact != "1000000000000000000") {
				t.Errorf("1 ether is no more than 1: %s %s: %s", z.Verdict, z.Observed.Exact, z.Why)
			}
			z := pay("0x1")
			if z.Verdict != c.want {
				t.Fatalf("it is %s: %s", z.Verdict, z.Why)
			}
			switch c.want {
			case ops.Breach:
				if z.Args["account"] != thief.Hex() || z.Observed.Exact != "1000000000000000001" || !strings.Contains(z.Observed.Shown, "ETH") {
					t.Errorf("%s gives %v: %s", z.Observed.Shown, z.Args, z.Why)
				}
			case ops.Unknown:
				if !strings.Contains(z.Why, "does not trace") {
					t.Error(z.Why)
				}
			}
			var balance hexutil.Big
			if f.ask(&balance, "eth_getBalance", thief, "latest"); balance.ToInt().String() != "1000000000000000001" {
				t.Errorf("the thief has %s: the test tests nothing", balance.ToInt())
			}
		})
	}
}

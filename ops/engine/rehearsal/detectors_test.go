package rehearsal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// detects adds a detector Z1 to the stage's policy: its kind and what follows.
func (s *stage) detects(t testing.TB, words string) {
	t.Helper()
	s.rewrite(t, "policy.yaml", func(policy string) string {
		const before = "\ncanary:\n"
		if !strings.Contains(policy, before) {
			t.Fatal("the policy has no canary")
		}
		return strings.Replace(policy, before, fmt.Sprintf("\n  - {id: Z1, title: A test, class: asset, severity: warning, owner: risk, action: freeze-vault, %s}\n", words)+before, 1)
	})
}

// played are detectors with a scenario in which they fire: within so many blocks of the
// attack, for a reason. noise is a scenario with an attack that is none of their business.
var played = map[string]struct {
	words, scenario, noise string
	within                 int
	why                    string
}{
	"drift": {
		"kind: drift, of: {received: router.Swapped.tokens, paid: router.Swapped.coins, model: router.reference_() / 1e18, tolerance: 200, over: 1m}",
		"bent-price", "vault-insolvency", 0, "price",
	},
	"outflow": {
		"kind: liquidity, of: {outflow: vault.Withdraw.assets, over: 5s, usual: 10m, times: 8, least: ether(20)}, show: {decimals: 18, symbol: dUSD}",
		"vault-insolvency", "bent-price", 12, "outflow",
	},
	"concentration": {
		"kind: liquidity, of: {outflow: vault.Withdraw.assets, over: 10s, times: 1000000, usual: 10m, holder: owner, top: 1, share: 90%, least: ether(20)}",
		"vault-insolvency", "rogue-payer", 12, "concentration",
	},
	"ratio": {
		"kind: liquidity, of: {reserve: vault.totalAssets(), against: vault.totalSupply(), excursion: 10}",
		"vault-insolvency", "stolen-key", 2, "ratio",
	},
	"liveness": {
		"kind: liveness, of: {call: savings.takeOut(1), as: saver}",
		"stuck-withdrawals", "vault-insolvency", 0, "the call works",
	},
	"gas": { // it works, and takes more than anybody grants it from the first block on
		"kind: liveness, of: {call: savings.takeOut(1), as: saver, gas: 22000}",
		"stuck-withdrawals", "", 0, "with its gas",
	},
	"telemetry": {
		"kind: telemetry, of: {level: vault.totalAssets(), drop: 3%, over: 10s}, warmup: known",
		"vault-insolvency", "unbacked-release", 12, "drop",
	},
	"failing": {
		"kind: telemetry, of: {calls: savings.takeOut, failing: 20%, least: 3, over: 1m}, warmup: known",
		"stuck-withdrawals", "vault-insolvency", 12, "failing",
	},
	"time-gate": {
		`kind: time-gate, of: {hour: 4070908800, released: till.Spent, over: 1m, where: 'to == "0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098"', call: vault.unpause(), as: saver}, warmup: known`,
		"stolen-key", "vault-insolvency", 0, "released early",
	},
}

func TestEachPatternFiresAndStaysQuietBesideOtherNoise(t *testing.T) {
	for name, tt := range played {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStageOf(t, drill.Options{Seed: 4, Scenario: tt.scenario}, runbooks.Embedded)
			s.detects(t, tt.words)
			proxy := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
			ws := chaintest.Before(t, s.WS())
			w := s.console(t, "http"+strings.TrimPrefix(proxy.WS, "ws"), ws.WS)
			attacked := -1
			for n := range 60 {
				sealed := s.step(t, w)
				f := finding(w.last, "Z1")
				if strings.HasPrefix(sealed.Event, drill.EventAttack) && attacked < 0 {
					attacked = n
				}
				if f.Verdict == ops.Breach {
					if tt.noise != "" && (attacked < 0 || n > attacked+tt.within) {
						t.Fatalf("in breach at step %d, the attack is at %d: %s %s", n, attacked, f.Observed.Shown, f.Why)
					}
					if !strings.HasPrefix(f.Why, tt.why) || f.Observed.Exact == "" || f.Threshold.Exact == "" || !strings.Contains(f.Source, tt.why+": ") {
						t.Errorf("%q is said by %q, %s against %s", f.Why, f.Source, f.Observed.Exact, f.Threshold.Exact)
					}
					break
				}
				if n == 59 {
					t.Fatalf("never in breach; attacked at %d, now %s %s %s: %s", attacked, f.Verdict, f.Observed.Shown, f.Threshold.Shown, f.Why)
				}
			}
			for _, p := range []*chaintest.Proxy{proxy, ws} {
				p.Refuse(true)
				p.Cut()
			}
			w.until("it is blind", func(x ops.Snapshot) bool { return x.Blind != "" })
			if f := finding(w.last, "Z1"); f.Verdict != ops.Unknown || f.Why == "" {
				t.Errorf("blind, and it says %s: %s", f.Verdict, f.Why)
			}
			if tt.noise == "" {
				return
			}
			quiet := newStageOf(t, drill.Options{Seed: 4, Scenario: tt.noise}, runbooks.Embedded)
			quiet.detects(t, tt.words)
			v := quiet.console(t, quiet.HTTP(), quiet.WS())
			for range 60 {
				quiet.step(t, v)
				if f := finding(v.last, "Z1"); f.Verdict != ops.OK && !strings.Contains(f.Why, "is full in") {
					t.Fatalf("beside %s it is %s at #%d: %s, %s against %s", tt.noise, f.Verdict, v.last.Head.Number, f.Why, f.Observed.Shown, f.Threshold.Shown)
				}
			}
			if f := finding(v.last, "Z1"); f.Verdict != ops.OK {
				t.Errorf("it never was ok: %s", f.Why)
			}
		})
	}
}

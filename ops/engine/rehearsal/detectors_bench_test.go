package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// kindsOf are detectors of all kinds that judge blocks; %[1]s is an address of their own, and
// what can read something reads something of its own, as a probe does.
var kindsOf = []string{
	`kind: drift, of: {received: router.Swapped.tokens, paid: router.Swapped.coins, model: 'router.reference_() / 1e18 + vault.balanceOf("%[1]s")', tolerance: 200, over: 1m, where: 'buyer != "%[1]s"'}, warmup: known`,
	`kind: liquidity, of: {outflow: vault.Withdraw.assets, over: 5s, usual: 10m, times: 8, least: 'ether(20) + vault.balanceOf("%[1]s")', where: 'owner != "%[1]s"'}, warmup: known`,
	`kind: liquidity, of: {reserve: vault.totalAssets(), against: 'vault.totalSupply() + vault.balanceOf("%[1]s")', excursion: 10000}`,
	`kind: liveness, of: {age: 'vault.balanceOf("%[1]s")', within: 1h}`,
	`kind: telemetry, of: {level: 'vault.totalAssets() + vault.balanceOf("%[1]s")', drop: 30%%, over: 1m}, warmup: known`,
	`kind: telemetry, of: {calls: vault.withdraw, failing: 30%%, least: '3 + vault.balanceOf("%[1]s")', over: 1m, where: 'receiver != "%[1]s"'}, warmup: known`,
	`kind: caller, watch: [vault], accounts: ["%[1]s"], of: {over: 1m}, warmup: known`,
	`kind: deployment, watch: [vault], accounts: ["%[1]s"], of: {over: 1m}, warmup: known`,
	`kind: leaving, watch: [vault], accounts: ["%[1]s"], of: {transfer: token.Transfer, size: ether(1000000)}`,
}

// assembly adds so many detectors to the policy, of all kinds in turn.
func (s *stage) assembly(t testing.TB, n int) {
	t.Helper()
	s.rewrite(t, "policy.yaml", func(policy string) string {
		var more strings.Builder
		for i := range n {
			who := common.BigToAddress(big.NewInt(int64(i + 1))).Hex()
			fmt.Fprintf(&more, "  - {id: K%d, title: A test, class: asset, severity: warning, owner: risk, action: freeze-vault, %s}\n", i, fmt.Sprintf(kindsOf[i%len(kindsOf)], who))
		}
		return strings.Replace(policy, "\ncanary:\n", "\n"+more.String()+"\ncanary:\n", 1)
	})
}

// All kinds of detectors stand together, each in its hundreds, and each is judged.
func TestAThousandDetectorsOfAllKindsAreJudged(t *testing.T) {
	s := newStage(t, 1)
	s.assembly(t, 1000)
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	s.step(t, w)
	for i := range 1000 {
		if f := finding(w.last, ops.DetectorID(fmt.Sprintf("K%d", i))); f.Verdict == ops.Unknown {
			t.Fatalf("%s of %q is unknown: %s", f.Detector, kindsOf[i%len(kindsOf)], f.Why)
		}
	}
}

// BenchmarkKindsToDecision is goal P1 with a thousand detectors of all kinds.
func BenchmarkKindsToDecision(b *testing.B) {
	s := newStage(b, 1)
	s.assembly(b, 1000)
	s.deciding(b, "1000")
}

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// detecting is the drill's pack with a detector after its others: kind and what follows.
func detecting(t testing.TB, words string) fstest.MapFS {
	t.Helper()
	out := pack(t, "", "vault.totalAssets() == token.balanceOf(vault)")
	policy := string(out["policy.yaml"].Data)
	const after = "    action: cancel-operation\n"
	if !strings.Contains(policy, after) {
		t.Fatal("the policy has no queue")
	}
	out["policy.yaml"].Data = []byte(strings.Replace(policy, after, after+"  - {id: Z1, title: A test, class: asset, severity: high, owner: risk, action: freeze-vault,\n     "+words+"}\n", 1))
	return out
}

const swaps = "received: vault.Withdraw.assets, paid: vault.Withdraw.shares, model: 1, tolerance: 50"

func TestADetectorOfEachPatternIsCompiled(t *testing.T) {
	for _, words := range []string{
		"kind: drift, of: {" + swaps + "}",
		"kind: drift, for: 2, clear: 5, confirmations: 1, warmup: known, of: {" + swaps + ", over: 1h, where: owner != guardian}",
		"kind: liquidity, of: {reserve: vault.totalAssets(), against: vault.totalSupply(), excursion: 100}",
		"kind: liquidity, of: {outflow: vault.Withdraw.assets, times: 5, least: ether(10), holder: owner, share: 80%}",
		"kind: liveness, of: {call: \"vault.pause()\", as: guardian, gas: 100000}",
		"kind: liveness, of: {age: block.timestamp - 5, within: 1h}",
		"kind: telemetry, of: {level: vault.totalAssets(), drop: 20%}",
		"kind: deployment, watch: [vault]",
		"kind: deployment, watch: [vault, timelock], accounts: [\"0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098\"], of: {over: 1d}, warmup: known",
		"kind: time-gate, of: {hour: 1798707600, released: till.Spent, unlock: vault.totalAssets(), call: vault.unpause(), as: saver}",
	} {
		if _, faults := engine.LoadRules(detecting(t, words)); faults.Err() != nil {
			t.Errorf("%s: %v", words, faults)
		}
	}
}

// A fault is said where somebody wrote it, never in a condition that nobody has seen.
func TestAFaultOfAPartIsSaidWhereItStands(t *testing.T) {
	at := func(words, part string) string { return fmt.Sprint(6 + strings.Index(words, part)) }
	for _, tt := range []struct{ words, part, want string }{
		{"kind: guess", "guess", `the kind "guess" is not known`},
		{"kind: drift, of: {" + swaps + ", speed: 3}", "3}", `a detector of kind drift takes no "speed"`},
		{"kind: drift, of: {received: vault.Withdraw.assets, paid: vault.Withdraw.share, model: 1, tolerance: 50}", "share,", `vault.Withdraw has no field "share"`},
		{"kind: drift, of: {received: vault.Withdraw.assets, paid: vault.Withdraw.shares, model: vault.paused(), tolerance: 50}", "drift", "a number * true or false makes no sense"},
		{"kind: drift, of: {" + swaps + ", over: 40d}", "40d", "a window is from 1s to 30d long"},
		{"kind: telemetry, warmup: known, of: {level: ether(1), drop: 1%}", "ether", "never changes"},
		{"kind: liveness, warmup: known, of: {age: block.timestamp, within: 1h}", "known", "needs no warmup"},
		{"kind: liveness, of: {call: \"vault.pause()\"}", "liveness", "has nothing to judge"},
		{"kind: deployment, of: {over: 1d}", "{id: Z1", `lacks "watch"`},
		{"kind: deployment, watch: [vault], of: {over: 31d}", "31d", "is no time for which it matters"},
		{"kind: deployment, watch: [vault], of: {size: 1}", "1}", `a detector of kind deployment takes no "size"`},
		{"kind: deployment, watch: [vault], approved: []", "[]", `takes no "approved"`},
		{"kind: caller, watch: [vault]", "{id: Z1", `lacks "accounts"`},
		{"kind: liveness, watch: [vault], of: {age: block.timestamp, within: 1h}", "[vault]", `takes no "watch"`},
	} {
		_, faults := engine.LoadRules(detecting(t, tt.words))
		heard := false
		for _, f := range faults {
			heard = heard || !f.Warning && fmt.Sprint(f.Column) == at(tt.words, tt.part) && strings.Contains(f.Message, tt.want)
		}
		if !heard {
			t.Errorf("%s: want column %s: %s\n%v", tt.words, at(tt.words, tt.part), tt.want, faults)
		}
	}
}

func TestADetectorThatLacksAPartSaysWhatToWrite(t *testing.T) {
	_, faults := engine.LoadRules(detecting(t, "kind: drift, of: {paid: vault.Withdraw.shares, model: 1, tolerance: 50}"))
	if err := faults.Err(); err == nil || !strings.Contains(err.Error(), `detector Z1 lacks "received"`) || !strings.Contains(err.Error(), "pool.Swap.amountOut") {
		t.Error(faults)
	}
}

// Nobody can close a part's parenthesis and go on as they please.
func TestAPartIsOneExpression(t *testing.T) {
	_, faults := engine.LoadRules(detecting(t, `kind: telemetry, of: {level: "vault.totalAssets()) >= 0 || (1", drop: 1%}`))
	if err := faults.Err(); err == nil || !strings.Contains(err.Error(), "Z1 level: unexpected token") {
		t.Error(faults)
	}
}

package engine_test

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// While nothing is seen no block comes: what waits for blocks would be green when blind.
func TestSightWaitsForNoBlocks(t *testing.T) {
	for words, want := range map[string]string{
		"kind: sight, for: 3":                              `Z1: a detector of kind sight takes no "for"`,
		"kind: sight, confirmations: 12":                   `Z1: a detector of kind sight takes no "confirmations"`,
		"kind: sight, of: {age: 1 / 18446744073709551616}": "Z1: age is no bound",
		"kind: sight, of: {age: 0.5}":                      "Z1: age is no bound",
		"kind: sight, of: {providers: 1.5}":                "Z1: providers is no bound",
		"kind: sight, clear: 3, of: {age: 1m}":             "",
		"kind: sight, of: {blocks: 99.5%}":                 "",
	} {
		_, faults := engine.LoadRules(detecting(t, words))
		err := faults.Err()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// A part that nothing judges is no control: it is said where it was written.
func TestAPartThatNothingJudgesIsAFault(t *testing.T) {
	for words, want := range map[string]string{
		`kind: liveness, of: {call: "vault.pause()", age: block.timestamp - 5, within: 1h}`:                                                 `"call" is judged by nothing without "as"`,
		"kind: liveness, of: {age: block.timestamp - 5, within: 1h, gas: 100000}":                                                           `"gas" is judged by nothing without "call", "as"`,
		"kind: liquidity, of: {reserve: vault.totalAssets(), against: vault.totalSupply(), excursion: 100, outflow: vault.Withdraw.assets}": `"outflow" is judged by nothing without "times"`,
		"kind: telemetry, of: {level: vault.totalAssets(), calls: vault.withdraw}":                                                          `"level" is judged by nothing without "drop"`,
		"kind: time-gate, of: {hour: 1798707600, unlock: vault.totalAssets(), call: vault.unpause()}":                                       `"call" is judged by nothing without "as"`,
		"kind: time-gate, of: {hour: 1798707600, unlock: vault.totalAssets(), over: 2h}":                                                    `"over" is judged by nothing without "released"`,
	} {
		_, faults := engine.LoadRules(detecting(t, words))
		if err := faults.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// Parts that never change and make no sense together are faults, not detectors that judge
// nonsense.
func TestPartsThatMakeNoSenseTogetherAreAFault(t *testing.T) {
	const outflow = "kind: liquidity, of: {outflow: vault.Withdraw.assets, times: 5, "
	for words, want := range map[string]string{
		outflow + "over: 1h, usual: 1h}":                                    "usual must be at least twice as long as over",
		outflow + "over: 2d}":                                               "usual must be at least twice as long as over",
		outflow + "holder: owner, share: 80}":                               "share is a part of the outflow",
		"kind: liquidity, of: {outflow: vault.Withdraw.assets, times: 0}":   "times must be above 0",
		"kind: telemetry, of: {level: vault.totalAssets(), drop: 20}":       "drop is a part of the highest",
		outflow + "over: 1h, usual: 2h}":                                    "",
		"kind: liquidity, of: {outflow: vault.Withdraw.assets, times: 0.1}": "",
	} {
		_, faults := engine.LoadRules(detecting(t, words))
		err := faults.Err()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

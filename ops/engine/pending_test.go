package engine_test

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// A detector of what waits has one meaning, and what would give it another is said where it
// stands.
func TestADetectorOfWhatWaitsHasOneMeaning(t *testing.T) {
	const who = `accounts: ["0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"]`
	for words, want := range map[string]string{
		"kind: pending, watch: [vault], " + who:                                                     "",
		"kind: pending, calls: [vault.unpause, timelock.execute], " + who:                           "",
		"kind: pending, calls: [vault.unpause()]":                                                   "",
		"kind: pending, calls: [vault.unpause], of: {over: 1m}, warmup: known, clear: 2":            "",
		"kind: pending, watch: [vault], calls: [vault.unpause], " + who:                             "it is one of the two",
		"kind: pending, " + who:                                                                     `lacks "watch" or "calls"`,
		"kind: pending, watch: [vault]":                                                             `lacks "accounts"`,
		"kind: pending, calls: []":                                                                  "no function is named",
		"kind: pending, calls: [vault.unpaused]":                                                    `vault has no function "unpaused"`,
		"kind: pending, calls: [vault.totalAssets]":                                                 "only reads",
		"kind: pending, calls: [vault]":                                                             "a function is wanted",
		"kind: pending, calls: [vault.unpause], for: 2":                                             `takes no "for"`,
		"kind: pending, calls: [vault.unpause], confirmations: 2":                                   `takes no "confirmations"`,
		"kind: pending, calls: [vault.unpause], of: {under: 5m}":                                    `takes no "under"`,
		"kind: pending, calls: [vault.unpause], of: {over: 0.5}":                                    "is no time for which it matters",
		"kind: pending, calls: [vault.unpause], baseline: roles.yaml":                               `takes no "baseline"`,
		"kind: pending, calls: [vault.unpause], approved: [\"0x" + strings.Repeat("00", 32) + "\"]": `takes no "approved"`,
	} {
		_, faults := engine.LoadRules(detecting(t, words))
		err := faults.Err()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", words, err)
			continue
		}
		for _, f := range faults {
			if want != "" && strings.Contains(f.Message, want) && (f.Line == 0 || f.Column == 0 || f.Hint == "") {
				t.Errorf("%s: it is not said where, or what to do: %+v", words, f)
			}
		}
	}
}

package measure_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What looks at the same events is looked at once, and what differs in anything is not the
// same: a number of the filter, the field, the window, the way to sum up.
func TestOnlyWhatIsTheSameIsSummedUpOnce(t *testing.T) {
	for source, want := range map[string]string{
		"sum(bank.Withdraw.assets, 1h, assets > 12) + sum(bank.Withdraw.assets, 1h, assets > 12) <= 0":                "230", // (100 + 15) twice
		"sum(bank.Withdraw.assets, 1h, assets > 12) + 1000 * sum(bank.Withdraw.assets, 1h, assets > 22) <= 0":         "100115",
		"sum(bank.Withdraw.assets, 1h, assets > 12) + 1000 * sum(bank.Withdraw.assets, 30s, assets > 12) <= 0":        "15115",
		"sum(bank.Withdraw.assets, 1h, assets > 12) + 1000 * count(bank.Withdraw, 1h, assets > 12) <= 0":              "2115",
		"sum(bank.Withdraw.assets, 1h) + 1000 * sum(bank.Withdraw.assets, 1h, owner == owner) <= 0":                   "120120",
		"distinct(bank.Withdraw.owner, 1h) + 1000 * distinct(bank.Withdraw.assets, 1h) <= 0":                          "3002",
		"sum(bank.Withdraw.assets, 1h, assets > 1.2e1) + 1000 * sum(bank.Withdraw.assets, 1h, assets > 2.2e1) <= 0":   "100115",
		"sum(bank.Withdraw.assets, 1h, !(assets > 12)) + 1000 * sum(bank.Withdraw.assets, 1h, (assets) <= 12.0) <= 0": "5005",
	} {
		p := record(t, source)
		p.mem.Partial()
		first, second := blockAt(1, 0), blockAt(2, 60)
		p.next(first, 1, withdraw(first, 0, 1, 100), withdraw(first, 1, 2, 5))
		p.want(second, 1, want, []ops.Log{withdraw(second, 0, 1, 15)}...)
	}
}

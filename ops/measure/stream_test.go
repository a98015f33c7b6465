package measure_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
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

// A policy may call one address by two names, with an ABI each: a proxy and what stands
// behind it. The same words then mean other fields.
func TestOneAddressWithTwoABIsIsReadByEach(t *testing.T) {
	other, err := abi.JSON(strings.NewReader(`[{"type":"event","name":"Withdraw","inputs":[
{"type":"address","name":"owner","indexed":true},{"type":"uint256","name":"fee"},{"type":"bool","name":"forced"},{"type":"uint64","name":"assets"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	scope := past
	scope.Contracts = maps.Clone(past.Contracts)
	scope.Contracts["behind"] = measure.Contract{Address: bank, ABI: other}
	for source, want := range map[string]string{
		"sum(bank.Withdraw.assets, 1h) + 1000 * sum(behind.Withdraw.assets, 1h) <= 0":                        "9100",
		"count(bank.Withdraw, 1h, assets > 50) + 1000 * count(behind.Withdraw, 1h, assets > 50) <= 0":        "1",
		"count(behind.Withdraw, 1h, assets > 50) + 1000 * count(bank.Withdraw, 1h, assets > 50) <= 0":        "1000",
		"sum(behind.Withdraw.fee, 1h, assets == 9) + 1000 * sum(bank.Withdraw.assets, 1h, assets == 9) <= 0": "100",
	} {
		m, err := measure.CompileCondition(source, scope)
		if err != nil {
			t.Fatal(err)
		}
		p := &tape{t, m, m.NewMemory()}
		p.mem.Partial()
		p.want(blockAt(1, 0), 1, want, withdraw(blockAt(1, 0), 0, 1, 100))
	}
}

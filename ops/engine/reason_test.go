package engine

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

func TestACustomErrorOfThePolicysContractsHasItsName(t *testing.T) {
	parsed, err := abi.JSON(strings.NewReader(`[{"type":"error","name":"TermEnded","inputs":[{"name":"a","type":"address"},{"name":"b","type":"uint256"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	r := &Rules{errors: errorNames(map[string]policy.Contract{"bridge": {ABI: parsed}, "till": {ABI: parsed}})}
	for text, want := range map[string]string{
		"the simulation REVERTS: error 0x07385254": "the simulation REVERTS: TermEnded (error 0x07385254)",
		"the simulation REVERTS: error 0x07385255": "the simulation REVERTS: error 0x07385255",
		"error 0x07385254ff":                       "error 0x07385254ff",
		"":                                         "",
	} {
		if got := r.named(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	before := ops.Plan{Warnings: []string{"error 0x07385254"}, Changes: []ops.Change{{After: "REVERTS error 0x07385254"}}, Course: []ops.PlanStep{{Warnings: []string{"error 0x07385254"}}}}
	p := r.namedPlan(before)
	if !strings.Contains(p.Warnings[0]+p.Changes[0].After+p.Course[0].Warnings[0], "TermEnded") || before.Warnings[0] != "error 0x07385254" {
		t.Errorf("%+v, and before %+v", p, before)
	}
}

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// What a tree needs beyond a call is checked before the console starts, and each
// mistake is said where it stands.
func TestEachMistakeOfATreeHasItsFault(t *testing.T) {
	good := pack(t, "", "vault.totalAssets() == 0")
	if _, faults := engine.LoadRules(good); faults.Err() != nil {
		t.Fatal(faults)
	}
	const p, r, e = "policy.yaml", "runbooks/revoke-payer.yaml", "runbooks/empty-till.yaml"
	for _, c := range []struct{ file, old, new, want string }{
		{p, `gives: {account: "treasury.getRoleMember(payers, 1)"}`, "", `P1 is answered by revoke-payer, which takes "account", and does not give it`},
		{p, "gives: {account:", "gives: {acount:", `P1 gives "acount", and revoke-payer takes no such thing`},
		{p, "treasury.getRoleMember(payers, 1)", "treasury.getRoleMemberCount(payers)", "P1 gives account as a number: a runbook takes an address or bytes32"},
		{p, "treasury.getRoleMember(payers, 1)", "treasury.getRoleMembr(payers, 1)", `P1 gives account: treasury has no function "getRoleMembr"`},
		{r, "record-roles(treasury)", "record-roles(till2)", `no contract is called "till2"`},
		{r, "record-roles(treasury)", "record-roles(vault)", "the roles of vault cannot be listed"},
		{r, "recorded(treasury) == true", "true", "a record is proven by that it was written"},
		{r, "record-roles(treasury)", "record-all(treasury)", `the control "record-all(treasury)" is not known`},
		{e, "till.hasRole(spenders, operations) == false", "till.hasRole(till.SPENDER_ROLE(), operations) == false", "expect reads what another read answers, and cannot be simulated"},
		{e, "scope: asset", "scope: assets", `the scope "assets" is not known`},
	} {
		broken := fstest.MapFS{}
		for name, file := range good {
			broken[name] = file
		}
		source := string(good[c.file].Data)
		if !strings.Contains(source, c.old) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		broken[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(source, c.old, c.new, 1))}
		_, faults := engine.LoadRules(broken)
		var heard bool
		for _, f := range faults {
			heard = heard || strings.Contains(f.Message, c.want) && f.File == c.file && f.Line > 0
		}
		if !heard {
			t.Errorf("%s: want %q, got\n%s", c.new, c.want, fmt.Sprint(faults))
		}
	}
}

package policy

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// forms are what an operation can be, by the kind of its timelock. signature is a
// function named beside its arguments, as Compound's Timelock takes it; delegatecall is
// run in the avatar's own name and storage.
var forms = map[string][]string{
	"access-manager": {"single"},
	"compound":       {"single", "signature"},
	"delay":          {"single", "delegatecall"},
	"oz":             {"single", "batch"},
}

// words are what an operation's id is made of beside its calls, by the kind.
var words = map[string][]string{
	"access-manager": {"caller"},
	"compound":       {"eta"},
	"oz":             {"predecessor", "salt"},
}

// hints say what to write.
var hints = map[string]string{
	"caller": "caller: the account that schedules it, as a quoted address", "eta": `eta: "2026-11-23T12:00:00Z"`,
	"predecessor": "predecessor: bytes32, zero for none", "salt": "salt: bytes32",
}

// form checks that an operation says what its timelock makes an id of, and nothing that
// such a timelock does not know.
func (c *checker) form(f operationFile, kind string) {
	known := forms[kind]
	switch form := f.Form; {
	case form.Line > 0 && !slices.Contains(known, form.Value):
		c.fault(form, either(known), "operation %s: the form %q is not known", f.ID, form.Value)
	case form.Value != "batch" && len(f.Calls) > 1:
		hint := "one operation for each call"
		if kind == "oz" {
			hint = "write form: batch"
		}
		c.fault(form, hint, "operation %s: a %s operation has one call, not %d", f.ID, form.Value, len(f.Calls))
	}
	for _, name := range []string{"caller", "eta", "predecessor", "salt"} {
		text, said := f.Keys[name]
		switch wanted := slices.Contains(words[kind], name); {
		case wanted && !said:
			c.fault(f.At, hints[name], "operation %s lacks %q", f.ID, name)
		case !wanted && said:
			c.fault(text, "leave it out", "operation %s: a timelock of the kind %q knows no %s", f.ID, kind, name)
		}
	}
}

// either is "single or batch".
func either(names []string) string { return strings.Join(names, " or ") }

// caller is the account that schedules; zero where there is none.
func (c *checker) caller(id string, t document.Text) common.Address {
	if t.Line == 0 {
		return common.Address{}
	}
	a, err := document.ParseAddress(t.Value)
	if err != nil {
		c.fault(t, "compare it with its source, digit by digit", "operation %s: %s", id, err)
	}
	return a
}

// moment is a time in seconds since 1970; nil where there is none.
func (c *checker) moment(id string, t document.Text) *big.Int {
	if t.Line == 0 {
		return nil
	}
	at, err := time.Parse(time.RFC3339, t.Value)
	if err != nil || at.Nanosecond() != 0 || at.Unix() < 0 {
		c.fault(t, hints["eta"], "operation %s: %q is no time of a whole second", id, t.Value)
		return new(big.Int)
	}
	return big.NewInt(at.Unix())
}

package measure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// Each expression is wrong in one way; ^ stands under the place in the last line.
func TestEveryMistakeIsShownWhereItStands(t *testing.T) {
	for _, c := range []struct{ source, at, want string }{
		{"", "1:1", "the expression is empty"},
		{"   ", "1:1", "the expression is empty"},
		{"vault.totalAsets() > 1", "1:7", `vault has no function "totalAsets"`},
		{"vaul.totalAssets() > 1", "1:1", `no contract is called "vaul"`},
		{"vault.totalAssets > 1", "1:7", "is not called"},
		{"vault > 1", "1:1", "vault is a contract, not a value"},
		{"treasury > 1", "1:1", `nothing is called "treasury"`},
		{"vault.pause() == true", "1:7", "writes (nonpayable)"},
		{"vault.name() == 1", "1:7", "returns string"},
		{"vault.both() == 1", "1:7", "returns 2 values"},
		{"vault.balanceOf() > 1", "1:7", "wants 1 arguments, not 0"},
		{"vault.totalAssets(1) > 1", "1:7", "wants 0 arguments, not 1"},
		{"vault.balanceOf(1) > 1", "1:17", "is address, not a number"},
		{"vault.level(vault.small() + 1, 0, true) > 1", "1:27", "argument 1 of level(uint8,int16,bool) is computed from what is read"},
		{"vault.balanceOf(vault.root()) > 1", "1:23", "argument 1 of balanceOf(address) is address, not bytes32"},
		{"vault.level(vault.totalAssets(), 0, true) > 1", "1:19", "is uint8, not uint256"},
		{"vault.role(guardian, guardian) == true", "1:12", "is bytes32, not an address"},
		{"vault.tag(operation) == 1", "1:11", "is bytes4"},
		{"vault.level(256, 0, true) > 1", "1:7", "256 does not fit uint8"},
		{"vault.level(1.5, 0, true) > 1", "1:7", "3/2 is not a whole number"},
		{"vault.level(1, 40000, true) > 1", "1:7", "40000 does not fit int16"},
		{"vault.totalAssets() > vault.owner()", "1:21", "a number cannot be compared with an address"},
		{"vault.owner() > guardian", "1:15", "an address has no order"},
		{"vault.paused() + 1", "1:16", "true or false + a number makes no sense"},
		{"vault.paused() && 1", "1:16", "cannot join true or false and a number"},
		{"vault.paused() && true", "1:19", "this side of && never changes"},
		{"1 < 2 || vault.paused()", "1:3", "this side of || never changes"},
		{"!1 == true", "1:2", "a number stands where true or false is wanted"},
		{"-vault.paused()", "1:8", "true or false cannot be negative"},
		{"abs(vault.paused())", "1:11", "abs takes numbers"},
		{"abs(1, 2)", "1:1", "abs wants 1 arguments, not 2"},
		{"median(1)", "1:1", `there is no function "median"`},
		{"len(1)", "1:1", `there is no function "len"`},
		{"sum(1)", "1:1", "sum wants 2 or 3 arguments, not 1"},
		{"filter(1)", "1:9", ""},
		{"prev(1)", "1:1", "the argument of prev never changes"},
		{"prev(prev(vault.totalAssets()))", "1:6", "prev stands inside prev"},
		{"prev()", "1:1", "prev wants 1 argument"},
		{"balance()", "1:1", "balance wants 1 argument"},
		{"balance(1)", "1:9", "is address, not a number"},
		{"units(1, 78) > 1", "", ""}, // a fault of the value, not of the form
		{"1 > 5%2", "1:5", `"5%2" is not a number`},
		{"1 > 5h%", "1:5", `"5h" is not a number`},
		{"99.5% > x", "1:9", `nothing is called "x"`},
		{"100 % (2)", "1:5", `the operator "%" is not known`},
		{"min(1)", "1:1", "min wants 2 or more arguments, not 1"},
		{"bps(1)", "1:1", "bps wants 2 arguments, not 1"},
		{"floor(guardian)", "1:7", "floor takes numbers, not an address"},
		{"within(vault.totalAssets(), 2, 1)", "1:29", "nothing is within 2 and 1"},
		{"within(vault.totalAssets(), 2)", "1:1", "within wants 3 arguments"},
		{"within(vault.owner(), 2, 3)", "1:14", "within takes numbers, not an address"},
		{"reverts(vault.pause())", "1:1", "reverts wants 2 arguments"},
		{"reverts(vault.pause(), guardian, 20)", "1:34", "no transaction runs with less than 21000 gas"},
		{"reverts(vault.pause(), guardian, vault.totalAssets())", "1:40", "the gas of a call is a constant number"},
		{"reverts(vault.pause(), guardian, 1, 2)", "1:1", "reverts wants 2 arguments"},
		{"deviation(1)", "1:1", "deviation wants 2 arguments, not 1"},
		{"reverts(1, guardian)", "1:9", "reverts takes the call"},
		{"reverts(abs(1), guardian)", "1:9", "reverts takes the call"},
		{"reverts(vault.pause(), 5)", "1:24", "is address, not a number"},
		{"reverts(vault.pause(), vault.owner())", "1:30", "who sends the call is read from the chain"},
		{"1 % 2", "1:3", `the operator "%" is not known`},
		{"2 ** 3", "1:3", `the operator "**" is not known`},
		{"1 in [1]", "1:6", "cannot stand in an invariant"},
		{"vault.paused() ? 1 : 2", "1:22", "cannot stand in an invariant"},
		{"nil == 1", "1:1", "cannot stand in an invariant"},
		{"_x > 1", "1:1", "a name may not begin with _"},
		{"x__1 > 1", "1:1", `nothing is called "x__1"`},
		{"1 > 12abc", "1:5", `"12abc" is not a number`},
		{"1 > 1e999", "1:5", "the exponent of"},
		{"1 > 0.1.2", "1:5", `"0.1.2" is not a number`},
		{"1 > 1.5h", "1:5", `"1.5h" is not a duration`},
		{"1 > .5", "1:5", ""},
		{"1 > 0x12", "1:5", "neither an address (40 digits) nor bytes32 (64 digits)"},
		{"vault.owner() == 0xe8057ca9997bf46a37b6eb501b463b3b34db45aa", "1:18", "the checksum of"},
		{`vault.owner() == "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Ab"`, "1:18", "the checksum of"},
		{`vault.owner() == "0x12"`, "1:18", "neither an address"},
		{`vault.owner() == "a b"`, "1:20", "quotation marks hold an address or bytes32"},
		{`vault.owner() == "\x30"`, "1:19", "quotation marks hold"},
		{`"é" == 12`, "1:2", "quotation marks hold"},
		{`vault.owner() == "0x`, "1:18", "the quotation does not end"},
		{"vault.totalAssets() ≥ 1", "1:21", "only plain ASCII"},
		{"1 \x1b[31m > 2", "1:3", "only plain ASCII"},
		{"1 # 2", "1:3", "means nothing here"},
		{"vault.totalAssets() >", "1:21", ""},
		{"(1 + 2", "1:6", ""},
		{"1 + 2)", "1:6", ""},
		{"1 2", "1:3", ""},
		{"vault.totalAssets() >=\n  vault.totalSuply()", "2:9", `vault has no function "totalSuply"`},
		{"vault.totalAssets() >=\r\n\tvault.totalSuply()", "2:8", `vault has no function "totalSuply"`},
		{"let x = 1; x", "1:5", ""},
		{strings.Repeat("1+", 3000) + "1", "1:1", "has 6001 bytes, more than 4096"},
	} {
		_, err := measure.Compile(c.source, scope)
		if c.at == "" {
			if err != nil {
				t.Errorf("%s: %v", c.source, err)
			}
			continue
		}
		var e *measure.Error
		if !errors.As(err, &e) {
			t.Errorf("%q: no fault: %v", c.source, err)
			continue
		}
		if at := fmt.Sprintf("%d:%d", e.Line, e.Column); at != c.at || !strings.Contains(e.Message, c.want) {
			t.Errorf("%q: %s: %s, want %s: %s", c.source, at, e.Message, c.at, c.want)
		}
		line, caret, _ := strings.Cut(e.Snippet, "\n")
		if len(caret) != e.Column || caret[len(caret)-1] != '^' || strings.ContainsAny(line, "\t\r\x1b") {
			t.Errorf("%q: the caret is off:\n%s", c.source, e.Snippet)
		}
		if !strings.HasPrefix(e.Error(), c.at+": ") {
			t.Errorf("%q: %s", c.source, e.Error())
		}
	}
}

func TestAConditionLooksAtTheChain(t *testing.T) {
	for source, want := range map[string]string{
		"vault.totalAssets()": "a condition is wanted",
		"1 < 2":               "this never changes",
		"true":                "this never changes",
		"!(1 < 2)":            "this never changes",
		"cap == 5":            "this never changes",
	} {
		if _, err := measure.CompileCondition(source, scope); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"vault.totalAssets() >= vault.totalSupply() * 0.999", "1e18 / 0", "prev(balance(vault)) == 0x", `"0x`, "a?.b()", "vault[\"totalAssets\"]() > 1",
		"not not true || vault.paused()", "1..2", "vault.totalAssets() | abs() > 1", "// x\n1", "/* 12 */ 1 < 2", "-48h", "{1:2}", "#.x", "vault.level(1,2,true) in [1]",
		"1 < vault.small() < 3", "vault.totalAssets() ?? 1", "units(1, 77) * 1e100", "1e1e1", "0x_", "let x = 1; x > 0", "vault.owner() == guardian && vault.root() != operation",
		"pool.getReserves().reserve0 > output(pool.getReserves(), 1)", "vault.balanceOf(pool.next(pool.token())) > 1", "slot(vault, 3, uint128, 16) > 99.5%", "implementation(vault) == pool.token()",
		"reverts(pool.swap(1, pool), guardian)", "within(block.number, 1, block.basefee)", "avg(vault.totalAssets(), 1h) > 1", "count(bank.Withdraw, 10m, owner == guardian) < 5",
		"top_share(bank.Withdraw.assets, owner, 3, 1h) <= 50%", "sum(bank.Moved.delta, 1h, delta > -1) > change(block.timestamp, 60s)", "pool.get(pool.token()) > bps(1, 2)", "5%2 > 1", "min(1, 1h) > 2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if m, err := measure.Compile(source, past); err == nil {
			_, _ = m.Evaluate(measure.Frame{})
		}
		_, _ = measure.CompileCall(source, past)
		m, err := measure.CompileCondition(source, past)
		if err != nil {
			var e *measure.Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("%q: a fault without a place: %v", source, err)
			}
			return
		}
		if len(m.Reads()) == 0 && len(m.Events()) == 0 && !strings.Contains(source, "block") {
			t.Fatalf("%q reads nothing", source)
		}
		if a := m.Judge(ops.Readings{}, nil); a.Verdict != ops.Unknown || a.Why == "" {
			t.Fatalf("%q is %v and nothing was read", source, a)
		}
		mem := m.NewMemory()
		if a := mem.Next(blockAt(1, 0), ops.Readings{}, nil); a.Verdict != ops.Unknown && (len(m.Reads()) == 0) != (a.Why == "") {
			t.Fatalf("%q is %v and nothing was read", source, a)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	m := compile(b, "vault.totalAssets() >= vault.totalSupply() * 0.999")
	now := chain(m, map[string][]byte{"totalAssets": word(999), "totalSupply": word(1000)})
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Judge(now, nil)
	}
}

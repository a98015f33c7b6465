package measure_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

const vaultABI = `[
{"type":"function","name":"totalAssets","stateMutability":"view","inputs":[],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"totalSupply","stateMutability":"view","inputs":[],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"skew","stateMutability":"pure","inputs":[],"outputs":[{"type":"int8"}]},
{"type":"function","name":"small","stateMutability":"view","inputs":[],"outputs":[{"type":"uint8"}]},
{"type":"function","name":"paused","stateMutability":"view","inputs":[],"outputs":[{"type":"bool"}]},
{"type":"function","name":"owner","stateMutability":"view","inputs":[],"outputs":[{"type":"address"}]},
{"type":"function","name":"root","stateMutability":"view","inputs":[],"outputs":[{"type":"bytes32"}]},
{"type":"function","name":"name","stateMutability":"view","inputs":[],"outputs":[{"type":"string"}]},
{"type":"function","name":"both","stateMutability":"view","inputs":[],"outputs":[{"type":"uint256"},{"type":"uint256"}]},
{"type":"function","name":"balanceOf","stateMutability":"view","inputs":[{"type":"address"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"level","stateMutability":"view","inputs":[{"type":"uint8"},{"type":"int16"},{"type":"bool"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"role","stateMutability":"view","inputs":[{"type":"bytes32"},{"type":"address"}],"outputs":[{"type":"bool"}]},
{"type":"function","name":"tag","stateMutability":"view","inputs":[{"type":"bytes4"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"pause","stateMutability":"nonpayable","inputs":[],"outputs":[]},
{"type":"function","name":"cancel","stateMutability":"nonpayable","inputs":[{"type":"bytes32"}],"outputs":[]}]`

var (
	vault    = common.HexToAddress("0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa")
	guardian = common.HexToAddress("0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B")
	parsed   = func() abi.ABI {
		out, err := abi.JSON(strings.NewReader(vaultABI))
		if err != nil {
			panic(err)
		}
		return out
	}()
	scope = measure.Scope{
		Contracts: map[string]measure.Contract{"vault": {Address: vault, ABI: parsed}},
		Names: map[string]measure.Value{
			"guardian": measure.AddressValue(guardian), "operation": measure.Bytes32Value(common.Hash{7}), "cap": measure.NumberValue(big.NewRat(5, 1)),
		},
	}
)

// word is a number as the chain returns it; negative ones in two's complement.
func word(n int64) []byte {
	x := big.NewInt(n)
	if n < 0 {
		x.Add(x, new(big.Int).Lsh(big.NewInt(1), 256))
	}
	return common.BigToHash(x).Bytes()
}

// chain answers every read of the measure whose function is named.
func chain(m *measure.Measure, answers map[string][]byte) ops.Readings {
	now := ops.Readings{}
	for _, r := range m.Reads() {
		if r.Kind == ops.ReadBalance {
			if data, ok := answers["balance"]; ok {
				now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: data}
			}
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(r.Name, "vault."), "(")
		if data, ok := answers[name]; ok {
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: data}
		}
	}
	return now
}

func compile(t testing.TB, source string) *measure.Measure {
	t.Helper()
	m, err := measure.Compile(source, scope)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return m
}

const most = "115792089237316195423570985008687907853269984665640564039457584007913129639935" // 2^256-1

func TestEveryValueIsExact(t *testing.T) {
	answers := map[string][]byte{
		"totalAssets": word(998), "totalSupply": word(1000), "skew": word(-128), "paused": word(1), "owner": common.LeftPadBytes(guardian[:], 32),
		"root": common.Hash{7}.Bytes(), "balance": word(3), "balanceOf": word(42), "small": word(255),
	}
	for source, want := range map[string]string{
		"0.999":           "999/1000",
		"1e18":            "1000000000000000000",
		"1.5e3":           "1500",
		"1e-2":            "1/100",
		"1E+2":            "100",
		"1_000_000":       "1000000",
		"010":             "10",
		most:              most,
		most + " + 1":     "115792089237316195423570985008687907853269984665640564039457584007913129639936",
		"0.1 + 0.2":       "3/10",
		"1 / 3 * 3":       "1",
		"7 - 10":          "-3",
		"-7 + +2":         "-5",
		"2 + 3 * 4":       "14",
		"(2 + 3) * 4":     "20",
		"10 - 4 - 3":      "3",
		"99 / 10 / 10":    "99/100",
		"60s":             "60",
		"10m":             "600",
		"48h":             "172800",
		"2d + 1":          "172801",
		"ether(1.5)":      "1500000000000000000",
		"units(5, 6)":     "5000000",
		"units(1, 0)":     "1",
		"abs(3 - 10)":     "7",
		"abs(-(-2))":      "2",
		"min(2, 1)":       "1",
		"min(1, 2)":       "1",
		"max(2, 1)":       "2",
		"max(0.1, 0)":     "1/10",
		"cap * 2":         "10",
		"99.5%":           "199/200",
		"1e2%+1":          "2",
		"(5%)":            "1/20",
		"floor(2.9)":      "2",
		"floor(-2.1)":     "-3",
		"floor(-2)":       "-2",
		"bps(1, 8)":       "1250",
		"deviation(9, 8)": "1250", "deviation(7, 8)": "1250", "deviation(-9, -8)": "1250", "deviation(0, 0)": "0",
		"pct(-1, 8)":   "-25/2",
		"max(1, 3, 2)": "3",
		"min(2, 3, 1)": "1",
		"max(1h, 10m)": "3600",

		"bps(vault.totalAssets(), vault.totalSupply())": "9980",
		"within(vault.totalAssets(), 998, 998)":         "true",
		"within(vault.totalAssets(), 998.1, 1000)":      "false",
		"within(vault.totalAssets(), 1, 99.8% * 1000)":  "true",
		"within(vault.totalAssets(), 1, 997)":           "false",

		"vault.totalAssets()":                                      "998",
		"vault.totalSupply() * 0.999":                              "999",
		"vault.totalAssets() / vault.totalSupply()":                "499/500",
		"vault.skew()":                                             "-128",
		"-vault.skew()":                                            "128",
		"vault.small()":                                            "255",
		"vault.owner()":                                            guardian.Hex(),
		"vault.root()":                                             common.Hash{7}.Hex(),
		"vault.balanceOf(guardian)":                                "42",
		"balance(vault) + balance(guardian)":                       "6",
		"vault.totalAssets() == 998":                               "true",
		"vault.totalAssets() != 998":                               "false",
		"vault.totalAssets() < 998":                                "false",
		"vault.totalAssets() <= 998":                               "true",
		"vault.totalAssets() > 997.999":                            "true",
		"vault.totalAssets() >= 998.0000000000000001":              "false",
		"vault.owner() == guardian":                                "true",
		`vault.owner() != "` + guardian.Hex() + `"`:                "false",
		"vault.owner() == " + guardian.Hex():                       "true",
		"vault.root() == operation":                                "true",
		"vault.paused() == true":                                   "true",
		"!vault.paused()":                                          "false",
		"not vault.paused()":                                       "false",
		"vault.paused() && vault.small() > 254":                    "true",
		"vault.paused() and vault.small() > 255":                   "false",
		"!vault.paused() || vault.small() > 254":                   "true",
		"vault.totalAssets() >=\n\tvault.totalSupply()\n  * 0.998": "true",
		"1 < vault.small() && vault.small() < 256":                 "true",
	} {
		m := compile(t, source)
		v, err := m.Evaluate(measure.Frame{Now: chain(m, answers)})
		if err != nil || v.String() != want {
			t.Errorf("%s is %s (%v), want %s", source, v, err, want)
		}
	}
}

func TestDivisionByZeroIsUnknownAndNotAValue(t *testing.T) {
	m := compile(t, "vault.totalAssets() / vault.totalSupply() >= 1")
	a := m.Judge(chain(m, map[string][]byte{"totalAssets": word(5), "totalSupply": word(0)}), nil)
	if a.Verdict != ops.Unknown || a.Why != "division by zero" || a.Observed != "" {
		t.Errorf("%+v", a)
	}
	if _, err := compile(t, "1 / (2 - 2)").Evaluate(measure.Frame{}); err == nil {
		t.Error("a constant was divided by zero")
	}
}

func TestAJudgementShowsBothSides(t *testing.T) {
	m, err := measure.CompileCondition("vault.totalAssets() >= vault.totalSupply() * 0.999", scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		assets int64
		want   ops.Verdict
	}{{999, ops.OK}, {998, ops.Breach}, {1000, ops.OK}} {
		a := m.Judge(chain(m, map[string][]byte{"totalAssets": word(c.assets), "totalSupply": word(1000)}), nil)
		if a.Verdict != c.want || a.Relation != "≥" || a.Threshold != "999" || a.Observed != big.NewInt(c.assets).String() {
			t.Errorf("%d: %+v", c.assets, a)
		}
	}
	alone, _ := measure.CompileCondition("!vault.paused()", scope)
	if a := alone.Judge(chain(alone, map[string][]byte{"paused": word(1)}), nil); a.Verdict != ops.Breach || a.Observed != "false" || a.Threshold != "true" {
		t.Errorf("%+v", a)
	}
}

func TestPrevIsTheBlockBeforeAndUnknownWithoutOne(t *testing.T) {
	m := compile(t, "vault.totalAssets() >= prev(vault.totalAssets())")
	if len(m.Reads()) != 1 {
		t.Errorf("reads: %v", m.Reads())
	}
	now, parent := chain(m, map[string][]byte{"totalAssets": word(5)}), chain(m, map[string][]byte{"totalAssets": word(6)})
	if a := m.Judge(now, parent); a.Verdict != ops.Breach || a.Observed != "5" || a.Threshold != "6" {
		t.Errorf("%+v", a)
	}
	if a := m.Judge(now, now); a.Verdict != ops.OK {
		t.Errorf("%+v", a)
	}
	if a := m.Judge(now, nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "the block before was not judged") {
		t.Errorf("%+v", a)
	}
	if a := m.Judge(now, ops.Readings{}); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "was not read") {
		t.Errorf("%+v", a)
	}
}

// A side that decides alone decides; a side that does not leaves it unknown.
func TestAndAndOrKnowThreeValues(t *testing.T) {
	for _, c := range []struct {
		source string
		assets []byte
		want   ops.Verdict
	}{
		{"vault.totalAssets() > 1 && vault.totalSupply() > 1", word(5), ops.Unknown},
		{"vault.totalAssets() > 1 && vault.totalSupply() > 1", word(0), ops.Breach},
		{"vault.totalSupply() > 1 && vault.totalAssets() > 1", word(0), ops.Breach},
		{"vault.totalAssets() > 1 || vault.totalSupply() > 1", word(5), ops.OK},
		{"vault.totalSupply() > 1 || vault.totalAssets() > 1", word(5), ops.OK},
		{"vault.totalAssets() > 1 || vault.totalSupply() > 1", word(0), ops.Unknown},
		{"!(vault.totalAssets() > 1 || vault.totalSupply() > 1)", word(5), ops.Breach},
		{"vault.totalAssets() > 1 || vault.totalSupply() > 1", nil, ops.Unknown},
		{"vault.totalAssets() > 1 && vault.totalSupply() > 1", nil, ops.Unknown},
	} {
		m := compile(t, c.source)
		answers := map[string][]byte{}
		if c.assets != nil {
			answers["totalAssets"] = c.assets
		}
		if a := m.Judge(chain(m, answers), nil); a.Verdict != c.want {
			t.Errorf("%s with %x: %+v, want %v", c.source, c.assets, a, c.want)
		}
	}
}

func TestTheSameReadIsAskedOnceHoweverItIsWritten(t *testing.T) {
	m := compile(t, `vault.balanceOf(guardian) + vault.balanceOf("`+guardian.Hex()+`") + vault.balanceOf(`+guardian.Hex()+`) + prev(vault.balanceOf(guardian)) + vault.balanceOf(vault)`)
	if len(m.Reads()) != 2 {
		t.Fatalf("reads: %v", m.Reads())
	}
	first := m.Reads()[0]
	want, _ := parsed.Pack("balanceOf", guardian)
	if first.Data != string(want) || first.To != vault || first.Name != "vault.balanceOf("+guardian.Hex()+")" {
		t.Errorf("%+v", first)
	}
}

func TestAnAnswerThatIsNotOfItsTypeIsUnknown(t *testing.T) {
	dirty := append([]byte{1}, word(1)[1:]...)
	for _, c := range []struct {
		source string
		data   []byte
		want   string
	}{
		{"vault.paused() == true", word(2), "is no bool"},
		{"vault.owner() == guardian", dirty, "is no address"},
		{"vault.small() == 1", word(256), "is no uint8"},
		{"vault.skew() == 1", word(128), "is no int8"},
		{"vault.skew() == 1", word(-129), "is no int8"},
		{"vault.totalAssets() == 1", nil, "returned 0 bytes"},
		{"vault.totalAssets() == 1", word(1)[:31], "returned 31 bytes"},
		{"vault.totalAssets() == 1", append(word(1), 0), "returned 33 bytes where uint256 takes 32"},
	} {
		m := compile(t, c.source)
		now := ops.Readings{m.Reads()[0]: {Status: ops.ReadOK, Data: c.data}}
		if a := m.Judge(now, nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, c.want) {
			t.Errorf("%s with %x: %+v", c.source, c.data, a)
		}
	}
}

func TestAReadThatFailedIsUnknownWithItsReason(t *testing.T) {
	m := compile(t, "vault.totalAssets() == 1")
	for _, c := range []struct {
		reading ops.Reading
		want    string
	}{
		{ops.Reading{Status: ops.ReadReverted, Err: "EnforcedPause", Data: word(1)}, "vault.totalAssets() reverted: EnforcedPause"},
		{ops.Reading{Status: ops.ReadNoCode}, "there is no contract at " + vault.Hex()},
		{ops.Reading{Status: ops.ReadNotRun, Err: "the gas of the read was spent", Data: word(1)}, "was not answered: the gas of the read was spent"},
		{ops.Reading{Status: 99, Data: word(1)}, "was not answered"},
	} {
		if a := m.Judge(ops.Readings{m.Reads()[0]: c.reading}, nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, c.want) {
			t.Errorf("%+v", a)
		}
	}
}

func TestACallOfARunbookIsPackedAndNamed(t *testing.T) {
	call, err := measure.CompileCall("vault.cancel(operation)", scope)
	want, _ := parsed.Pack("cancel", [32]byte{7})
	if err != nil || string(call.Data) != string(want) || call.To != vault || call.Name != "vault" || call.Value != "0" || call.Function != "vault.cancel("+(common.Hash{7}).Hex()+")" {
		t.Errorf("%+v, %v", call, err)
	}
	for source, want := range map[string]string{
		"vault.paused()": "only reads", "1 + 1": "a call is wanted", "abs(1)": "a call of a contract's function", "vault.cancel()": "wants 1 arguments",
		"vault.cancel(guardian)": "is bytes32, not an address", "vault.nothing()": "has no function", "": "empty", "vault.cancel(vault.root())": "takes what is read from the chain",
	} {
		if _, err := measure.CompileCall(source, scope); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestEveryWidthOfIntegerIsPackedOrRefused(t *testing.T) {
	level := parsed.Methods["level"]
	number := func(n int64) measure.Value { return measure.NumberValue(big.NewRat(n, 1)) }
	for _, c := range []struct {
		a, b int64
		ok   bool
	}{{255, 32767, true}, {0, -32768, true}, {256, 0, false}, {-1, 0, false}, {0, 32768, false}, {0, -32769, false}} {
		_, err := measure.Pack(level, []measure.Value{number(c.a), number(c.b), measure.BoolValue(true)})
		if (err == nil) != c.ok {
			t.Errorf("level(%d, %d): %v", c.a, c.b, err)
		}
	}
	for bits := 8; bits <= 256; bits += 8 {
		for _, kind := range []string{"uint", "int"} {
			typ, err := abi.NewType(kind+big.NewInt(int64(bits)).String(), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			method := abi.NewMethod("f", "f", abi.Function, "view", false, false, abi.Arguments{{Type: typ}}, nil)
			data, err := measure.Pack(method, []measure.Value{number(100)})
			if err != nil || string(data[4:]) != string(word(100)) {
				t.Errorf("%s: %x, %v", typ, data, err)
			}
		}
	}
	if _, err := measure.Pack(level, []measure.Value{measure.NumberValue(big.NewRat(1, 2)), number(0), measure.BoolValue(true)}); err == nil {
		t.Error("a half was packed")
	}
}

func TestAValueSaysWhatItIs(t *testing.T) {
	if v := measure.DurationValue(90 * time.Second); v.String() != "90" || v.Kind() != measure.Duration || v.True() || v.Rat() == nil {
		t.Errorf("%v", v)
	}
	if v := (measure.Value{}); v.String() != "" || v.Kind() != 0 || v.True() || v.Rat() != nil {
		t.Errorf("an unset value is %v", v)
	}
	if v := measure.Bytes32Value(common.Hash{7}); v.Word() != (common.Hash{7}) {
		t.Errorf("%v", v)
	}
	for _, bad := range []string{"", "1e101", "1e-101", "1e5e5", "1/2", "0b1", "0o7", "1p5", "Inf", "e5", "1e", strings.Repeat("9", 300), "0x12"} {
		if r, err := measure.ParseNumber(bad); err == nil {
			t.Errorf("%q is %v", bad, r)
		}
	}
	var e *measure.Error
	if _, err := measure.Compile("", scope); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

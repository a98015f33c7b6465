package measure_test

import (
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// Kleene's tables: t, f and u for unknown, on both sides of both operators.
func TestTheTruthTablesAreKleenes(t *testing.T) {
	and := map[string]string{"tt": "t", "tf": "f", "tu": "u", "ft": "f", "ff": "f", "fu": "f", "ut": "u", "uf": "f", "uu": "u"}
	or := map[string]string{"tt": "t", "tf": "t", "tu": "t", "ft": "t", "ff": "f", "fu": "u", "ut": "t", "uf": "u", "uu": "u"}
	verdict := map[byte]ops.Verdict{'t': ops.OK, 'f': ops.Breach, 'u': ops.Unknown}
	word := map[byte][]byte{'t': word(1), 'f': word(0)}
	for _, c := range []struct {
		operators []string
		table     map[string]string
	}{{[]string{"&&", "and"}, and}, {[]string{"||", "or"}, or}} {
		for _, operator := range c.operators {
			m := compile(t, "vault.paused() "+operator+" vault.role(operation, guardian)")
			negated := compile(t, "!(vault.paused() "+operator+" vault.role(operation, guardian))")
			for sides, want := range c.table {
				answers := map[string][]byte{}
				if sides[0] != 'u' {
					answers["paused"] = word[sides[0]]
				}
				if sides[1] != 'u' {
					answers["role"] = word[sides[1]]
				}
				a := m.Judge(chain(m, answers), nil)
				if a.Verdict != verdict[want[0]] || (a.Why == "") == (want == "u") {
					t.Errorf("%s %s: %+v, want %s", operator, sides, a, want)
				}
				opposite := map[string]byte{"t": 'f', "f": 't', "u": 'u'}[want]
				if b := negated.Judge(chain(negated, answers), nil); b.Verdict != verdict[opposite] {
					t.Errorf("not %s %s: %+v", operator, sides, b)
				}
			}
		}
	}
}

func TestOneUnknownMakesArithmeticUnknown(t *testing.T) {
	for _, source := range []string{
		"vault.totalAssets() + 1 > 0", "0 * vault.totalAssets() == 0", "min(1, vault.totalAssets()) > 0", "abs(vault.totalAssets()) > 0", "-vault.totalAssets() < 0",
		"vault.totalAssets() == vault.totalAssets()", "prev(vault.totalAssets()) == 1", "ether(vault.totalAssets()) > 0", "units(1, vault.small()) > 0", "balance(vault) > 0",
	} {
		m := compile(t, source)
		if a := m.Judge(ops.Readings{}, ops.Readings{}); a.Verdict != ops.Unknown || a.Why == "" || a.Observed != "" || a.Threshold != "" {
			t.Errorf("%s: %+v", source, a)
		}
	}
}

func TestTheDecimalsOfUnitsAreAWholeNumberThatFits(t *testing.T) {
	m := compile(t, "units(1, vault.small() / 2) > 0")
	for n, known := range map[int64]bool{0: true, 154: true, 155: false, 156: false, 255: false} {
		a := m.Judge(chain(m, map[string][]byte{"small": word(n)}), nil)
		if (a.Verdict == ops.OK) != known || !known && !strings.Contains(a.Why, "from 0 to 77") {
			t.Errorf("%d: %+v", n, a)
		}
	}
}

func TestTheEdgesOfEveryTypeAreInside(t *testing.T) {
	for _, c := range []struct {
		source string
		data   []byte
		want   string
	}{
		{"vault.totalAssets()", common.MaxHash[:], most},
		{"vault.totalAssets()", word(0), "0"},
		{"vault.small()", word(255), "255"},
		{"vault.skew()", word(127), "127"},
		{"vault.skew()", word(-128), "-128"},
		{"vault.paused()", word(0), "false"},
		{"vault.paused()", word(1), "true"},
		{"vault.owner()", common.LeftPadBytes(common.MaxAddress[:], 32), common.MaxAddress.Hex()},
		{"vault.root()", common.MaxHash[:], common.MaxHash.Hex()},
	} {
		m := compile(t, c.source)
		v, err := m.Evaluate(measure.Frame{Now: ops.Readings{m.Reads()[0]: {Status: ops.ReadOK, Data: c.data}}})
		if err != nil || v.String() != c.want {
			t.Errorf("%s with %x is %s (%v), want %s", c.source, c.data, v, err, c.want)
		}
	}
}

func TestAMeasureMayBeJudgedFromManySidesAtOnce(t *testing.T) {
	m := compile(t, "vault.totalAssets() * 0.999 >= vault.totalSupply() - 1 && !vault.paused()")
	now := chain(m, map[string][]byte{"totalAssets": word(1000), "totalSupply": word(1000), "paused": word(0)})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if a := m.Judge(now, nil); a.Verdict != ops.OK {
					t.Errorf("%+v", a)
				}
			}
		})
	}
	wait.Wait()
}

func TestAContractsNameStandsForItsAddressOnlyWhereOneIsWanted(t *testing.T) {
	m := compile(t, "vault.balanceOf(vault)")
	want, _ := parsed.Pack("balanceOf", vault)
	if m.Reads()[0].Data != string(want) {
		t.Errorf("%x", m.Reads()[0].Data)
	}
	if _, err := measure.Compile("vault.role(vault, guardian) == true", scope); err == nil || !strings.Contains(err.Error(), "vault is a contract, not a value") {
		t.Errorf("%v", err)
	}
	if _, err := measure.Compile("vault == guardian", scope); err == nil {
		t.Error("a contract was taken for a value")
	}
}

func TestAMeasureTellsItsKindAndItsSource(t *testing.T) {
	for source, want := range map[string]measure.Kind{
		"1": measure.Number, "48h": measure.Duration, "vault.paused()": measure.Bool, "vault.owner()": measure.Address, "operation": measure.Bytes32, "1h + 1": measure.Number,
	} {
		if m := compile(t, source); m.Kind() != want || m.Source() != source {
			t.Errorf("%s is %s", m.Source(), m.Kind())
		}
	}
}

// Whatever a contract returns, a word of the right type comes out or nothing.
func FuzzAnswer(f *testing.F) {
	sources := []string{"vault.totalAssets()", "vault.small()", "vault.skew()", "vault.paused()", "vault.owner()", "vault.root()", "balance(vault)"}
	var measures []*measure.Measure
	for i, source := range sources {
		measures = append(measures, compile(f, source))
		f.Add(byte(i), word(int64(i)))
		f.Add(byte(i), common.MaxHash[:])
		f.Add(byte(i), []byte{1})
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		i := int(which) % len(measures)
		v, err := measures[i].Evaluate(measure.Frame{Now: ops.Readings{measures[i].Reads()[0]: {Status: ops.ReadOK, Data: data}}})
		if err != nil {
			if v.Kind() != 0 {
				t.Fatalf("%s: an error and the value %s", sources[i], v)
			}
			return
		}
		if len(data) != 32 || v.Kind() != measures[i].Kind() {
			t.Fatalf("%s: %x is %s", sources[i], data, v)
		}
		if sources[i] == "vault.small()" && v.Rat().Cmp(big.NewRat(255, 1)) > 0 {
			t.Fatalf("%s does not fit", v)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"0.999", "1e18", most, "1_000", "1e-100", "1e5e5", "0x1", "+1", "1/3", "1e", ".5", "5."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := measure.ParseNumber(s)
		if err == nil && (r == nil || r.Num().BitLen() > 2000 || r.Denom().BitLen() > 2000) {
			t.Fatalf("%q is %v", s, r)
		}
	})
}

func ratOf(n int64) *big.Rat { return big.NewRat(n, 1) }

package detect_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

func TestANumberIsShownForPeople(t *testing.T) {
	for _, c := range []struct {
		decimals     uint64
		symbol       string
		exact, shown string
	}{
		{0, "", "0", "0"},
		{0, "", "999", "999"},
		{0, "", "1000", "1,000"},
		{0, "", "123456789", "123,456,789"},
		{0, "", "-1234567", "-1,234,567"},
		{0, "", "-123", "-123"},
		{0, "s", "172800", "172,800 s"},
		{0, "", "1/3", "0.3333"},
		{0, "", "-1/3", "-0.3333"},
		{0, "", "2469135/2", "1,234,567.5"},
		{18, "dUSD", "958800000000000000000", "958.8 dUSD"},
		{18, "ETH", "1000000000000000000000000", "1,000,000 ETH"},
		{18, "", "1", "< 0.0001"},
		{18, "ETH", "1", "< 0.0001 ETH"},
		{18, "", "-1", "> -0.0001"},
		{18, "", "50000000000000", "0.0001"},
		{18, "", "49999999999999", "< 0.0001"},
		{18, "", "0", "0"},
		{6, "", "1500000", "1.5"},
		{0, "", "true", "true"},
		{0, "", "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa", "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa"},
		{0, "", "", ""},
		{1 << 63, "", "1", "< 0.0001"},
	} {
		q := detect.Unit{Decimals: c.decimals, Symbol: c.symbol}.Quantity(c.exact)
		if q.Shown != c.shown || q.Exact != c.exact {
			t.Errorf("%s with %d decimals is %q, want %q", c.exact, c.decimals, q.Shown, c.shown)
		}
	}
}

func TestTwoSidesThatDifferAreNeverShownAlike(t *testing.T) {
	judge := func(decimals uint64, observed, threshold string) ops.Finding {
		i := detect.Invariant{For: 1, Unit: detect.Unit{Decimals: decimals, Symbol: "dUSD"}, Condition: &script{[]ops.Assessment{
			{Verdict: ops.Breach, Observed: observed, Relation: "=", Threshold: threshold},
		}}}
		return i.Next(detect.State{}, at(1), nil, nil, nil).Finding
	}
	for _, c := range []struct {
		decimals       uint64
		a, b, as, bees string
	}{
		{18, "999999999999999999999", "1000000000000000000000", "999.999999999999999999 dUSD", "1,000 dUSD"},
		{18, "1", "2", "0.000000000000000001 dUSD", "0.000000000000000002 dUSD"},
		{18, "1000000000000000000", "2000000000000000000", "1 dUSD", "2 dUSD"},
		{0, "5", "5", "5 dUSD", "5 dUSD"},
	} {
		if f := judge(c.decimals, c.a, c.b); f.Observed.Shown != c.as || f.Threshold.Shown != c.bees {
			t.Errorf("%s and %s are shown as %q and %q", c.a, c.b, f.Observed.Shown, f.Threshold.Shown)
		}
	}
}

func TestTheWordForNothingIsNeverAValue(t *testing.T) {
	for exp := range 40 {
		tiny := "1/1" + strings.Repeat("0", exp+5)
		if shown := (detect.Unit{}).Quantity(tiny).Shown; shown == "0" {
			t.Errorf("%s is shown as nothing", tiny)
		}
	}
}

// What is shown of whole numbers without arithmetic is what arithmetic shows.
func TestWholeNumbersAreShownAsAnyOther(t *testing.T) {
	u := detect.Unit{Symbol: "s"}
	for _, n := range []string{"0", "7", "999", "1000", "172800", "1234567", "115792089237316195423570985008687907853269984665640564039457584007913129639935"} {
		x, y := u.Pair(n, n+"1")
		if x != u.Quantity(n) || y != u.Quantity(n+"1") {
			t.Errorf("%s is shown as %s, and as %s", n, x.Shown, u.Quantity(n).Shown)
		}
	}
	for _, odd := range []string{"", "007", "1/3", "-5", "true", "0x10", "1.5"} {
		if x, _ := u.Pair(odd, "1"); x != u.Quantity(odd) {
			t.Errorf("%q is shown as %s, and as %s", odd, x.Shown, u.Quantity(odd).Shown)
		}
	}
}

// A number is written as big.Rat writes it, whatever the decimals.
func TestANumberIsRoundedAsItsFractionIs(t *testing.T) {
	random := rand.New(rand.NewPCG(26, 6))
	for range 20_000 {
		n, d := new(big.Int).SetUint64(random.Uint64()>>random.UintN(64)), new(big.Int).SetUint64(random.Uint64()>>random.UintN(64)|1)
		if random.IntN(3) == 0 {
			n.Mul(n, n)
		}
		if random.IntN(2) == 0 {
			n.Neg(n)
		}
		if random.IntN(3) == 0 { // halves
			d.SetInt64(2 * int64(1+random.IntN(50)))
		}
		r, powers, digits := new(big.Rat).SetFrac(n, d), uint64(random.IntN(90)), random.IntN(50)
		scale := new(big.Int).Exp(big.NewInt(10), new(big.Int).SetUint64(min(powers, 77)), nil)
		if got, want := detect.Decimal(r, powers, digits), new(big.Rat).Quo(r, new(big.Rat).SetInt(scale)).FloatString(digits); got != want {
			t.Fatalf("%s / 10^%d with %d digits is %s, want %s", r, powers, digits, got, want)
		}
	}
}

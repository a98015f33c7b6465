package detect

import (
	"math/big"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Unit says how an exact number is shown to a person.
type Unit struct {
	Decimals uint64
	Symbol   string
}

// Quantity keeps the exact value and adds the one for people: scaled, grouped,
// at most four digits after the point. Words and hex stay as they are.
func (u Unit) Quantity(exact string) ops.Quantity {
	r, ok := number(exact)
	if !ok {
		return ops.Quantity{Exact: exact, Shown: exact}
	}
	return ops.Quantity{Exact: exact, Shown: u.format(r)}
}

func number(exact string) (*big.Rat, bool) {
	if exact == "" || strings.HasPrefix(exact, "0x") {
		return nil, false
	}
	return new(big.Rat).SetString(exact)
}

func (u Unit) format(r *big.Rat) string {
	scaled := new(big.Rat).Quo(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), new(big.Int).SetUint64(u.Decimals), nil)))
	text := scaled.FloatString(4)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "0" && r.Sign() != 0 || text == "-0" { // too small for four digits: never shown as nothing
		text = "< 0.0001"
		if r.Sign() < 0 {
			text = "> -0.0001"
		}
	}
	text = grouped(text)
	if u.Symbol != "" {
		text += " " + u.Symbol
	}
	return text
}

// grouped puts commas between the thousands.
func grouped(s string) string {
	whole, rest, point := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if strings.ContainsAny(whole, "<> ") {
		return s
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + rest
	}
	return sign + whole
}

// trend says how a breached value moves: in the last block and since the breach.
func (u Unit) trend(before, opened, now string) string {
	n, ok := number(now)
	o, okOpened := number(opened)
	b, okBefore := number(before)
	if !ok || !okOpened || !okBefore {
		return ""
	}
	last := new(big.Rat).Sub(n, b)
	total := new(big.Rat).Sub(n, o)
	plain := Unit{Decimals: u.Decimals}
	word := "rising"
	if last.Sign() < 0 {
		word = "losing"
	}
	if last.Sign() == 0 {
		if total.Sign() == 0 {
			return ""
		}
		return "steady now, " + plain.format(total.Abs(total)) + " so far"
	}
	return word + " " + plain.format(last.Abs(last)) + " in a block, " + plain.format(total.Abs(total)) + " so far"
}

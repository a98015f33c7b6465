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
	if u.Decimals == 0 && whole(exact) { // as most are: no arithmetic is needed to show them
		return ops.Quantity{Exact: exact, Shown: u.grouped(exact)}
	}
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
	r := new(big.Rat)
	if _, ok := r.Num().SetString(exact, 10); ok { // as most are
		return r, true
	}
	return r.SetString(exact)
}

// shownDigits is how many digits after the point a number is shown with, unless
// more are needed; mostDecimals is more than any token has.
const (
	shownDigits  = 4
	mostDecimals = 77
)

// pair shows two values that are compared. Where they differ, they are shown with
// as many digits as it takes to see it: no breach reads 1,000 ≥ 1,000.
func (u Unit) pair(a, b string) (ops.Quantity, ops.Quantity) {
	x, y := u.Quantity(a), u.Quantity(b)
	if a == b || x.Shown != y.Shown {
		return x, y
	}
	r, ok := number(a)
	q, both := number(b)
	if !ok || !both || r.Cmp(q) == 0 {
		return x, y
	}
	for digits := shownDigits; x.Shown == y.Shown && digits <= 2*mostDecimals; digits++ {
		x.Shown, y.Shown = u.digits(r, digits), u.digits(q, digits)
	}
	return x, y
}

func (u Unit) format(r *big.Rat) string { return u.digits(r, shownDigits) }

func (u Unit) digits(r *big.Rat, digits int) string {
	text := decimal(r, u.Decimals, digits)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "0" && r.Sign() != 0 || text == "-0" { // too small for the digits: never shown as nothing
		least := "0." + strings.Repeat("0", digits-1) + "1"
		text = "< " + least
		if r.Sign() < 0 {
			text = "> -" + least
		}
	}
	return u.grouped(text)
}

// decimal writes r, over so many powers of ten, with so many digits after the point: rounded
// to the nearest, halves away from zero. Nothing is reduced on the way.
func decimal(r *big.Rat, powers uint64, digits int) string {
	n, d := new(big.Int).Abs(r.Num()), r.Denom()
	if more := digits - int(min(powers, mostDecimals)); more >= 0 {
		n.Mul(n, power(more))
	} else {
		d = new(big.Int).Mul(d, power(-more))
	}
	n.Add(n.Lsh(n, 1), d)
	n.Quo(n, new(big.Int).Lsh(d, 1))
	text := n.String()
	if digits > 0 {
		if short := digits + 1 - len(text); short > 0 {
			text = strings.Repeat("0", short) + text
		}
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if r.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// power is ten to the n.
func power(n int) *big.Int {
	if n < len(powers) {
		return powers[n]
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

var powers = func() (p [40]*big.Int) {
	for n := range p {
		p[n] = new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	}
	return p
}()

// whole reports whether it is a whole number as big.Int writes it.
func whole(exact string) bool {
	for i := range len(exact) {
		if exact[i] < '0' || exact[i] > '9' {
			return false
		}
	}
	return exact == "0" || exact != "" && exact[0] != '0'
}

// grouped adds the thousands' commas and the symbol.
func (u Unit) grouped(text string) string {
	if text = grouped(text); u.Symbol != "" {
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
	b := make([]byte, 0, len(s)+len(whole)/3)
	b = append(b, sign...)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, whole[i])
	}
	if point {
		b = append(append(b, '.'), rest...)
	}
	return string(b)
}

// trend says how a breached value moves: in the last block, where that one was
// known, and since the breach.
func (u Unit) trend(before, opened, now string) string {
	n, ok := number(now)
	o, since := number(opened)
	if !ok || !since {
		return ""
	}
	total := new(big.Rat).Sub(n, o)
	overall := u.format(total.Abs(total)) + " since the breach"
	b, ok := number(before)
	if !ok {
		if total.Sign() == 0 {
			return ""
		}
		return overall
	}
	last := new(big.Rat).Sub(n, b)
	word := "rising"
	if last.Sign() < 0 {
		word = "losing"
	}
	if last.Sign() == 0 {
		if total.Sign() == 0 {
			return ""
		}
		return "steady now, " + overall
	}
	plain := Unit{Decimals: u.Decimals}
	return word + " " + plain.format(last.Abs(last)) + " in the last block, " + overall
}

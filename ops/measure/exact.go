package measure

import "math/big"

// Arithmetic of exact numbers. Most are whole, and of those no denominator has to be
// reduced: that is nearly all that a fraction costs.

// whole is a whole number as a fraction, which the function sets.
func whole(set func(*big.Int)) *big.Rat {
	r := new(big.Rat)
	set(r.Num())
	return r
}

func plus(a, b *big.Rat) *big.Rat {
	if a.IsInt() && b.IsInt() {
		return whole(func(n *big.Int) { n.Add(a.Num(), b.Num()) })
	}
	return new(big.Rat).Add(a, b)
}

func minus(a, b *big.Rat) *big.Rat {
	if a.IsInt() && b.IsInt() {
		return whole(func(n *big.Int) { n.Sub(a.Num(), b.Num()) })
	}
	return new(big.Rat).Sub(a, b)
}

func times(a, b *big.Rat) *big.Rat {
	if a.IsInt() && b.IsInt() {
		return whole(func(n *big.Int) { n.Mul(a.Num(), b.Num()) })
	}
	return new(big.Rat).Mul(a, b)
}

// order is -1, 0 or 1 as a is less than, equal to or greater than b.
func order(a, b *big.Rat) int {
	if a.IsInt() && b.IsInt() {
		return a.Num().Cmp(b.Num())
	}
	return a.Cmp(b)
}

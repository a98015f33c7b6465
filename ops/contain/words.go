package contain

import (
	"fmt"
	"math/big"
	"strings"
)

// short shows the ends of an address or a hash.
func short(v fmt.Stringer) string {
	s := v.String()
	if len(s) < 12 {
		return s
	}
	return s[:6] + "…" + s[len(s)-4:]
}

// Ether shows wei as ETH with as many digits as matter.
func Ether(wei *big.Int) string {
	return decimal(wei, 18, 6) + " ETH"
}

func gwei(wei *big.Int) string { return decimal(wei, 9, 3) }

func decimal(n *big.Int, decimals, digits int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	text := new(big.Rat).SetFrac(n, scale).FloatString(digits)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

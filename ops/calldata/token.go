package calldata

import (
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Token is what a token says of itself: ERC-20's symbol and decimals. It may lie.
type Token struct {
	Symbol   string
	Decimals uint8
}

// mostDecimals is more than any token has: 10^77 is the largest power in a uint256.
const mostDecimals = 77

// mostSymbol bounds a symbol, in characters.
const mostSymbol = 12

// Amount writes an exact amount of the token's smallest units in whole ones: 1.5 USDC.
func (t Token) Amount(n *big.Int) string {
	if n.Cmp(math.MaxBig256) == 0 {
		return "unlimited " + t.Symbol
	}
	s := n.String()
	if d := int(t.Decimals); d > 0 {
		if len(s) <= d {
			s = strings.Repeat("0", d-len(s)+1) + s
		}
		s = strings.TrimSuffix(strings.TrimRight(s[:len(s)-d]+"."+s[len(s)-d:], "0"), ".")
	}
	return s + " " + t.Symbol
}

var (
	decimalsCall = selector("decimals()")
	symbolCall   = selector("symbol()")
)

// TokenReads are what a token is asked: its decimals and its symbol.
func TokenReads(at common.Address) (decimals, symbol ops.Read) {
	return ops.Read{Kind: ops.ReadCall, To: at, Data: decimalsCall, Name: at.Hex() + ".decimals()"},
		ops.Read{Kind: ops.ReadCall, To: at, Data: symbolCall, Name: at.Hex() + ".symbol()"}
}

// TokenOf is a token of its answers; false where they are not those of one. A symbol is
// a string or, of old tokens, a bytes32; one that could be mistaken for something else
// than a symbol is none.
func TokenOf(decimals, symbol ops.Reading) (Token, bool) {
	if decimals.Status != ops.ReadOK || symbol.Status != ops.ReadOK || len(decimals.Data) != 32 {
		return Token{}, false
	}
	n, ok := size(decimals.Data)
	if !ok || n > mostDecimals {
		return Token{}, false
	}
	text := symbol.Data
	switch {
	case len(text) == 32:
		text = []byte(strings.TrimRight(string(text), "\x00"))
	case exact(textForm, text):
		text = frame{textForm, text}.bytes(0)
	default:
		return Token{}, false
	}
	if len(text) == 0 || len(text) > 4*mostSymbol || !utf8.Valid(text) || utf8.RuneCount(text) > mostSymbol {
		return Token{}, false
	}
	letters := false
	for _, r := range string(text) {
		letters = letters || unicode.IsLetter(r)
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Sc, r) && !strings.ContainsRune(".-+_/", r) {
			return Token{}, false
		}
	}
	return Token{string(text), uint8(n)}, letters
}

package measure

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of values.
const (
	Number   Kind = iota + 1 // an exact rational
	Bool                     // true or false
	Address                  // 20 bytes
	Bytes32                  // 32 bytes
	Duration                 // a length of time, used as seconds beside numbers
)

// String names the kind in an error message.
func (k Kind) String() string {
	return [...]string{"nothing", "a number", "true or false", "an address", "bytes32", "a duration"}[k]
}

// Value is one exact value. The zero Value is unset.
type Value struct {
	num   *big.Rat    // Number, and Duration in seconds
	word  common.Hash // Bytes32, and Address in its last bytes
	kind  Kind
	truth bool
}

// NumberValue is an exact number.
func NumberValue(r *big.Rat) Value { return Value{kind: Number, num: r} }

// BoolValue is true or false.
func BoolValue(b bool) Value { return Value{kind: Bool, truth: b} }

// AddressValue is an address.
func AddressValue(a common.Address) Value {
	return Value{kind: Address, word: common.BytesToHash(a[:])}
}

// Bytes32Value is 32 bytes.
func Bytes32Value(h common.Hash) Value { return Value{kind: Bytes32, word: h} }

// DurationValue is a length of time; beside numbers it counts in seconds.
func DurationValue(d time.Duration) Value {
	return Value{kind: Duration, num: new(big.Rat).SetFrac64(int64(d), int64(time.Second))}
}

// Kind is the type of the value, or 0 when it is unset.
func (v Value) Kind() Kind { return v.kind }

// True reports whether the value is the boolean true.
func (v Value) True() bool { return v.kind == Bool && v.truth }

// Rat is the exact number; nil when the value is none. Do not change it.
func (v Value) Rat() *big.Rat { return v.num }

// Word is the value of a Bytes32.
func (v Value) Word() common.Hash { return v.word }

// address is the value of an Address.
func (v Value) address() common.Address { return common.BytesToAddress(v.word[12:]) }

// String is the exact value: an integer, a fraction a/b, a word, or hex.
func (v Value) String() string {
	switch v.kind {
	case Number, Duration:
		return v.num.RatString()
	case Bool:
		return fmt.Sprint(v.truth)
	case Address:
		return v.address().Hex()
	case Bytes32:
		return v.word.Hex()
	default:
		return ""
	}
}

// numeric reports whether the kind takes part in arithmetic.
func numeric(k Kind) bool { return k == Number || k == Duration }

// equal compares two values of comparable kinds.
func equal(a, b Value) bool {
	switch a.kind {
	case Number, Duration:
		return order(a.num, b.num) == 0
	case Bool:
		return a.truth == b.truth
	case Address, Bytes32:
		return a.word == b.word
	default:
		return false
	}
}

// ParseHex reads an address or bytes32, told apart by their length.
func ParseHex(s string) (Value, error) {
	switch len(s) {
	case 42:
		a, err := document.ParseAddress(s)
		return AddressValue(a), err
	case 66:
		h, err := document.ParseHash(s)
		return Bytes32Value(h), err
	default:
		return Value{}, fmt.Errorf("%q is neither an address (40 digits) nor bytes32 (64 digits)", s)
	}
}

// maxExponent bounds 1e… literals: a number of a million digits is an attack.
const maxExponent = 100

// ParseNumber reads a decimal number exactly: 0.999, 1e18, 1_000_000.
func ParseNumber(s string) (*big.Rat, error) {
	clean := strings.ReplaceAll(s, "_", "")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(clean), "e")
	if len(mantissa) > 200 || len(exponent) > 4 || strings.ContainsAny(clean, "/xXpPbo") {
		return nil, fmt.Errorf("%q is not a number", s)
	}
	var e int
	if exponent != "" {
		if _, err := fmt.Sscanf(exponent, "%d", &e); err != nil || e > maxExponent || e < -maxExponent {
			return nil, fmt.Errorf("the exponent of %q is out of bounds (%d)", s, maxExponent)
		}
	}
	r, ok := new(big.Rat).SetString(clean)
	if !ok {
		return nil, fmt.Errorf("%q is not a number", s)
	}
	return r, nil
}

package document

import (
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// ParseAddress reads an address. It must carry a correct EIP-55 checksum: one
// mistyped digit would otherwise name somebody else's contract.
func ParseAddress(s string) (common.Address, error) {
	a, err := common.NewMixedcaseAddressFromString(s)
	if err != nil || len(s) != 42 {
		return common.Address{}, fmt.Errorf("%q is not an address: 0x and 40 hexadecimal digits are wanted", s)
	}
	if !a.ValidChecksum() {
		return common.Address{}, fmt.Errorf("the checksum of %s is wrong: if every digit is right it reads %s", s, a.Address().Hex())
	}
	return a.Address(), nil
}

// ParseHash reads 32 bytes: 0x and 64 hexadecimal digits.
func ParseHash(s string) (common.Hash, error) {
	b, err := hexutil.Decode(s)
	if err != nil || len(b) != 32 {
		return common.Hash{}, fmt.Errorf("%q is not bytes32: 0x and 64 hexadecimal digits are wanted", s)
	}
	return common.BytesToHash(b), nil
}

// units of time that a duration can end in.
var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// DurationUnit reports whether a literal that ends in c is a duration.
func DurationUnit(c byte) bool { return units[c] != 0 }

// ParseDuration reads 60s, 10m, 48h, 7d or 2w: one whole number and one unit.
func ParseDuration(s string) (time.Duration, error) {
	if len(s) < 2 || !DurationUnit(s[len(s)-1]) {
		return 0, fmt.Errorf("%q is not a duration", s)
	}
	var n int64
	for _, c := range []byte(s[:len(s)-1]) {
		if c < '0' || c > '9' || n > 1e6 {
			return 0, fmt.Errorf("%q is not a duration", s)
		}
		n = n*10 + int64(c-'0')
	}
	unit := units[s[len(s)-1]]
	if n > int64((1<<62)/unit) {
		return 0, fmt.Errorf("%q is longer than anything here lasts", s)
	}
	return time.Duration(n) * unit, nil
}

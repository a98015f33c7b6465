package policy

import (
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// functionShape is a function's signature as its selector is made of it.
var functionShape = regexp.MustCompile(`^([A-Za-z_$][A-Za-z0-9_$]*)\(([A-Za-z0-9,\[\]]*)\)$`)

// parameters reads the types out of a signature such as f(address,bytes). It must
// be the canonical one: the selector is the hash of the text.
func parameters(signature string) (abi.Arguments, error) {
	m := functionShape.FindStringSubmatch(signature)
	if m == nil {
		return nil, fmt.Errorf("%q is not a function's signature", signature)
	}
	if m[2] == "" {
		return nil, nil
	}
	var out abi.Arguments
	for _, name := range strings.Split(m[2], ",") {
		parsed, err := abi.NewType(name, "", nil)
		if err != nil || name == "" {
			return nil, fmt.Errorf("%q in %s is not a type", name, signature)
		}
		if canonical := parsed.String(); canonical != name {
			return nil, fmt.Errorf("%q in %s is short for %s, and the selector is made of the long name", name, signature, canonical)
		}
		out = append(out, abi.Argument{Type: parsed})
	}
	return out, nil
}

// literal reads one committed argument by the type that the signature asks for.
func literal(t abi.Type, s string) (any, error) {
	switch {
	case t.T == abi.AddressTy:
		return document.ParseAddress(s)
	case t.T == abi.BoolTy && (s == "true" || s == "false"):
		return s == "true", nil
	case t.T == abi.FixedBytesTy && t.Size == 32:
		h, err := document.ParseHash(s)
		return [32]byte(h), err
	case t.T == abi.BytesTy:
		b, err := hexutil.Decode(s)
		if err != nil {
			return nil, fmt.Errorf("%q is no bytes: 0x and pairs of hexadecimal digits are wanted", s)
		}
		return b, nil
	case t.T == abi.StringTy:
		return s, nil
	case t.T == abi.UintTy:
		n, ok := new(big.Int).SetString(s, 10)
		if !ok || n.Sign() < 0 || n.BitLen() > t.Size || s[0] == '+' {
			return nil, fmt.Errorf("%q is no %s", s, t)
		}
		if kind := t.GetType(); kind.Kind() != reflect.Pointer { // go-ethereum packs small integers from Go's own types
			return reflect.ValueOf(n.Uint64()).Convert(kind).Interface(), nil
		}
		return n, nil
	default:
		return nil, fmt.Errorf("%q cannot be written here as %s", s, t)
	}
}

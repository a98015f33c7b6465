package safe

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

var errShape = errors.New("the answer is not what a Safe says")

// word is the n-th 32 bytes of an answer.
func word(b []byte, n int) (common.Hash, error) {
	if n < 0 || n > len(b)/32-1 {
		return common.Hash{}, errShape
	}
	return common.Hash(b[n*32 : n*32+32]), nil
}

func address(b []byte, n int) (common.Address, error) {
	w, err := word(b, n)
	if err != nil || new(big.Int).Rsh(w.Big(), 160).Sign() != 0 {
		return common.Address{}, errShape
	}
	return common.BytesToAddress(w[:]), nil
}

func numberAt(b []byte, n int) (uint64, error) {
	w, err := word(b, n)
	if err != nil || !w.Big().IsUint64() {
		return 0, errShape
	}
	return w.Big().Uint64(), nil
}

func small(b []byte) (uint64, error) { return numberAt(b, 0) }

// place is where the dynamic value lies whose offset is the n-th word, as a word's
// number, and how long it is.
func place(b []byte, n int) (at int, length uint64, err error) {
	offset, err := numberAt(b, n)
	if err != nil || offset%32 != 0 || offset >= uint64(len(b)) {
		return 0, 0, errShape
	}
	at = int(offset / 32)
	length, err = numberAt(b, at)
	return at + 1, length, err
}

func list(b []byte, n int, most uint64) ([]common.Address, error) {
	at, length, err := place(b, n)
	if err != nil {
		return nil, err
	}
	if length > most {
		return nil, fmt.Errorf("it lists %d, more than the %d that are read", length, most)
	}
	out := make([]common.Address, 0, length)
	for i := range int(length) {
		a, err := address(b, at+i)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// text is a short string.
func text(b []byte) (string, error) {
	at, length, err := place(b, 0)
	if err != nil || length > 32 || uint64(len(b)) < uint64(at)*32+length {
		return "", errShape
	}
	s := string(b[at*32 : at*32+int(length)])
	for _, r := range s {
		if r < 0x20 || r > 0x7e {
			return "", errShape
		}
	}
	return s, nil
}

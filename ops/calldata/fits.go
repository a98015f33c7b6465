package calldata

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// fits walks the encoding without allocating what it describes. Every value of an
// honest encoding has words of its own, so no more words are visited than the
// data has: an encoding that shares them runs out.
func fits(args abi.Arguments, data []byte) error {
	w := &walk{data: data, left: (len(data)+31)/32 + len(args) + 1}
	head := 0
	for _, a := range args {
		if err := w.value(a.Type, head, 0, 0); err != nil {
			return err
		}
		head += HeadSize(a.Type)
	}
	return nil
}

// maxDepth bounds the nesting of a type: no real function goes near it.
const maxDepth = 8

type walk struct {
	data []byte
	left int
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUndecodable, fmt.Sprintf(format, args...))
}

// value visits one value whose head is at the position; offsets count from base.
func (w *walk) value(t abi.Type, head, base, depth int) error {
	if err := w.spend(HeadSize(t)); err != nil {
		return err
	}
	if depth > maxDepth {
		return bad("it is nested more than %d deep", maxDepth)
	}
	if !Dynamic(t) {
		if head+HeadSize(t) > len(w.data) {
			return bad("it ends too early")
		}
		return nil
	}
	at, err := w.number(head)
	if err != nil {
		return err
	}
	at += base
	switch t.T {
	case abi.StringTy, abi.BytesTy:
		n, err := w.number(at)
		if err != nil {
			return err
		}
		if at+32+n > len(w.data) {
			return bad("%d bytes are promised and not there", n)
		}
		return w.spend(n)
	case abi.SliceTy:
		n, err := w.number(at)
		if err != nil {
			return err
		}
		return w.elements(*t.Elem, n, at+32, depth)
	case abi.ArrayTy:
		return w.elements(*t.Elem, t.Size, at, depth)
	case abi.TupleTy:
		inner := at
		for _, e := range t.TupleElems {
			if err := w.value(*e, inner, at, depth+1); err != nil {
				return err
			}
			inner += HeadSize(*e)
		}
		return nil
	default:
		return bad("%s cannot be read", t)
	}
}

// spend takes the words of so many bytes from what is left.
func (w *walk) spend(bytes int) error {
	if w.left -= max((bytes+31)/32, 1); w.left < 0 {
		return bad("it describes more than its %d bytes hold", len(w.data))
	}
	return nil
}

func (w *walk) elements(t abi.Type, n, at, depth int) error {
	if HeadSize(t) == 0 {
		return bad("%s takes no room", t)
	}
	if n > (len(w.data)-at)/HeadSize(t)+1 {
		return bad("%d elements are promised and not there", n)
	}
	for i := range n {
		if err := w.value(t, at+i*HeadSize(t), at, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// number reads a word as an offset or length, which can never exceed the data.
func (w *walk) number(at int) (int, error) {
	if at < 0 || at+32 > len(w.data) {
		return 0, bad("it ends too early")
	}
	n, ok := size(w.data[at : at+32])
	if !ok || n > len(w.data) {
		return 0, bad("offset %s points outside", common.BytesToHash(w.data[at:at+32]))
	}
	return n, nil
}

// size is a word as a number of bytes or elements; false for one that nothing has.
func size(word []byte) (int, bool) {
	for _, b := range word[:24] {
		if b != 0 {
			return 0, false
		}
	}
	n := binary.BigEndian.Uint64(word[24:])
	return int(n & math.MaxInt64), n <= math.MaxInt64
}

// Dynamic reports whether values of the type stand elsewhere, behind an offset.
func Dynamic(t abi.Type) bool {
	switch t.T {
	case abi.StringTy, abi.BytesTy, abi.SliceTy:
		return true
	case abi.ArrayTy:
		return Dynamic(*t.Elem)
	case abi.TupleTy:
		for _, e := range t.TupleElems {
			if Dynamic(*e) {
				return true
			}
		}
	}
	return false
}

// HeadSize is how many bytes a value takes where it stands.
func HeadSize(t abi.Type) int {
	if Dynamic(t) {
		return 32
	}
	switch t.T {
	case abi.ArrayTy:
		return t.Size * HeadSize(*t.Elem)
	case abi.TupleTy:
		size := 0
		for _, e := range t.TupleElems {
			size += HeadSize(*e)
		}
		return size
	default:
		return 32
	}
}

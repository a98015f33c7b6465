package calldata

import (
	"github.com/ethereum/go-ethereum/accounts/abi"
)

// exact reports whether the data is, to the byte, what an encoder makes of some values
// of the types: offsets follow one another, padding is empty, every word is a value of
// its type, and nothing is left over. It is the re-encoding without the encoding: it
// takes no memory, and looks at each byte at most once.
func exact(types []*abi.Type, data []byte) bool {
	e := &encoding{data: data}
	return e.tuple(types, 0, 0) && e.end == len(data)
}

// encoding is a walk through data that was encoded in order. end is where the next
// value that stands elsewhere has to begin.
type encoding struct {
	data []byte
	end  int
}

// tuple visits values whose heads begin at the position.
func (e *encoding) tuple(types []*abi.Type, at, depth int) bool {
	room := 0
	for _, t := range types {
		room += HeadSize(*t)
	}
	if depth > maxDepth || room > len(e.data)-at {
		return false
	}
	e.end = at + room
	head := at
	for _, t := range types {
		if !e.value(t, head, at, depth) {
			return false
		}
		head += HeadSize(*t)
	}
	return true
}

func (e *encoding) value(t *abi.Type, head, base, depth int) bool {
	if !Dynamic(*t) {
		return e.static(t, head)
	}
	offset, ok := size(e.data[head : head+32])
	if !ok || offset != e.end-base {
		return false
	}
	at := e.end
	switch t.T {
	case abi.TupleTy:
		return e.tuple(t.TupleElems, at, depth+1)
	case abi.ArrayTy:
		return e.elements(t.Elem, t.Size, at, depth)
	}
	if len(e.data)-at < 32 {
		return false
	}
	n, ok := size(e.data[at : at+32])
	if !ok || n > len(e.data) {
		return false
	}
	if t.T == abi.SliceTy {
		return e.elements(t.Elem, n, at+32, depth)
	}
	padded := (n + 31) / 32 * 32
	if padded > len(e.data)-at-32 || !empty(e.data[at+32+n:at+32+padded]) {
		return false
	}
	e.end = at + 32 + padded
	return true
}

// elements visits n values of one type, one after the other.
func (e *encoding) elements(t *abi.Type, n, at, depth int) bool {
	each := HeadSize(*t)
	if each == 0 || depth >= maxDepth || n > (len(e.data)-at)/each {
		return false
	}
	e.end = at + n*each
	for i := range n {
		if !e.value(t, at+i*each, at, depth+1) {
			return false
		}
	}
	return true
}

// static visits a value that stands where its head does.
func (e *encoding) static(t *abi.Type, at int) bool {
	switch t.T {
	case abi.ArrayTy:
		for i := range t.Size {
			if !e.static(t.Elem, at+i*HeadSize(*t.Elem)) {
				return false
			}
		}
		return true
	case abi.TupleTy:
		for _, elem := range t.TupleElems {
			if !e.static(elem, at) {
				return false
			}
			at += HeadSize(*elem)
		}
		return true
	default:
		return Proper(t, e.data[at:at+32])
	}
}

// Proper reports whether a word, of 32 bytes, is a value of the type.
func Proper(t *abi.Type, word []byte) bool {
	switch t.T {
	case abi.AddressTy:
		return empty(word[:12])
	case abi.BoolTy:
		return empty(word[:31]) && word[31] <= 1
	case abi.UintTy:
		return empty(word[:32-t.Size/8])
	case abi.IntTy:
		sign := byte(0)
		rest := 32 - t.Size/8
		if word[rest] >= 0x80 {
			sign = 0xff
		}
		for _, b := range word[:rest] {
			if b != sign {
				return false
			}
		}
		return true
	case abi.FixedBytesTy:
		return empty(word[t.Size:])
	case abi.FunctionTy:
		return empty(word[24:])
	default:
		return false
	}
}

func empty(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

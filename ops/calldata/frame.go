package calldata

import (
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// frame is an exact encoding of some values. Its heads begin with the data, and offsets
// count from there. Only what exact has passed may be read through it.
type frame struct {
	types []*abi.Type
	data  []byte
}

func (f frame) word(i int) []byte {
	at := 0
	for _, t := range f.types[:i] {
		at += HeadSize(*t)
	}
	return f.data[at : at+32]
}

func (f frame) hash(i int) common.Hash       { return common.BytesToHash(f.word(i)) }
func (f frame) address(i int) common.Address { return common.BytesToAddress(f.word(i)) }
func (f frame) number(i int) string          { return decimal(f.word(i)) }

// body is the data from where a value stands on, that stands elsewhere.
func (f frame) body(i int) []byte { return behind(f.data, f.word(i)) }

func (f frame) bytes(i int) []byte { return counted(f.body(i)) }

func (f frame) list(i int) list {
	b := f.body(i)
	n, _ := size(b[:32])
	return list{f.types[i].Elem, n, b[32:]}
}

// list is n values of one type.
type list struct {
	of   *abi.Type
	n    int
	data []byte
}

func (l list) word(i int) []byte {
	each := HeadSize(*l.of)
	return l.data[i*each : i*each+32]
}

func (l list) address(i int) common.Address { return common.BytesToAddress(l.word(i)) }
func (l list) number(i int) string          { return decimal(l.word(i)) }
func (l list) bytes(i int) []byte           { return counted(behind(l.data, l.word(i))) }

func (l list) tuple(i int) frame {
	if Dynamic(*l.of) {
		return frame{l.of.TupleElems, behind(l.data, l.word(i))}
	}
	return frame{l.of.TupleElems, l.data[i*HeadSize(*l.of):]}
}

func behind(data, offset []byte) []byte {
	n, _ := size(offset)
	return data[n:]
}

// counted are bytes that stand behind their number.
func counted(b []byte) []byte {
	n, _ := size(b[:32])
	return b[32 : 32+n : 32+n]
}

func decimal(word []byte) string { return new(big.Int).SetBytes(word).String() }

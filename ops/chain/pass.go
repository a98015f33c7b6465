package chain

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// pass is the reading of one block: what was asked, and what is answered so far.
// A read that another one is made of is answered before it, in the same call
// where that is possible.
type pass struct {
	at       ops.BlockRef
	readings []ops.Reading
	answered []bool
	left     int
	byKey    map[common.Hash]int     // of the reads that others name; nil when none does
	codes    map[common.Address]bool // whether there is code where something is tried
}

const notReached = "the gas of the read was spent"

func newPass(at ops.BlockRef, reads []ops.Read) *pass {
	p := &pass{at: at, readings: make([]ops.Reading, len(reads)), answered: make([]bool, len(reads)), left: len(reads), codes: map[common.Address]bool{}}
	for i, r := range reads {
		p.readings[i] = ops.Reading{Read: r, At: at, Err: notReached}
		if r.Links != "" && p.byKey == nil {
			p.byKey = make(map[common.Hash]int, len(reads))
		}
	}
	if p.byKey != nil {
		for i, r := range reads {
			p.byKey[r.Key()] = i
		}
	}
	return p
}

// answer settles one read, once.
func (p *pass) answer(i int, status ops.ReadStatus, data []byte, why string) {
	if p.answered[i] {
		return
	}
	p.answered[i], p.left = true, p.left-1
	r := &p.readings[i]
	r.Status, r.Data, r.Err = status, data, why
}

// refuse settles a read that cannot be read at all.
func (p *pass) refuse(i int, format string, args ...any) {
	p.answer(i, ops.ReadNotRun, nil, fmt.Sprintf(format, args...))
}

// bound is a read with every word that is known by now in its place. waits are
// the links to reads that are not answered yet.
type bound struct {
	to    common.Address
	data  []byte
	waits []ops.Link
}

// bind fills in what other reads said. ok is false when the read was settled:
// what it is made of cannot be known.
func (p *pass) bind(i int) (b bound, ok bool) {
	r := p.readings[i].Read
	b = bound{to: r.To, data: []byte(r.Data)}
	links := r.Needs()
	if links == nil && r.Links != "" {
		p.refuse(i, "its links are malformed")
		return b, false
	}
	for _, l := range links {
		from, known := p.byKey[l.Of]
		inside := l.Offset == ops.LinkTarget || int(l.Offset)+common.HashLength <= len(b.data) && l.Offset < markTarget
		switch {
		case !known || !inside || from == i:
			p.refuse(i, "its links are malformed")
			return b, false
		case !p.answered[from]:
			b.waits = append(b.waits, l)
			continue
		}
		word, why := p.word(from, l.Word)
		if why != "" {
			p.refuse(i, "%s, which it is made of: %s", p.readings[from].Read.Name, why)
			return b, false
		}
		if l.Offset == ops.LinkTarget {
			if b.to = common.BytesToAddress(word); b.to == (common.Address{}) { // the beacon of a proxy that has none
				p.answer(i, ops.ReadNoCode, nil, "")
				return b, false
			}
		} else {
			copy(b.data[l.Offset:], word)
		}
	}
	return b, true
}

// word is one word of an answer, or why there is none.
func (p *pass) word(i int, n uint8) ([]byte, string) {
	r, from := p.readings[i], int(n)*common.HashLength
	switch {
	case r.Status == ops.ReadNoCode:
		return nil, "there is no contract"
	case r.Status != ops.ReadOK:
		return nil, r.Err
	case len(r.Data) < from+common.HashLength:
		return nil, fmt.Sprintf("its answer has %d bytes", len(r.Data))
	}
	return r.Data[from : from+common.HashLength], ""
}

// settle takes in the results of entries, as far as there are any.
func (p *pass) settle(entries []entry, results []result) {
	for n, r := range results {
		e := entries[n]
		switch {
		case r.end == endUnkept: // what it is made of failed; the next round says so
		case len(e.reads) == 0:
			p.codes[e.target] = len(r.data) == common.HashLength && !codeless(r.data)
		case len(e.reads) == 1:
			p.single(e.reads[0], r)
		default:
			p.words(e, r)
		}
	}
}

func (p *pass) single(i int, r result) {
	switch r.end {
	case endReverted:
		p.answer(i, ops.ReadReverted, r.data, RevertReason(r.data))
	case endNothing:
		p.refuse(i, "there is no answer: no contract, or a function that returns nothing")
	case endNoCode:
		p.answer(i, ops.ReadNoCode, nil, "")
	default:
		p.answer(i, ops.ReadOK, r.data, "")
	}
}

// words gives each read of an entry its word.
func (p *pass) words(e entry, r result) {
	for n, i := range e.reads {
		if r.end != endOK || len(r.data) < (n+1)*common.HashLength {
			p.refuse(i, "the storage could not be read")
			continue
		}
		p.answer(i, ops.ReadOK, r.data[n*common.HashLength:(n+1)*common.HashLength:(n+1)*common.HashLength], "")
	}
}

// codeless reports whether a code hash is that of no code: EXTCODEHASH of an account
// that does not exist is zero (EIP-1052).
func codeless(hash []byte) bool {
	h := common.BytesToHash(hash)
	return h == common.Hash{} || h == types.EmptyCodeHash
}

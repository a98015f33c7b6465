package chain

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// aggregate is one eth_call of the aggregator.
type aggregate struct {
	entries []entry
	entryOf map[int]int // of a read, its entry
	places  map[[2]int]uint16
	length  int                       // of the entries, about
	code    map[common.Address][]byte // what stands in the place of other contracts
}

// newAggregate is a call in which entries can be found by their reads, if there
// are any that others are made of.
func newAggregate(linked bool) *aggregate {
	a := &aggregate{places: map[[2]int]uint16{}, code: map[common.Address][]byte{}}
	if linked {
		a.entryOf = map[int]int{}
	}
	return a
}

func (c *aggregate) add(e entry) {
	if c.entryOf != nil {
		for _, i := range e.reads {
			c.entryOf[i] = len(c.entries)
		}
	}
	c.entries = append(c.entries, e)
}

// place keeps a word of an entry's answer for those that need it.
func (c *aggregate) place(at int, word uint8) (uint16, bool) {
	key := [2]int{at, int(word)}
	if place, ok := c.places[key]; ok {
		return place, true
	}
	if len(c.places) >= mostPlaces {
		return 0, false
	}
	place := uint16(len(c.places))
	c.places[key] = place
	c.entries[at].marks = append(c.entries[at].marks, mark{markKeep + uint16(word), place})
	return place, true
}

func (c *aggregate) encode() []byte { return encode(c.entries, len(c.places)) }

// marked turns the links that wait into marks of an aggregated call. It fails
// when one of them is not placed in the same call.
func (c *aggregate) marked(p *pass, b bound) ([]mark, bool) {
	marks := make([]mark, 0, len(b.waits))
	for _, l := range b.waits {
		at, ok := c.entryOf[p.byKey[l.Of]]
		if !ok || len(b.waits) > mostMarks || len(c.entries[at].marks) >= mostMarks {
			return nil, false
		}
		place, ok := c.place(at, l.Word)
		if !ok {
			return nil, false
		}
		what := uint16(markTarget)
		if l.Offset != ops.LinkTarget {
			what = l.Offset
		}
		marks = append(marks, mark{what, place})
	}
	return marks, true
}

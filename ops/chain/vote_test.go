package chain

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Two providers of a quorum of two answer one read with different values. Whatever
// the lengths and the order, nothing is known.
func TestVotesThatDifferInLengthAreNoQuorum(t *testing.T) {
	p := NewPool(2, &Client{endpoint: Endpoint{Name: "honest"}}, &Client{endpoint: Endpoint{Name: "liar"}})
	answer := func(data ...byte) block {
		return block{readings: []ops.Reading{{Status: ops.ReadOK, Data: data}}}
	}
	honest, liar := make([]byte, 96), make([]byte, 64) // (uint256, string): the liar leaves the tail out
	honest[31], liar[31] = 1, 99
	for _, got := range [][]said[block]{
		{{who: 0, value: answer(honest...)}, {who: 1, value: answer(liar...)}},
		{{who: 1, value: answer(liar...)}, {who: 0, value: answer(honest...)}},
	} {
		if r := p.vote(got, 0); r.Status != ops.ReadNotRun {
			t.Errorf("%s answered first: the quorum is said to answer %d", p.clients[got[0].who].Name(), r.Data[31])
		}
	}
}

package chain

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	slotGas   = 5_000 // of one word, cold: EIP-2929 says 2,100
	mostSlots = 1_000 // of one contract in one entry
)

// question is what one request asks. Raw storage has a call of its own, because
// the code that reads it stands in the place of the contract and breaks its
// views. What is tried as somebody has a call of its own too, with that account as
// its sender: code in its place would be seen by what is tried.
type question struct {
	views, slots *aggregate
	fees         []int // reads of the base fee, which comes with the header
	sent         []int // of transactions and what they create, which come with the block
	plain        []int // reads with a call of their own
}

func (q question) calls() []*aggregate {
	return slices.DeleteFunc([]*aggregate{q.views, q.slots}, func(a *aggregate) bool { return len(a.entries) == 0 })
}

// question asks for what is not answered yet, at most so many entries in a call.
// What waits for an answer from elsewhere is asked in a later round.
func (p *pass) question(by Means, most int) question {
	linked := p.byKey != nil
	q := question{views: newAggregate(linked), slots: newAggregate(linked)}
	looked := map[common.Address]bool{}
	for i := range p.readings {
		if p.answered[i] {
			continue
		}
		b, ok := p.bind(i)
		if !ok {
			continue
		}
		r := p.readings[i].Read
		if r.Kind != ops.ReadBaseFee && !r.Kind.Sent() && !by.holds(r.Kind) {
			if len(b.waits) == 0 && len(q.plain) < plainBatch {
				q.plain = append(q.plain, i)
				if _, known := p.codes[b.to]; r.Kind == ops.ReadTry && by == ByOverride && !known && !looked[b.to] {
					looked[b.to] = true
					q.views.add(entry{op: opCode, target: b.to})
				}
			}
			continue
		}
		switch r.Kind {
		case ops.ReadSlot:
			p.slot(q.slots, i, b, most)
		case ops.ReadBaseFee:
			q.fees = append(q.fees, i)
		case ops.ReadSent, ops.ReadCreated:
			q.sent = append(q.sent, i)
		default:
			if len(q.views.entries) >= most {
				continue
			}
			if marks, ok := q.views.marked(p, b); ok && (by != ByMulticall || len(marks) == 0) {
				e := entry{op: operations[r.Kind], gas: viewGas, keep: viewReturn, target: b.to, data: b.data, marks: marks, reads: []int{i}}
				if len(q.views.entries) > 0 && q.views.full(by, e) {
					continue
				}
				q.views.add(e)
			}
		}
	}
	return q
}

var operations = map[ops.ReadKind]byte{ops.ReadCall: opView, ops.ReadBalance: opBalance, ops.ReadCode: opCode}

// slot joins the words of one contract into one entry.
func (p *pass) slot(into *aggregate, i int, b bound, most int) {
	switch {
	case len(b.data) != common.HashLength:
		p.refuse(i, "a storage key has 32 bytes, not %d", len(b.data))
		return
	case len(b.waits) > 0:
		return
	}
	into.code[b.to] = slotsCode
	for n := range slices.Backward(into.entries) {
		if e := &into.entries[n]; e.target == b.to && len(e.reads) < mostSlots {
			e.data, e.reads = append(e.data, b.data...), append(e.reads, i)
			e.gas, e.keep = min(e.gas+slotGas, mostGas), e.keep+common.HashLength
			return
		}
	}
	if len(into.entries) < most {
		into.add(entry{op: opView, gas: 60_000, keep: common.HashLength, target: b.to, data: b.data, reads: []int{i}})
	}
}

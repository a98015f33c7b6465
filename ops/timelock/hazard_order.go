package timelock

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Who may choose the order in which the operations of a release are executed (Sonne, 2024:
// five that had to be executed together, and were not). Where the kind of timelock leaves
// nobody that choice, or only one account, the row says so, and that is no breach.

// open asks whether anybody may execute operations: the role of the address zero is
// everybody's.
func (l *Ledger) open() ops.Read {
	return openZeppelin{l.lock}.has(executorRole, common.Address{})
}

// unordered judges the place of an operation among others of its release.
func (l *Ledger) unordered(o ops.Operation, queue []standing, others []string, now ops.Readings, add adding) {
	switch s := l.source.(type) {
	case openZeppelin:
		if o.Predecessor == (common.Hash{}) {
			l.anybody(now[l.open()], others, add)
		}
	case compound:
		s.ordered(o, queue, now, add)
	case accessManager:
		if o.ApprovedAs != "" {
			add(ops.HazardOrder, ops.OK, "its caller %s alone executes it, before or after %s as it likes", s.called(o.Proposer), listed(others))
		}
	case delay:
		l.inLine(o, queue, add)
	}
}

// anybody judges an operation of a TimelockController without a predecessor.
func (l *Ledger) anybody(open ops.Reading, others []string, add adding) {
	answer := number(open)
	switch {
	case answer == nil:
		add(ops.HazardOrder, ops.Unknown, "whether anybody may execute it before %s is not known", listed(others))
	case answer.Sign() > 0:
		add(ops.HazardOrder, ops.Breach, "names no predecessor, and anybody may execute it before or after %s", listed(others))
	}
}

// ordered judges a call of a Compound timelock. Its admin alone executes; where that is a
// governor, anybody may have it execute a proposal, whose own calls are in their order
// (GovernorBravoDelegate.execute, Governor.execute).
func (c compound) ordered(o ops.Operation, queue []standing, now ops.Readings, add adding) {
	var others []string
	for _, s := range queue {
		if waits(s.op) && s.op.Short != o.Short && release(s.op.ApprovedAs) == release(o.ApprovedAs) && (o.Proposal.ID == "" || s.op.Proposal.ID != o.Proposal.ID) {
			others = append(others, s.op.Short)
		}
	}
	admin, known := account(now[c.adminRead()])
	switch {
	case len(others) == 0:
	case !known:
		add(ops.HazardOrder, ops.Unknown, "who may execute it before %s is not known: its admin was not read", listed(others))
	case c.Governor != (common.Address{}) && admin == c.Governor:
		add(ops.HazardOrder, ops.Breach, "anybody may have the governor execute it before or after %s, which is of another proposal", listed(others))
	case o.ApprovedAs != "":
		add(ops.HazardOrder, ops.OK, "its admin %s alone executes it, before or after %s as it likes", c.called(admin), listed(others))
	}
}

// inLine judges the place of an approved operation in a queue that keeps its order: that
// of the release, or another.
func (l *Ledger) inLine(o ops.Operation, queue []standing, add adding) {
	place := func(id common.Hash) int {
		return slices.IndexFunc(l.lock.Planned, func(p Planned) bool { return p.ID == id })
	}
	own := place(o.ID)
	if own < 0 || o.Approved != ops.OK {
		return
	}
	var late []string
	for _, s := range queue {
		if other := place(s.op.ID); waits(s.op) && s.op.Approved == ops.OK && other >= 0 && other < own && wei(s.op.Nonce).Cmp(wei(o.Nonce)) > 0 {
			late = append(late, s.op.Short+" "+s.op.ApprovedAs)
		}
	}
	if len(late) > 0 {
		add(ops.HazardOrder, ops.Breach, "is executed before %s, and its release says after", listed(late))
		return
	}
	add(ops.HazardOrder, ops.OK, "first in, first out: nobody can change its place, and it is that of its release")
}

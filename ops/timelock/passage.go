package timelock

import (
	"math/big"
	"slices"
	"sort"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostPassages bounds what is remembered of a queue that keeps its order.
const mostPassages = 1000

// passage is what a queue that keeps its order, and is silent when it executes, said at
// a block: everything before next is over.
type passage struct {
	block ops.BlockRef
	next  *big.Int
}

// pass remembers how far the queue is, where it moved. nil is not known.
func (l *Ledger) pass(at ops.BlockRef, next *big.Int) {
	n := len(l.passed)
	if next == nil || n > 0 && l.passed[n-1].next.Cmp(next) == 0 {
		return
	}
	l.passed = slices.DeleteFunc(l.passed, func(p passage) bool { return p.next.Cmp(next) >= 0 }) // a queue never goes back
	if l.passed = append(l.passed, passage{at, next}); len(l.passed) > mostPassages {
		l.passed = slices.Clone(l.passed[len(l.passed)-mostPassages:])
	}
	l.reread()
}

// unpass forgets what a reorg took back.
func (l *Ledger) unpass(from uint64) {
	n := len(l.passed)
	l.passed = slices.DeleteFunc(slices.Clone(l.passed), func(p passage) bool { return p.block.Number >= from })
	if len(l.passed) < n {
		l.reread()
	}
}

func (l *Ledger) reread() {
	for _, e := range l.entries {
		e.read = false
	}
}

// overtaken ends an operation that the queue went past. Whether it was executed or
// skipped the contract does not say.
func (l *Ledger) overtaken(o *ops.Operation) {
	if len(l.passed) == 0 || !waits(*o) {
		return
	}
	nonce := wei(o.Nonce)
	i := sort.Search(len(l.passed), func(i int) bool { return l.passed[i].next.Cmp(nonce) > 0 })
	if i < len(l.passed) {
		o.State, o.Ended = ops.OperationOver, l.passed[i].block
	}
}

// line says of each operation of a queue that keeps its order what stands before it, also
// one that was queued before the history begins. Expired ones do not: anybody can skip
// them. queue is in the order of the chain.
func line(queue []ops.Operation, next *big.Int) {
	if next == nil {
		return
	}
	before, expected := "", next
	for i := range queue {
		o := &queue[i]
		if o.Nonce == "" || !waits(*o) && o.State != ops.OperationExpired {
			continue
		}
		nonce := wei(o.Nonce)
		if before == "" && nonce.Cmp(expected) > 0 {
			before = expected.String()
		}
		expected = new(big.Int).Add(nonce, big.NewInt(1))
		switch {
		case !waits(*o):
		case before != "":
			o.Blocked = before + " is before it"
		default:
			before = o.Nonce
		}
	}
}

// once takes the approval back from whatever repeats an operation: a release approves
// each for one time. queue is in the order of the chain.
func once(queue []ops.Operation) {
	last := map[[32]byte]*ops.Operation{}
	for i := range queue {
		o := &queue[i]
		if was := last[o.ID]; was != nil {
			switch was.State {
			case ops.OperationDone, ops.OperationOver:
				o.Spent = was.Ended
			case ops.OperationCancelled:
				o.Again = was.Ended
			}
			repeat(o, was)
		} else if !o.Spent.Zero() {
			refuse(o, ops.Breach, "the same was executed before: it was approved for one time")
		}
		over := o.State == ops.OperationCancelled || o.State == ops.OperationExpired
		if was := last[o.ID]; was == nil || !over && was.State != ops.OperationDone {
			last[o.ID] = o // what was executed is never forgotten
		}
	}
}

func repeat(o, was *ops.Operation) {
	switch was.State {
	case ops.OperationDone:
		refuse(o, ops.Breach, "the same was executed before: it was approved for one time")
	case ops.OperationOver:
		refuse(o, ops.Unknown, "the same, nonce "+was.Nonce+", may have been executed before: it was approved for one time")
	case ops.OperationWaiting, ops.OperationReady:
		refuse(o, ops.Breach, "the same, nonce "+was.Nonce+", waits already: it was approved for one time")
	}
}

// refuse takes an approval back, and says why.
func refuse(o *ops.Operation, approved ops.Verdict, why string) {
	if o.Approved != ops.OK || o.State == ops.OperationCancelled || o.State == ops.OperationExpired {
		return
	}
	o.Approved = approved
	o.Checks = append(o.Checks, ops.Check{Name: "approved once", Verdict: approved, Why: why})
}

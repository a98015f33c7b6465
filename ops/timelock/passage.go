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
// skipped the contract does not say, but of the last of those that were skipped.
func (l *Ledger) overtaken(o *ops.Operation) {
	if !waits(*o) {
		return
	}
	if s, can := l.source.(skipper); can {
		for _, log := range l.about {
			if skipped, ok := s.skips(log); ok && skipped == o.Nonce {
				o.State, o.Ended = ops.OperationCancelled, log.Block
				return
			}
		}
	}
	if len(l.passed) == 0 {
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
			o.Blocked = "nonce " + before + " is before it"
		default:
			before = o.Nonce
		}
	}
}

package engine

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// afterwards is the witness of a step that disposes of an operation: what the logs say
// became of it.
type afterwards struct {
	engine      *Engine
	lock, nonce string
	id          common.Hash
	executed    bool // was what was wanted
}

func (e *Engine) witness(w afterwards) contain.Witness {
	w.engine = e
	return w
}

// Says reads the ledger as the loop left it. Before the loop came to the block it knows
// nothing.
func (w afterwards) Says(at ops.BlockRef, ours bool) (why string, known bool) {
	w.engine.mu.Lock()
	head, queue := w.engine.shared.head, w.engine.shared.queue
	w.engine.mu.Unlock()
	if head.Zero() || head.Number < at.Number {
		return "", false
	}
	for _, o := range queue {
		if o.Timelock == w.lock && o.ID == w.id && o.Nonce == w.nonce {
			return w.ended(o, at, ours)
		}
	}
	if w.executed {
		return "its timelock does not know it", true
	}
	return "", true // a reorg took its scheduling back
}

// ended says what became of an operation that its contract does not hold any more, where
// that is not what was wanted.
func (w afterwards) ended(o ops.Operation, at ops.BlockRef, ours bool) (why string, known bool) {
	became, block := o.State, o.Ended
	if o.State == ops.OperationWaiting || o.State == ops.OperationReady {
		if o.Scheduled.Number <= at.Number {
			return "", false
		}
		became, block = ops.OperationCancelled, o.Again // and scheduled again since
		if o.Spent.Number > o.Again.Number {
			became, block = ops.OperationDone, o.Spent
		}
	}
	switch {
	case became == ops.OperationOver && !ours: // else it is ours: a Delay is never moved past what it is past already
		return fmt.Sprintf("%s is over since #%d, and whether it was executed or skipped its contract does not say", o.Short, block.Number), true
	case became == ops.OperationDone && !w.executed:
		return fmt.Sprintf("%s was EXECUTED at #%d", o.Short, block.Number), true
	case became == ops.OperationCancelled && w.executed:
		return fmt.Sprintf("%s was CANCELLED at #%d", o.Short, block.Number), true
	case became == ops.OperationExpired && w.executed:
		return o.Short + " is EXPIRED", true
	}
	return "", true
}

package timelock

import "github.com/bulkhead-console/bulkhead/ops"

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

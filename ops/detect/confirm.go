package detect

import (
	"fmt"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Next judges one block by its answers and its logs. UNKNOWN neither advances nor
// resets the streak.
//
// An invariant that waits for confirmations says what held that many blocks ago: a
// reorg that is not deeper takes nothing back. It counts blocks, judged or not: when
// the block that many ago was not judged it is UNKNOWN.
func (i *Invariant) Next(past State, at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) State {
	if i.Confirmed == 0 {
		return i.judge(past, at, now, parent, logs)
	}
	ahead := State{Memory: past.Memory, Finding: ops.Finding{Broke: past.Finding.Broke}}
	if past.ahead != nil {
		ahead = *past.ahead
	}
	ahead = i.judge(ahead, at, now, parent, logs)
	next := State{Memory: ahead.Memory, ahead: &ahead}
	next.waiting = slices.DeleteFunc(slices.Clone(past.waiting), func(f ops.Finding) bool {
		return f.At.Number >= at.Number || f.At.Number+i.Confirmed+1 < at.Number
	})
	ahead.Finding.Answers = ops.ReadingsOf(ahead.Finding.Evidence()) // and not all of the block: up to 256 wait
	next.waiting = append(next.waiting, ahead.Finding)
	for _, f := range next.waiting {
		if f.At.Number+i.Confirmed == at.Number {
			return next.with(f)
		}
	}
	if said := past.Finding; said.Verdict != ops.Unknown && said.At.Number < at.Number && said.At.Number+i.Confirmed > at.Number {
		return next.with(said) // it was confirmed before a reorg, and its block still stands
	}
	f := ahead.Finding
	f.Verdict, f.Observed, f.Trend = ops.Unknown, ops.Quantity{}, ""
	f.Why = fmt.Sprintf("it says what held %d blocks ago, and that block was not judged", i.Confirmed)
	return next.with(carried(f, past.Finding))
}

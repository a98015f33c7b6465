package detect

import (
	"fmt"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Next judges one block by its answers and its logs. UNKNOWN neither advances nor
// resets the streak.
//
// An invariant that waits for confirmations says what held as many blocks ago: a
// reorg that is not deeper takes nothing back, for nothing was said.
func (i Invariant) Next(past State, at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) State {
	if i.Confirmed == 0 {
		return i.judge(past, at, now, parent, logs)
	}
	ahead := State{Memory: past.Memory}
	if past.ahead != nil {
		ahead = *past.ahead
	}
	ahead = i.judge(ahead, at, now, parent, logs)
	next := State{Memory: ahead.Memory, ahead: &ahead}
	next.waiting = slices.DeleteFunc(slices.Clone(past.waiting), func(f ops.Finding) bool { return f.At.Number >= at.Number })
	next.waiting = append(next.waiting, ahead.Finding)
	n := len(next.waiting) - 1 - int(i.Confirmed)
	if n < 0 {
		f := ahead.Finding
		f.Verdict, f.Observed, f.Trend = ops.Unknown, ops.Quantity{}, ""
		f.Why = fmt.Sprintf("it waits for %d blocks on top of one, and saw %d", i.Confirmed, len(next.waiting)-1)
		return next.with(carried(f, past.Finding))
	}
	next.waiting = next.waiting[n:]
	return next.with(next.waiting[0])
}

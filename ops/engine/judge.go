package engine

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// judgeShare is how many invariants are worth a goroutine, and are taken by one at a time:
// judging one takes some microseconds.
const judgeShare = 32

// judgeInvariants judges every invariant at a block, and gives their findings. They are pure
// and know nothing of each other, so they are judged side by side.
func (e *Engine) judgeInvariants(at ops.BlockRef, now, parent ops.Readings, logs []ops.Log, findings []ops.Finding) {
	states := e.state.invariants
	var taken atomic.Int64
	judge := func() {
		for {
			to := int(taken.Add(judgeShare))
			if to-judgeShare >= len(states) {
				return
			}
			for i := to - judgeShare; i < min(to, len(states)); i++ {
				if why, stopped := e.state.stopped[i]; stopped {
					states[i] = e.Rules.invariants[i].Dark(states[i], at, why)
				} else {
					states[i] = judged(&e.Rules.invariants[i], states[i], at, now, parent, logs)
				}
				findings[i] = states[i].Finding
			}
		}
	}
	defer e.lost(at)
	var busy sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(states)/judgeShare) - 1 {
		busy.Go(judge)
	}
	judge()
	busy.Wait()
}

// judged is one invariant's next state.
func judged(i *detect.Invariant, past detect.State, at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) detect.State {
	return orDark(func() detect.State { return i.Next(past, at, now, parent, logs) }, func(why string) detect.State { return i.Dark(past, at, why) })
}

// orDark is a detector's next state. One whose judgement panics is UNKNOWN; the others go on.
func orDark(judge func() detect.State, dark func(why string) detect.State) (next detect.State) {
	defer func() {
		if p := recover(); p != nil {
			next = dark(fault(p))
		}
	}()
	return judge()
}

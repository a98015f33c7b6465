package engine

import (
	"runtime"
	"sync"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// judgeShare is how many invariants are worth a goroutine: judging one takes some
// microseconds.
const judgeShare = 64

// judgeInvariants judges every invariant at a block. They are pure and know
// nothing of each other, so they are judged side by side.
func (e *Engine) judgeInvariants(at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) {
	states := e.state.invariants
	judge := func(from, to int) {
		for i := from; i < to; i++ {
			if why, stopped := e.state.stopped[i]; stopped {
				states[i] = e.Rules.invariants[i].Dark(states[i], at, why)
				continue
			}
			states[i] = judged(&e.Rules.invariants[i], states[i], at, now, parent, logs)
		}
	}
	defer e.lost(at)
	hands := min(runtime.GOMAXPROCS(0), len(states)/judgeShare)
	if hands < 2 {
		judge(0, len(states))
		return
	}
	var busy sync.WaitGroup
	for h := range hands {
		busy.Go(func() { judge(h*len(states)/hands, (h+1)*len(states)/hands) })
	}
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

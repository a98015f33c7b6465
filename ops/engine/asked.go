package engine

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// curious is a condition that must read what follows from the newest answers.
type curious interface {
	Asks(now ops.Readings) []ops.Read
}

// inquiring is a memory that must read what follows from what happened.
type inquiring interface {
	Asks() []ops.Read
}

// heeding is a memory that judges by what the timelocks executed.
type heeding interface {
	Heed(executed map[common.Hash]bool)
}

// asked lists the reads that follow from the newest block.
func (e *Engine) asked() []ops.Read {
	var out []ops.Read
	for n := range e.Rules.invariants {
		if c, ok := e.Rules.invariants[n].Condition.(curious); ok {
			e.state.guarded(n, func() { out = append(out, c.Asks(e.state.readings)...) })
		}
		if m, ok := e.state.invariants[n].Memory.(inquiring); ok {
			e.state.guarded(n, func() { out = append(out, m.Asks()...) })
		}
	}
	return out
}

// heed tells those who judge by it what was executed. It is told anew at each block, and
// what a backfill fills needs none of what was.
func (e *Engine) heed() {
	var executed map[common.Hash]bool
	e.state.recalling(func(m detect.Memory) {
		h, ok := m.(heeding)
		if !ok {
			return
		}
		if executed == nil {
			executed = map[common.Hash]bool{}
			for _, o := range e.state.queue {
				if o.State == ops.OperationDone {
					executed[o.ID] = true
				}
			}
		}
		h.Heed(executed)
	})
}

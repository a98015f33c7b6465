package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	// mostSkew is how far this machine's clock may be off the chain's before it is said.
	mostSkew = 15 * time.Second
	// skewBlocks is how many newest blocks in a row have to agree: one may come late.
	skewBlocks = 4
)

// aged holds this machine's clock against the time of a block that has just come. A
// block may have come late; of several in a row the one that is least off counts. A drill's chain has a clock of its own.
func (s *state) aged(at ops.BlockRef, now time.Time) {
	if at.Chain.Drill() {
		return
	}
	s.ages = append(s.ages, now.Sub(at.Time))
	if s.ages = s.ages[max(0, len(s.ages)-skewBlocks):]; len(s.ages) < skewBlocks {
		return
	}
	s.skew = slices.MinFunc(s.ages, func(a, b time.Duration) int { return cmp.Compare(a.Abs(), b.Abs()) })
	if s.skew.Abs() <= mostSkew {
		s.skew = 0
	}
}

// skewed keeps the clock's error and says it when it begins.
func (e *Engine) skewed(at ops.BlockRef) {
	was := e.state.skew
	e.state.aged(at, e.Now())
	if skew := e.state.skew; skew != 0 && was == 0 {
		e.record("clock-skew", map[string]any{"block": at, "ahead_seconds": int64(skew.Seconds())}, ops.Entry{Block: at.Number, Alarm: true, Verdict: ops.Unknown,
			Text: fmt.Sprintf("this machine's clock is %s off the chain's: countdowns go by the chain", ops.Duration(skew.Abs().Truncate(time.Second)))})
	}
}

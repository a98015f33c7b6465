package contain

import (
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// deepest is how many blocks back a reorg is looked for in what an earlier process
// contained: as far as the feed can link one.
const deepest = 512

// doubted takes in the block that is followed next, and says whether the chain was
// rewritten a moment ago: what is over has to be looked at again then, and for some
// blocks more, for whoever is asked may be behind. Of what happened before the first
// block of this process nobody knows, so it was.
func (c *Containment) doubted(at ops.BlockRef) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := c.tip; at.Hash != last.Hash && at.Parent != last.Hash {
		c.doubt = max(last.Number, at.Number) + goneAfter
	}
	c.tip = at
	return at.Number <= c.doubt
}

// reopen takes back that a flight's run is over, for the block of the flight is no more.
// A step that containment did not wait for takes nothing of it back.
func (c *Containment) reopen(f *flight, at ops.BlockRef) {
	r := f.run
	c.mu.Lock()
	stands := r.ended == ops.StageNone || r.ended == ops.StageContained && !r.needs(f.step)
	c.mu.Unlock()
	if stands {
		return
	}
	c.note(r, KindReopened, Progress{ID: r.id, Tx: f.tx, Block: at, Why: "its block was dropped by a reorg"})
	c.update(func() { r.ended, r.bygone, r.contained, r.held, r.why = ops.StageNone, false, time.Time{}, 0, "" })
}

// settledFor reports whether a block is so far back that no reorg takes it. The caller
// holds mu.
func (f *flight) settledFor(at ops.BlockRef) bool {
	return f.run.bygone && (len(f.sent) == 0 || f.mined.Number+deepest < at.Number)
}

// needs reports whether containment waits for the step. The caller holds mu.
func (r *run) needs(step int) bool {
	for _, need := range r.action.Needs {
		if r.stands(need) == step {
			return true
		}
	}
	return false
}

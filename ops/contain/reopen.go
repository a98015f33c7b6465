package contain

import (
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// doubted takes in the block that is followed next, and says whether the chain was
// rewritten a moment ago: what is over has to be looked at again then, and for some
// blocks more, for whoever is asked may be behind.
func (c *Containment) doubted(at ops.BlockRef) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := c.tip; !last.Zero() && at.Hash != last.Hash && at.Parent != last.Hash {
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
	c.update(func() { r.ended, r.contained, r.held, r.why = ops.StageNone, time.Time{}, 0, "" })
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

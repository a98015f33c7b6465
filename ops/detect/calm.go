package detect

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// open reports whether a breach was said that no OK has ended.
func (i *Invariant) open(past State) bool {
	return i.Clear > 1 && !past.Finding.Broke.Zero()
}

// calmer counts a block in which the condition holds again. It is nil where the breach is
// over, or where there is none: what holds for a block and breaks in the next must not ring
// twice.
func (i *Invariant) calmer(past State, at ops.BlockRef) []uint64 {
	if !i.open(past) || uint64(len(past.calm))+1 >= i.Clear {
		return nil
	}
	return append(slices.Clone(past.calm), at.Number)
}

// over is a breach that is over: where it began, the good blocks before the one that ended
// it, and that one.
type over struct {
	broke ops.BlockRef
	calm  []uint64
	at    uint64
}

// ended is the breach that a block ends; where there is none, the one that was over last.
func (i *Invariant) ended(past State, at ops.BlockRef) over {
	if !i.open(past) {
		return past.over
	}
	return over{past.Finding.Broke, past.calm, at.Number}
}

// reopened is the state without the blocks from the number on: a breach that one of them
// ended is not over.
func (s State) reopened(number uint64) State {
	if o := s.over; o.at >= number && !o.broke.Zero() {
		s.over = over{}
		if o.broke.Number < number {
			s.Finding.Broke = o.broke
			s.calm = below(o.calm, number)
		}
	}
	return s
}

// unit is how the numbers of an assessment are shown.
func (i *Invariant) unit(a ops.Assessment) Unit {
	if u, ok := i.Units[a.Part]; ok {
		return u
	}
	return i.Unit
}

package detect

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// open reports whether a breach was said that no OK has ended.
func (i Invariant) open(past State) bool {
	return i.Clear > 1 && !past.Finding.Broke.Zero()
}

// calmer counts a block in which the condition holds again. It is nil where the breach is
// over, or where there is none: what holds for a block and breaks in the next must not ring
// twice.
func (i Invariant) calmer(past State, at ops.BlockRef) []uint64 {
	if !i.open(past) || uint64(len(past.calm))+1 >= i.Clear {
		return nil
	}
	return append(slices.Clone(past.calm), at.Number)
}

// unit is how the numbers of an assessment are shown.
func (i Invariant) unit(a ops.Assessment) Unit {
	if u, ok := i.Units[a.Part]; ok {
		return u
	}
	return i.Unit
}

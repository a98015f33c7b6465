package watch

import (
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostHoles is how many are remembered: as many as a reorg may take back. The newest alone
// makes a window unknown; those before it do once that is taken back.
const mostHoles = 512

// Holes are the newest blocks of which something is not known, oldest first.
type Holes []hole

// hole begins at a block. What came up to its time is not known.
type hole struct {
	first uint64
	time  time.Time
	why   string
}

// Add says that of the blocks from one on, up to another, something is not known, and why.
func (h *Holes) Add(first uint64, last ops.BlockRef, why string) {
	h.Drop(first) // of several reasons the last is said
	if *h = append(*h, hole{first, last.Time, why}); len(*h) > mostHoles {
		*h = slices.Delete(*h, 0, 1)
	}
}

// Drop forgets those that begin at the number or later: a reorg took their blocks back.
func (h *Holes) Drop(from uint64) {
	*h = slices.DeleteFunc(*h, func(x hole) bool { return x.first >= from })
}

// After says why something of the time after a moment is not known; empty where all is.
func (h Holes) After(start time.Time) string {
	if n := len(h); n > 0 && h[n-1].time.After(start) {
		return h[n-1].why
	}
	return ""
}

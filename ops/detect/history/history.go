// Package history is of which blocks a detector that counts from a block on has taken in the
// events, so that it can say which were not read.
//
// It must never take a block that nobody spoke of for one without events.
package history

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// History is which events are known: of the blocks from one on, without a hole, up to
// another. A memory holds it, and is with it a memory that is told of holes.
type History struct {
	begun   bool
	since   uint64
	through uint64
}

// Take says that the events of a block that is judged are taken in. A block that does not
// follow those that are known leaves a hole before it.
func (h *History) Take(number uint64) {
	if !h.begun {
		h.begun, h.since, h.through = true, number, number
	}
	if number <= h.through+1 {
		h.through = max(h.through, number)
	}
}

// Known says that the events of these blocks were booked, whole.
func (h *History) Known(from, to uint64) {
	h.begun, h.since, h.through = true, from, max(h.through, to)
}

// Through says that what was missing up to a block was booked.
func (h *History) Through(number uint64) {
	if h.begun {
		h.through = max(h.through, number)
	}
}

// Gap says that the events of these blocks were not read.
func (h *History) Gap(from, _ uint64) {
	if h.begun {
		h.Cut(from)
	}
}

// Cut forgets the blocks from the number on: a reorg took them back.
func (h *History) Cut(from uint64) {
	if h.through >= from && from > 0 {
		h.through = from - 1
	}
}

// Unread says which blocks from one on, up to the newest, were not read: #5 to #9. It is
// empty where all of them were.
func (h *History) Unread(from, newest uint64) string {
	switch {
	case h.since > from:
		return fmt.Sprintf("#%d to #%d", from, h.since-1)
	case h.through < newest:
		return fmt.Sprintf("#%d to #%d", h.through+1, newest-1)
	}
	return ""
}

// CompleteFrom is for windows, which are no matter of history.
func (h *History) CompleteFrom(ops.BlockRef) {}

// SentFrom is for windows of calls.
func (h *History) SentFrom(ops.BlockRef) {}

// Recall is for windows of calls.
func (h *History) Recall(ops.BlockRef, ops.Readings) {}

package chain

import "github.com/bulkhead-console/bulkhead/ops"

// remembersView is how many of a provider's newest blocks a pool knows.
const remembersView = 1024

// view is the chain as one provider has announced it: blocks that follow each
// other. What it says of a block it says by the whole reference, not the hash
// alone: nobody else sets the time of a block.
type view struct{ blocks []ops.BlockRef }

// add takes in the next block. One at or below the last takes back those from
// there on.
func (v *view) add(b ops.BlockRef) {
	switch i := v.index(b.Number); {
	case i < 0 || i > len(v.blocks) || i > 0 && v.blocks[i-1].Hash != b.Parent: // it began anew
		v.blocks = nil
	default:
		v.blocks = v.blocks[:i]
	}
	v.blocks = append(v.blocks, b)
	if len(v.blocks) >= 2*remembersView {
		v.blocks = append([]ops.BlockRef(nil), v.blocks[len(v.blocks)-remembersView:]...)
	}
}

func (v *view) index(number uint64) int {
	if len(v.blocks) == 0 || number < v.blocks[0].Number {
		return -1
	}
	return int(min(number-v.blocks[0].Number, 2*remembersView))
}

// at is the block at a height.
func (v *view) at(number uint64) (ops.BlockRef, bool) {
	if i := v.index(number); i >= 0 && i < len(v.blocks) {
		return v.blocks[i], true
	}
	return ops.BlockRef{}, false
}

// has reports whether the block is in the view.
func (v *view) has(b ops.BlockRef) bool {
	own, ok := v.at(b.Number)
	return ok && own == b
}

// stands reports whether the view has the block or begins after it: then nothing
// in it speaks against the block.
func (v *view) stands(b ops.BlockRef) bool {
	return v.has(b) || len(v.blocks) > 0 && v.blocks[0].Number > b.Number
}

// head is the newest block.
func (v *view) head() (ops.BlockRef, bool) {
	if len(v.blocks) == 0 {
		return ops.BlockRef{}, false
	}
	return v.blocks[len(v.blocks)-1], true
}

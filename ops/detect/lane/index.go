package lane

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// index finds the first passage of each message that did not fail. Sides grow at their end:
// what is new is added, and only where an earlier part changed is it made anew.
type index struct {
	known []ops.Passage
	first map[common.Hash]int
}

// take brings the index to a side. What it was made of before it must not have changed,
// which a fold promises.
func (x *index) take(all []ops.Passage) {
	n := len(x.known)
	if x.first == nil || n > len(all) || n > 0 && !same(x.known[n-1], all[n-1]) {
		x.first, n = make(map[common.Hash]int, len(all)), 0
	}
	for i := n; i < len(all); i++ {
		if _, had := x.first[all[i].ID]; !had && !all[i].Failed {
			x.first[all[i].ID] = i
		}
	}
	x.known = all
}

// of is the first passage of a message; nil where there is none.
func (x *index) of(id common.Hash) *ops.Passage {
	if i, ok := x.first[id]; ok {
		return &x.known[i]
	}
	return nil
}

// same reports whether two passages are one log. As the last of so many, in the order of
// the chain, it vouches for those before it: an earlier one that came or went would have
// moved it, and a reorg gives its block another hash.
func same(a, b ops.Passage) bool { return a.Block.Hash == b.Block.Hash && a.Index == b.Index }

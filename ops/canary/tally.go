package canary

import "slices"

// remembered is how many judged blocks can be taken back one by one; after a
// deeper rewrite the count starts anew, for it must never be too high.
const remembered = 512

// tally counts judged and green blocks.
type tally struct {
	judged, green uint64
	recent        []mark
}

type mark struct {
	number uint64
	green  bool
}

// add counts a block, once.
func (t tally) add(number uint64, green bool) tally {
	if n := len(t.recent); n > 0 && t.recent[n-1].number >= number {
		return t
	}
	t.recent = append(slices.Clone(t.recent), mark{number, green})
	if len(t.recent) > remembered {
		t.recent = t.recent[1:]
	}
	t.judged++
	if green {
		t.green++
	}
	return t
}

// miss counts blocks that nobody could judge, up to the number: none was green.
func (t tally) miss(number, n uint64) tally {
	if n == 0 || len(t.recent) > 0 && t.recent[len(t.recent)-1].number >= number {
		return t
	}
	t = t.add(number, false)
	t.judged += n - 1
	return t
}

// drop takes back the blocks from the number on.
func (t tally) drop(from uint64) tally {
	if len(t.recent) > 0 && uint64(len(t.recent)) < t.judged && t.recent[0].number >= from {
		return tally{}
	}
	kept := slices.Clone(t.recent)
	for len(kept) > 0 && kept[len(kept)-1].number >= from {
		t.judged--
		if kept[len(kept)-1].green {
			t.green--
		}
		kept = kept[:len(kept)-1]
	}
	t.recent = kept
	return t
}

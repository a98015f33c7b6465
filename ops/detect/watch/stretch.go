package watch

import "github.com/bulkhead-console/bulkhead/ops"

// stretch is a row of blocks that were read without a hole.
type stretch struct {
	first  ops.BlockRef // what came before its time is not known
	next   uint64       // the block that would continue it; 0: there is none
	begun  bool
	broken bool // there was one before it
}

// take continues the stretch by a block, or begins another one there.
func (s *stretch) take(at ops.BlockRef) {
	if s.next == 0 || at.Number != s.next {
		s.first, s.broken = at, s.begun
	}
	s.next, s.begun = at.Number+1, true
}

// lose begins another stretch after a block that could not be read.
func (s *stretch) lose(at ops.BlockRef) { *s = stretch{at, at.Number + 1, true, true} }

// drop takes back the blocks from a number on. Where that is all of them there was none.
func (s *stretch) drop(from uint64) {
	if s.next > from {
		s.next = from
	}
	if from <= s.first.Number {
		s.next, s.begun = 0, s.broken
	}
}

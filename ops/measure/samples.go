package measure

import (
	"fmt"
	"math/big"
)

// mostSamples bounds what is remembered of one number, in blocks.
const mostSamples = 100_000

// leastShare is the part of a window's blocks, one in so many, that must have been
// evaluated before they can stand for all of it.
const leastShare = 2

// sample is a number at one block, or why it could not be known there.
type sample struct {
	mark
	value *big.Rat
	why   error
}

// samples are what a Memory holds of one series.
type samples struct {
	of    *series
	since int64 // the time of the first block judged
	begun bool
	line  line[sample]
	known int      // samples of the window with a value
	sum   *big.Rat // of them, for avg
	peaks []sample // of them, for min and max: each beats all that come after it
	stale bool     // peaks must be found anew
}

func newSamples(of *series) *samples {
	s := &samples{of: of, sum: new(big.Rat)}
	s.line = line[sample]{window: of.window, most: mostSamples, add: s.add, remove: s.remove}
	return s
}

// take remembers the number at a block.
func (s *samples) take(at mark, v Value, err error, horizon int64) {
	if !s.begun {
		s.begun, s.since = true, at.time
	}
	s.line.push(sample{at, v.num, err})
	s.line.advance(at, horizon)
	if s.stale {
		s.peaks, s.stale = nil, false
		for _, x := range s.line.counted() {
			s.raise(x)
		}
	}
}

// drop forgets the blocks from the number on.
func (s *samples) drop(from uint64) {
	if !s.line.drop(from) {
		return
	}
	s.stale = true
	if len(s.line.kept()) == 0 {
		*s = *newSamples(s.of)
		s.line.add, s.line.remove = s.add, s.remove
	}
}

func (s *samples) add(x sample) {
	if x.value == nil {
		return
	}
	s.known++
	switch s.of.look {
	case lookAvg:
		s.sum = plus(s.sum, x.value)
	case lookMin, lookMax:
		s.raise(x)
	}
}

// raise adds a sample to the peaks: those that it beats can never be the answer.
func (s *samples) raise(x sample) {
	if x.value == nil || s.stale {
		return
	}
	sign := 1
	if s.of.look == lookMin {
		sign = -1
	}
	for n := len(s.peaks); n > 0 && order(x.value, s.peaks[n-1].value) != -sign; n-- {
		s.peaks = s.peaks[:n-1]
	}
	s.peaks = append(s.peaks, x)
}

func (s *samples) remove(x sample) {
	if x.value == nil {
		return
	}
	s.known--
	if s.of.look == lookAvg {
		s.sum = minus(s.sum, x.value)
	}
	if len(s.peaks) > 0 && s.peaks[0].number == x.number {
		s.peaks = s.peaks[1:]
	}
}

// value is what the series says at the newest block.
func (s *samples) value(m *Memory) (Value, error) {
	at := m.newest()
	if lost := s.line.lost; lost != (mark{}) && lost.time > s.of.window.start(at) {
		return Value{}, s.tooMany()
	}
	missing := s.of.window.missing(at, s.since)
	if missing > 0 && !m.partial {
		return Value{}, notFull(s.of.window, missing)
	}
	if s.of.look == lookChange {
		return s.change(at, missing == 0)
	}
	if s.known == 0 {
		return Value{}, fmt.Errorf("no block of the window of %s could be evaluated", s.of.window)
	}
	if blocks := s.blocks(at); s.known*leastShare < blocks {
		return Value{}, fmt.Errorf("only %d of %d blocks of the window of %s could be evaluated", s.known, blocks, s.of.window)
	}
	if s.of.look == lookAvg {
		return NumberValue(new(big.Rat).Quo(s.sum, new(big.Rat).SetInt64(int64(s.known)))), nil
	}
	return NumberValue(s.peaks[0].value), nil
}

// blocks is how many blocks the window holds, judged or not, as far as they lie
// after the first that was. Of those that were never judged at its start, as many
// are counted as fit by their time.
func (s *samples) blocks(at mark) int {
	first := s.line.counted()[0]
	blocks := at.number - first.number + 1
	if before := s.line.inside - 1; before >= s.line.first {
		last := s.line.entries[before]
		if span := first.time - last.time; span > 0 {
			blocks += (first.number - last.number - 1) * uint64(first.time-s.of.window.start(at)) / uint64(span)
		}
	}
	return int(blocks)
}

func (s *samples) tooMany() error {
	return fmt.Errorf("the window of %s holds more than %d blocks", s.of.window, s.line.most)
}

// change is the newest number less the one at the start of the window: of the
// newest block that lies before it, which is known to be that only if the block
// after it was judged.
func (s *samples) change(at mark, full bool) (Value, error) {
	counted := s.line.counted()
	if len(counted) == 0 || counted[len(counted)-1].number != at.number {
		return Value{}, errNoMemory
	}
	base := counted[0] // a window that is not full begins with what there is
	before := s.line.inside - 1
	switch {
	case before < s.line.first && full:
		return Value{}, s.tooMany()
	case before >= s.line.first:
		base = s.line.entries[before]
		if next := counted[0]; next.number != base.number+1 {
			return Value{}, fmt.Errorf("block #%d, in the window of %s, was not judged", base.number+1, s.of.window)
		}
	}
	newest := counted[len(counted)-1]
	for _, x := range []sample{newest, base} {
		if x.why != nil {
			return Value{}, fmt.Errorf("at block #%d: %w", x.number, x.why)
		}
	}
	return NumberValue(minus(newest.value, base.value)), nil
}

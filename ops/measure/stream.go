package measure

import (
	"errors"
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// stream is one event, or the calls of one function, that pass one filter, and the ledgers
// that sum them up: over other windows, and other fields. It is looked at once for all.
type stream struct {
	of      *tally // the first of them
	ledgers []*ledger
	frame   Frame // of the filter
}

// streams sorts tallies by what they look at. Equal ones share a ledger.
func streams(tallies []*tally) (out []*stream, ledgers map[*tally]*ledger) {
	looking, same := map[looks]*stream{}, map[sums]*ledger{}
	ledgers = map[*tally]*ledger{}
	for _, t := range tallies {
		at, is := t.looks(), t.sums()
		s := looking[at]
		if s == nil {
			s = &stream{of: t}
			looking[at], out = s, append(out, s)
		}
		l := same[is]
		if l == nil {
			l = newLedger(t)
			same[is], s.ledgers = l, append(s.ledgers, l)
		}
		ledgers[t] = l
	}
	return out, ledgers
}

func (s *stream) push(e noted) {
	for _, l := range s.ledgers {
		l.line.push(e)
	}
}

// take books a log. One that is the event and cannot be read is booked as that.
func (s *stream) take(at mark, log ops.Log, foreign bool) {
	source := &s.of.source
	if !source.matches(log) {
		return
	}
	f, err := source.fields(log)
	if foreign {
		err = errors.New("it is of another block")
	}
	counts := err == nil
	if counts {
		counts, err = s.counts(&f)
	}
	switch {
	case err != nil:
		s.push(noted{mark: at, why: fmt.Errorf("log %d of block #%d could not be read: %w", log.Index, at.number, err)})
	case counts:
		for _, l := range s.ledgers {
			l.note(at, &f)
		}
	}
}

// invoke books a transaction that calls the function.
func (s *stream) invoke(at mark, i ops.Invocation) {
	f, calls := s.of.source.arguments(i)
	if !calls || s.of.what == tallyFailed && i.Fate == ops.FateDone {
		return
	}
	counts, err := s.counts(&f)
	if err == nil && s.of.what == tallyFailed && i.Fate == ops.FateUnasked {
		err = errors.New("how it ended was not said")
	}
	switch {
	case err != nil:
		s.push(noted{mark: at, why: fmt.Errorf("transaction %d of block #%d could not be judged: %w", i.Index, at.number, err)})
	case counts:
		s.push(noted{mark: at, key: i.Tx})
	}
}

// counts reports whether what has these fields passes the filter.
func (s *stream) counts(f *fields) (bool, error) {
	if s.of.filter == nil {
		return true, nil
	}
	s.frame.fields = f
	v, err := s.of.filter.eval(&s.frame)
	return v.truth, err
}

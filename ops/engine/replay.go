package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrRange means that there are no such blocks.
	ErrRange = errors.New("there is nothing to replay")
	// ErrRewritten means that the chain changed under a replay, or since it was broken off.
	ErrRewritten = errors.New("the chain was rewritten: begin anew")
)

// Replay judges past blocks by the code that judges live ones. Windows are full from the
// first block on where the chain goes back far enough: so many blocks before it are judged
// and not told. What a live console alone can know is left out: its own sight, readiness,
// and what is in flight.
type Replay struct {
	Rules    *Rules
	Chain    Chain
	From, To uint64 // blocks, both included
	Ahead    int    // how many blocks are read at a time; 0 for a few

	// Tell hears of every change of a verdict; the first block tells all of them.
	Tell func(Transition) error
	// Judged hears of every block that was judged how far the replay is; what it is given is
	// written on afterwards.
	Judged func(Progress) error
}

// Transition is a finding whose verdict is another one than at the block before.
type Transition struct {
	Was     ops.Verdict
	First   bool // of the replay: there was none before
	Finding ops.Finding
}

// Run replays from the beginning, or from where an earlier one was broken off: done is what
// it had. It returns what it has, also with an error.
func (r Replay) Run(ctx context.Context, done Progress) (Progress, error) {
	if done.Next < r.From {
		done.Next = r.From
	}
	if r.From > r.To {
		return done, fmt.Errorf("%w: it ends at #%d and begins at #%d", ErrRange, r.To, r.From)
	}
	if done.Next > r.To {
		return done, nil
	}
	if err := r.same(ctx, done); err != nil {
		return done, err
	}
	begin, err := r.begin(ctx, done.Next)
	if err != nil {
		return done, err
	}
	e := once(r.Rules, r.Chain)
	s := &e.state
	e.Now = func() time.Time { return s.head.Time }
	resume := func() { // what flaps may be open for longer than is judged anew
		r.flapping(s.findings, func(id ops.DetectorID, f *ops.Finding) { f.Broke = done.Broke[id] })
		for n := range s.invariants {
			s.invariants[n].Finding.Broke = s.findings[n].Broke
		}
	}
	resume()
	if err := e.readBack(ctx, begin); err != nil {
		return done, fmt.Errorf("block %d cannot be judged: %w", begin.Number, err)
	}
	ahead := newAhead(ctx, r.Chain, e.Rules, begin.Number, r.To, r.Ahead)
	defer ahead.close()
	for number := begin.Number; number <= r.To; number++ {
		got, err := ahead.next(ctx)
		if err != nil {
			return done, err
		}
		if !s.head.Zero() && got.at.Parent != s.head.Hash {
			return done, fmt.Errorf("%w: #%d does not follow #%d", ErrRewritten, number, s.head.Number)
		}
		past := s.findings
		if err := e.rejudge(ctx, got); err != nil {
			return done, err
		}
		ahead.also(unique(slices.Concat(s.stamps(), e.asked())))
		if number < done.Next {
			if number == done.Last.Number {
				resume()
			}
			continue
		}
		if err := r.tell(&done, got.at, past, s.findings); err != nil {
			return done, err
		}
	}
	return done, nil
}

// same makes sure that what was told so far is of the chain as it is.
func (r Replay) same(ctx context.Context, done Progress) error {
	if done.Last.Zero() {
		return nil
	}
	at, err := r.Chain.Canonical(ctx, done.Last.Number)
	if err == nil && at.Hash != done.Last.Hash {
		err = fmt.Errorf("%w: #%d was %s", ErrRewritten, at.Number, done.Last.Hash)
	}
	return err
}

// begin is the block from which on it has to be judged, so that what looks back knows what
// it needs at the first one that is told.
func (r Replay) begin(ctx context.Context, first uint64) (ops.BlockRef, error) {
	at, err := r.Chain.Canonical(ctx, first)
	if err != nil {
		return at, fmt.Errorf("%w: %w", ErrRange, err)
	}
	var blocks uint64 = 1 // the one before, for prev
	for _, i := range r.Rules.invariants {
		blocks = max(blocks, i.For+i.Confirmed, i.Clear+i.Confirmed)
	}
	number := at.Number - min(at.Number, blocks)
	if r.Rules.remembers > 0 {
		since, err := r.Chain.Before(ctx, at.Time.Add(-r.Rules.remembers), at)
		if err != nil {
			return at, fmt.Errorf("finding the block %s before #%d: %w", r.Rules.remembers, first, err)
		}
		number = min(number, since.Number)
	}
	return r.Chain.Canonical(ctx, number)
}

// rejudge judges one block that was read ahead. One that could not be read, or before which
// what was not read cannot be read back, is UNKNOWN, as it would have been.
func (e *Engine) rejudge(ctx context.Context, got readAhead) error {
	s := &e.state
	if !s.head.Zero() {
		if err := e.readBack(ctx, got.at); err != nil {
			got.err = err
		}
	}
	parent := s.readings
	if got.err == nil {
		s.take(got.logs)
	}
	now, err := e.complete(ctx, got)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.seen(got.at)
		s.head, s.readings = got.at, nil
		s.miss(got.at.Number, got.at.Number)
		s.darken(err.Error())
		for i := range s.findings {
			s.findings[i].At = got.at
		}
		return nil
	}
	s.seen(got.at)
	s.judged++
	s.head, s.readings, s.blind = got.at, now, ""
	e.assess(got.at, now, parent, got.logs)
	return nil
}

// complete reads what a block is judged by and was not known to be needed when it was read.
func (e *Engine) complete(ctx context.Context, got readAhead) (ops.Readings, error) {
	if got.err != nil {
		return nil, got.err
	}
	if _, err := e.askMore(ctx, got.at, got.readings); err != nil {
		return nil, err
	}
	return got.readings, nil
}

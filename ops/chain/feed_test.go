package chain_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

const drill = 7331001

// watch is a feed under way and what it said.
type watch struct {
	t      *testing.T
	events chan chain.Event
	last   ops.BlockRef
	states []ops.FeedHealth
}

func client(t testing.TB, e chain.Endpoint) *chain.Client {
	t.Helper()
	e.Name, e.Chain = "fake", drill
	if e.Timeout == 0 {
		e.Timeout = 5 * time.Second
	}
	c, err := chain.Open(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// follow starts a feed; pace may turn its clockwork first.
func follow(t *testing.T, c *chain.Client, from ops.BlockRef, pace func(*chain.Feed)) *watch {
	t.Helper()
	w := &watch{t: t, events: make(chan chain.Event, 1<<15)}
	feed := chain.NewFeed(c, from, func(e chain.Event) { w.events <- e })
	if pace != nil {
		pace(feed)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- feed.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	return w
}

func (w *watch) next() chain.Event {
	w.t.Helper()
	select {
	case e := <-w.events:
		if !e.Block.Zero() {
			return e
		}
		w.states = append(w.states, e.Health)
		return e
	case <-time.After(30 * time.Second):
		w.t.Fatalf("nothing was said any more; so far %v", w.states)
		return chain.Event{}
	}
}

// block awaits the next block, and demands that it follows the last one unless
// it is the first.
func (w *watch) block() ops.BlockRef {
	w.t.Helper()
	for {
		e := w.next()
		if e.Block.Zero() {
			continue
		}
		if e.Block.Chain != drill {
			w.t.Fatalf("a block of another chain: %+v", e.Block)
		}
		if !w.last.Zero() && e.Block.Number > w.last.Number && (e.Block.Parent != w.last.Hash || e.Block.Number != w.last.Number+1) {
			w.t.Fatalf("#%d does not follow #%d", e.Block.Number, w.last.Number)
		}
		w.last = e.Block
		return e.Block
	}
}

// upTo awaits blocks until the one that the header names.
func (w *watch) upTo(h chaintest.Header) {
	w.t.Helper()
	for w.block().Hash != h.Hash {
	}
}

// state awaits a state whose reason contains the words.
func (w *watch) state(s ops.FeedState, words string) ops.FeedHealth {
	w.t.Helper()
	for {
		e := w.next()
		if !e.Block.Zero() {
			w.last = e.Block
			continue
		}
		if e.Health.State == s && strings.Contains(e.Health.Why, words) {
			return e.Health
		}
	}
}

func TestAFeedBeginsAtTheHeadAndFollowsIt(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Leap(7)
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
	if b := w.block(); b.Number != 7 || b.Time.Unix() != chaintest.Genesis+7 {
		t.Fatalf("it began at %+v", b)
	}
	s.Mine(20)
	w.upTo(s.Head())
	if len(w.states) == 0 || w.states[0].State != ops.FeedLive || w.states[0].Name != "fake" {
		t.Errorf("it is not live: %v", w.states)
	}
}

func TestAGapIsReadBackInOrder(t *testing.T) {
	for _, missed := range []int{1, 10, 1000} {
		t.Run(fmt.Sprint(missed), func(t *testing.T) {
			s := chaintest.Serve(t, chaintest.New(drill))
			w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
			w.block()
			before := s.Requests()
			s.Leap(missed + 1)
			for n := 1; n <= missed+1; n++ {
				if b := w.block(); b.Number != uint64(n) {
					t.Fatalf("got #%d, want #%d", b.Number, n)
				}
			}
			if asked, most := s.Requests()-before, (missed+99)/100; asked > most {
				t.Errorf("%d requests for a gap of %d, want at most %d", asked, missed, most)
			}
		})
	}
}

func TestAFeedGoesOnFromWhereItWasLeft(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Leap(30)
	c := client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS})
	from, err := c.Canonical(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	w := follow(t, c, from, nil)
	w.last = from
	if b := w.block(); b.Number != 11 {
		t.Errorf("it went on at #%d", b.Number)
	}
	w.upTo(s.Head())
}

func TestAReorgGoesOnFromTheCommonAncestor(t *testing.T) {
	for depth := 1; depth <= 10; depth++ {
		for _, grown := range []int{depth, depth + 1, depth + 5} { // the same height, one more, many more
			t.Run(fmt.Sprintf("%d deep, %d new", depth, grown), func(t *testing.T) {
				s := chaintest.Serve(t, chaintest.New(drill))
				w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
				w.block()
				s.Mine(20)
				w.upTo(s.Head())
				ancestor := s.At(20 - depth)
				s.Reorg(depth, grown)
				first := w.block()
				if first.Parent != ancestor.Hash || first.Number != uint64(ancestor.Number)+1 {
					t.Fatalf("it went on at #%d, not after the ancestor #%d", first.Number, ancestor.Number)
				}
				if first.Hash != s.Head().Hash {
					w.upTo(s.Head())
				}
				s.Mine(1)
				if b := w.block(); b.Hash != s.Head().Hash {
					t.Errorf("after it comes #%d", b.Number)
				}
			})
		}
	}
}

func TestARewriteDeeperThanMemoryIsSaidAndTheFeedStartsAnew(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
	w.block()
	s.Leap(chain.Remembered + 40)
	w.upTo(s.Head())
	s.Reorg(chain.Remembered+20, chain.Remembered+21)
	w.state(ops.FeedDown, "rewritten deeper than this console remembers")
	w.last = ops.BlockRef{}
	if b := w.block(); b.Hash != s.Head().Hash {
		t.Errorf("it began anew at #%d", b.Number)
	}
}

func TestABlockToldTwiceIsEmittedOnce(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
	w.block()
	s.Mine(3)
	s.Repeat()
	s.Announce(s.At(1))
	s.Announce(s.At(2))
	s.Repeat()
	s.Mine(1)
	for n := 1; n <= 4; n++ {
		if b := w.block(); b.Number != uint64(n) {
			t.Fatalf("got #%d, want #%d", b.Number, n)
		}
	}
}

// A subscription may begin with heads that are older than the one the feed began at.
func TestOldHeadsAtTheStartAreNoRewrite(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Leap(9)
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
	w.block()
	for n := 5; n < 10; n++ {
		s.Announce(s.At(n))
	}
	s.Mine(1)
	if b := w.block(); b.Number != 10 {
		t.Errorf("it went on at #%d", b.Number)
	}
	for _, h := range w.states {
		if h.State != ops.FeedLive {
			t.Errorf("it was %v", h)
		}
	}
}

func TestABlockThatDoesNotAddUpEndsTheConnectionAndIsNotEmitted(t *testing.T) {
	for name, forge := range map[string]func(h chaintest.Header) chaintest.Header{
		"a number that does not follow": func(h chaintest.Header) chaintest.Header {
			return chaintest.Header{Number: h.Number, Hash: [32]byte{1}, ParentHash: h.Hash}
		},
		"a number far ahead": func(h chaintest.Header) chaintest.Header {
			return chaintest.Header{Number: h.Number + chain.MaxGap + 2, Hash: [32]byte{1}, ParentHash: h.Hash}
		},
		"no hash": func(h chaintest.Header) chaintest.Header {
			return chaintest.Header{Number: h.Number + 1, ParentHash: h.Hash}
		},
		"an unknown parent": func(h chaintest.Header) chaintest.Header {
			return chaintest.Header{Number: h.Number + 1, Hash: [32]byte{1}}
		},
		"blocks that there are not": func(h chaintest.Header) chaintest.Header {
			return chaintest.Header{Number: h.Number + 5, Hash: [32]byte{1}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := chaintest.Serve(t, chaintest.New(drill))
			w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, nil)
			s.Mine(2)
			for w.block().Number < 2 {
			}
			s.Announce(forge(s.Head()))
			w.state(ops.FeedDown, "")
			s.Mine(2)
			w.upTo(s.Head())
		})
	}
}

func TestAnEndpointWithoutASocketIsPolled(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, BlockTime: time.Millisecond}), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(time.Hour, 300*time.Millisecond) })
	w.block()
	s.Leap(5)
	w.upTo(s.Head())
	w.state(ops.FeedStalled, "no block since #5")
	s.Reorg(2, 3)
	w.upTo(s.Head())
	s.Become(1)
	w.state(ops.FeedDown, chain.ErrWrongChain.Error())
	s.Mine(3)
	s.Become(drill)
	w.upTo(s.Head())
}

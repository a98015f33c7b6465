package chain_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// fleet is a pool whose heads come through proxies that cut and swallow.
type fleet struct {
	servers []*chaintest.Server
	proxies []*chaintest.Proxy
	gates   []*chaintest.Gateway
	pool    *chain.Pool
}

// launch makes a pool of one provider for each chain given; the same chain may be
// served more than once.
func launch(t testing.TB, quorum int, timeout time.Duration, chains ...*chaintest.Chain) *fleet {
	t.Helper()
	f := &fleet{}
	var clients []*chain.Client
	for i, c := range chains {
		s := chaintest.Serve(t, c)
		p, g := chaintest.Before(t, s.WS), chaintest.Behind(t, s.HTTP)
		f.servers, f.proxies, f.gates = append(f.servers, s), append(f.proxies, p), append(f.gates, g)
		client, err := chain.Open(t.Context(), chain.Endpoint{Name: string(rune('a' + i)), Chain: drill, HTTP: g.HTTP, WS: p.WS, Timeout: timeout})
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, client)
	}
	f.pool = chain.NewPool(quorum, clients...)
	t.Cleanup(f.pool.Close)
	return f
}

// follow starts the pool's feed.
func (f *fleet) follow(t *testing.T) *watch {
	t.Helper()
	w := &watch{t: t, events: make(chan chain.Event, 1<<15)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.pool.Follow(ctx, func(e chain.Event) { w.events <- e }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow ended with %v", err)
		}
	})
	return w
}

// provider awaits a state of one provider whose reason contains the words. The
// blocks that pass meanwhile have to follow each other.
func (w *watch) provider(i int, s ops.FeedState, words string) {
	w.t.Helper()
	for {
		e := w.next()
		if !e.Block.Zero() {
			w.linked(e.Block)
		} else if len(e.Feeds) > i && e.Feeds[i].State == s && strings.Contains(e.Feeds[i].Why, words) {
			return
		}
	}
}

// all awaits that every provider is live.
func (w *watch) all() {
	w.t.Helper()
	for {
		e := w.next()
		if !e.Block.Zero() {
			w.linked(e.Block)
		} else if len(e.Feeds) > 0 && !slices.ContainsFunc(e.Feeds, func(h ops.FeedHealth) bool { return h.State != ops.FeedLive }) {
			return
		}
	}
}

func (w *watch) linked(b ops.BlockRef) {
	w.t.Helper()
	if !w.last.Zero() && b.Number > w.last.Number && b.Parent != w.last.Hash {
		w.t.Fatalf("#%d does not follow #%d", b.Number, w.last.Number)
	}
	w.last = b
}

// live awaits that all is well, if that was not the last word.
func (w *watch) live() {
	w.t.Helper()
	if n := len(w.states); n == 0 || w.states[n-1].State != ops.FeedLive {
		w.state(ops.FeedLive, "")
	}
}

// A head through three providers comes once, whoever is first.
func TestAPoolEmitsEachBlockOnce(t *testing.T) {
	c := chaintest.New(drill)
	w := launch(t, 2, patient, c, c, c).follow(t)
	w.block()
	for range 200 {
		c.Mine(1)
		if b := w.block(); b.Hash != c.Head().Hash {
			t.Fatalf("got #%d, want #%d", b.Number, c.Head().Number)
		}
	}
	w.provider(2, ops.FeedLive, "")
}

// Fault 1: who lags is said to, and nobody waits for it.
func TestAProviderThatLagsIsSaidToBeBehind(t *testing.T) {
	c, slow := chaintest.New(drill), chaintest.New(drill)
	f := launch(t, 2, patient, c, c, slow)
	w := f.follow(t)
	w.block()
	w.provider(2, ops.FeedLive, "")
	for n := 1; n <= 5; n++ {
		c.Mine(1)
		w.upTo(c.Head())
		if n >= 2 {
			w.provider(2, ops.FeedStalled, fmt.Sprintf("%d blocks behind", n))
		}
	}
	slow.Mine(5)
	w.provider(2, ops.FeedLive, "")
	if w.last.Number != 5 {
		t.Errorf("it went to #%d", w.last.Number)
	}
}

// Who is far behind catches up without a word that the chain was rewritten.
func TestAProviderThatCatchesUpFromAfarLeadsNobodyBack(t *testing.T) {
	c, slow := chaintest.New(drill), chaintest.New(drill)
	f := launch(t, 2, patient, c, c, slow)
	w := f.follow(t)
	w.block()
	w.provider(2, ops.FeedLive, "")
	for range 10 {
		c.Leap(4 * chain.Remembered)
		w.upTo(c.Head())
	}
	w.provider(2, ops.FeedStalled, "blocks behind")
	slow.Leap(40 * chain.Remembered)
	for e := w.next(); len(e.Feeds) == 0 || e.Feeds[2].State != ops.FeedLive; e = w.next() {
		if !e.Block.Zero() || e.Health.State != ops.FeedLive {
			t.Fatalf("it says %+v", e)
		}
	}
}

// Fault 8 at one of three.
func TestOneProviderThatFreezesDoesNotStopTheFeed(t *testing.T) {
	c := chaintest.New(drill)
	f := launch(t, 2, patient, c, c, c)
	f.pool.Pace(300*time.Millisecond, time.Hour)
	w := f.follow(t)
	w.block()
	w.provider(1, ops.FeedLive, "")
	f.proxies[1].Swallow(true)
	for range 20 {
		c.Mine(1)
		w.upTo(c.Head())
	}
	w.provider(1, ops.FeedDown, "")
	f.proxies[1].Swallow(false)
	w.provider(1, ops.FeedLive, "")
	c.Leap(50)
	w.upTo(c.Head())
	for _, h := range w.states {
		if !h.Since.IsZero() && h.State != ops.FeedLive && h.Last.Number > 0 {
			t.Errorf("all together were %v", h)
		}
	}
}

func TestTwoDeadOfThreeAreBlindnessAndBothAreNamed(t *testing.T) {
	c := chaintest.New(drill)
	f := launch(t, 2, patient, c, c, c)
	f.pool.Pace(time.Hour, time.Hour)
	w := f.follow(t)
	w.block()
	w.all()
	c.Mine(3)
	w.upTo(c.Head())
	for _, p := range f.proxies[1:] {
		p.Refuse(true)
		p.Cut()
	}
	down := w.state(ops.FeedDown, "1 of the 2 providers needed follow the chain")
	for _, name := range []string{"b: ", "c: "} {
		if !strings.Contains(down.Why, name) {
			t.Errorf("it says %q", down.Why)
		}
	}
	c.Leap(40)
	for _, p := range f.proxies[1:] {
		p.Refuse(false)
	}
	w.upTo(c.Head())
	w.live()
}

// Fault 3: two providers on two chains.
func TestASplitViewIsSaidAndNeitherSideIsFollowed(t *testing.T) {
	left, right := chaintest.New(drill), chaintest.New(drill)
	f := launch(t, 2, patient, left, right)
	f.pool.Pace(time.Hour, 400*time.Millisecond)
	w := f.follow(t)
	w.block()
	left.Mine(5)
	right.Mine(5)
	w.upTo(left.Head())
	right.Reorg(3, 4)
	stalled := w.state(ops.FeedStalled, "the view is split: a at #5 "+left.Head().Hash.TerminalString()+", b at #6 "+right.Head().Hash.TerminalString())
	if stalled.Last.Hash != left.Head().Hash {
		t.Errorf("the last block is %v", stalled.Last)
	}
	ancestor, healed := left.At(2), right
	s := chaintest.Serve(t, healed) // a goes over to the other side
	f.proxies[0].Lead(s.WS)
	f.gates[0].Lead(s.HTTP)
	f.proxies[0].Cut()
	healed.Mine(1)
	first := w.block()
	if first.Parent != ancestor.Hash || first.Number != 3 {
		t.Errorf("it went on at #%d, not after the common block #2", first.Number)
	}
	w.upTo(healed.Head())
	healed.Mine(1)
	w.upTo(healed.Head())
	w.live()
}

// Fault 11, through several.
func TestAReorgOfAnyDepthThroughAPool(t *testing.T) {
	for _, depth := range []int{1, 2, 3, 5, 8, 13, 21, 34, 55, 64} {
		t.Run(fmt.Sprint(depth), func(t *testing.T) {
			c := chaintest.New(drill)
			w := launch(t, 2, patient, c, c, c).follow(t)
			w.block()
			c.Leap(80)
			w.upTo(c.Head())
			ancestor := c.At(80 - depth)
			c.Reorg(depth, depth+1)
			first := w.block()
			if first.Parent != ancestor.Hash || first.Number != uint64(ancestor.Number)+1 {
				t.Fatalf("it went on at #%d, not after the ancestor #%d", first.Number, ancestor.Number)
			}
			w.upTo(c.Head())
			c.Mine(1)
			if b := w.block(); b.Hash != c.Head().Hash {
				t.Errorf("after it comes #%d", b.Number)
			}
		})
	}
}

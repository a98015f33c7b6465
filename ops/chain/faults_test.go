package chain_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// Fault 7.
func TestASocketThatIsResetIsDialledAgainAndNoBlockIsMissed(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	p := chaintest.Before(t, s.WS)
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: p.WS}), ops.BlockRef{}, nil)
	w.block()
	for round := 1; round <= 5; round++ {
		s.Mine(3)
		w.upTo(s.Head())
		p.Refuse(true)
		p.Cut()
		p.AwaitDials(p.Dialled() + 1) // it has noticed, and is turned away
		s.Leap(50)
		p.Refuse(false)
		w.upTo(s.Head()) // every block is parent-linked: see watch.block
	}
	if w.last.Number != 5*53 {
		t.Errorf("the last block is #%d", w.last.Number)
	}
}

// Fault 8.
func TestASocketThatSwallowsEverythingIsNoticedByItsOwnHeartbeat(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	p := chaintest.Before(t, s.WS)
	e := chain.Endpoint{HTTP: s.HTTP, WS: p.WS, Timeout: 300 * time.Millisecond}
	w := follow(t, client(t, e), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(250*time.Millisecond, time.Hour) })
	w.block()
	s.Mine(2)
	w.upTo(s.Head())
	dialled := p.Dialled()
	p.Swallow(true)
	s.Leap(10)
	for w.state(ops.FeedDown, ""); p.Dialled() == dialled; w.next() { // a connection younger than 2 s is not trusted either way
	}
	p.Swallow(false)
	w.upTo(s.Head())
	if n := len(w.states); w.states[n-1].State != ops.FeedLive {
		t.Errorf("it is %v", w.states[n-1])
	}
}

// The heartbeat's words reach the screen, and at once: not after the ten seconds
// that go-ethereum's client waits for the answer to a good-bye.
func TestTheReasonOfASilentSocketIsSaid(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	p := chaintest.Before(t, s.WS)
	e := chain.Endpoint{HTTP: s.HTTP, WS: p.WS, Timeout: time.Second}
	w := follow(t, client(t, e), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(200*time.Millisecond, time.Hour) })
	w.block()
	p.Swallow(true)
	down := w.state(ops.FeedDown, "the socket is silent")
	if down.Last.Hash != w.last.Hash {
		t.Errorf("the last known block is %v", down.Last)
	}
}

// Fault 9, the subscription alone: heads are withheld, the chain goes on.
func TestHeadsThatStopWhileTheChainMovesOnAreAFrozenSubscription(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(time.Hour, 200*time.Millisecond) })
	w.block()
	s.Withhold(true)
	s.Mine(4)
	if h := w.state(ops.FeedStalled, "the chain is at #4"); !strings.Contains(h.Why, "the subscription froze at #0") {
		t.Errorf("it says %q", h.Why)
	}
	w.upTo(s.Head()) // a new subscription reads back what was withheld
	s.Withhold(false)
	s.Mine(1)
	w.upTo(s.Head())
}

// Fault 9, the chain itself.
func TestHeadsThatStopBecauseTheChainStandsStillAreSaidSo(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(time.Hour, 200*time.Millisecond) })
	w.block()
	w.state(ops.FeedStalled, "the chain stands still")
	s.Mine(1)
	w.state(ops.FeedLive, "")
}

func TestOldHeadsToldAgainAreNoSignOfLife(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(time.Hour, 300*time.Millisecond) })
	w.block()
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.Repeat()
			}
		}
	}()
	w.state(ops.FeedStalled, "no block since #0")
	close(done)
	<-stopped
}

func TestAStalledChainWhoseOtherConnectionIsGoneIsStalledToo(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	gone := httptest.NewServer(nil)
	gone.Close()
	w := follow(t, client(t, chain.Endpoint{HTTP: gone.URL, WS: s.WS}), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(time.Hour, 200*time.Millisecond) })
	w.block()
	w.state(ops.FeedStalled, "no answer to why")
	s.Mine(1)
	w.state(ops.FeedLive, "")
}

// Fault 14, at the start.
func TestAProviderOfAnotherChainIsRefusedWhenDialled(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(1))
	_, err := chain.Dial(t.Context(), chain.Endpoint{Name: "fake", Chain: drill, HTTP: s.HTTP})
	if !errors.Is(err, chain.ErrWrongChain) || !strings.Contains(err.Error(), "serves chain 1, the policy says 7331001") {
		t.Errorf("%v", err)
	}
	s.Become(drill)
	c, err := chain.Dial(t.Context(), chain.Endpoint{Name: "fake", Chain: drill, HTTP: s.HTTP})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// Fault 14, after a failover.
func TestAfterAFailoverToAnotherChainNoHeadIsEmitted(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	p := chaintest.Before(t, s.WS)
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: p.WS}), ops.BlockRef{}, nil)
	w.block()
	s.Mine(2)
	w.upTo(s.Head())
	honest := s.Head()
	s.Become(1)
	s.Leap(10)
	p.Cut()
	w.state(ops.FeedDown, "wrong chain: provider fake serves chain 1")
	if w.last.Hash != honest.Hash {
		t.Fatalf("a head of the wrong chain was emitted: %v", w.last)
	}
	s.Become(drill)
	w.upTo(s.Head())
}

func TestAFailoverOnAnOpenSocketIsNoticedByTheHeartbeat(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), ops.BlockRef{}, func(f *chain.Feed) { f.Pace(50*time.Millisecond, time.Hour) })
	w.block()
	s.Become(1)
	w.state(ops.FeedDown, chain.ErrWrongChain.Error())
}

func TestAProviderThatIsDeadBeforeTheDialIsDownAndComesBack(t *testing.T) {
	for name, kill := range map[string]func(p *chaintest.Proxy, dead bool){
		"it refuses": (*chaintest.Proxy).Refuse, "it swallows": (*chaintest.Proxy).Swallow,
	} {
		t.Run(name, func(t *testing.T) {
			s := chaintest.Serve(t, chaintest.New(drill))
			p := chaintest.Before(t, s.WS)
			kill(p, true)
			w := follow(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: p.WS, Timeout: 200 * time.Millisecond}), ops.BlockRef{}, nil)
			if h := w.state(ops.FeedDown, "no connection"); h.Since.IsZero() {
				t.Error("it is not said since when")
			}
			kill(p, false)
			s.Mine(1)
			w.upTo(s.Head())
		})
	}
}

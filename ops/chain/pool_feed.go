package chain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// lagging is how many blocks a provider may be behind before it is said.
const lagging = 2

// remembersVotes is for how many blocks back a head can still find its quorum.
const remembersVotes = 1024

// merger makes one feed of several: a block counts once a quorum of providers has
// announced it, and leads the way from the last one as in a feed of one.
type merger struct {
	pool   *Pool
	emit   func(Event)
	feed   *Feed // walks to a head that counts; its health is not told
	each   []ops.FeedHealth
	votes  map[common.Hash]map[int]bool
	heads  []ops.BlockRef // the newest of each
	health ops.FeedHealth // of all together
	told   string
}

// Follow follows the heads until the context ends, and waits for what it started.
// It returns only the context's error. With one provider it is that provider's
// feed.
func (p *Pool) Follow(ctx context.Context, emit func(Event)) error {
	if len(p.clients) == 1 {
		return NewFeed(p.clients[0], ops.BlockRef{}, func(e Event) {
			if e.Block.Zero() {
				e.Feeds = []ops.FeedHealth{e.Health}
			}
			emit(e)
		}).Run(ctx)
	}
	type told struct {
		who   int
		event Event
	}
	events := make(chan told, 16)
	var feeds sync.WaitGroup
	defer feeds.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m := p.merger(emit)
	for i, c := range p.clients {
		feeds.Go(func() {
			_ = NewFeed(c, ops.BlockRef{}, func(e Event) { // its only error is that of the context
				select {
				case events <- told{i, e}:
				case <-ctx.Done():
				}
			}).Run(ctx)
		})
	}
	quiet := time.NewTimer(m.feed.patience)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-events:
			before := m.feed.last.Hash
			m.take(ctx, e.who, e.event)
			if m.feed.last.Hash != before {
				quiet.Reset(m.feed.patience)
			}
		case <-quiet.C:
			m.silent()
			quiet.Reset(m.feed.patience)
		}
	}
}

func (p *Pool) merger(emit func(Event)) *merger {
	m := &merger{pool: p, emit: emit, votes: map[common.Hash]map[int]bool{}, heads: make([]ops.BlockRef, len(p.clients))}
	for _, c := range p.clients {
		m.each = append(m.each, ops.FeedHealth{Name: c.Name(), Why: "connecting"})
	}
	m.feed = NewFeed(p.clients[0], ops.BlockRef{}, func(e Event) {
		if !e.Block.Zero() {
			emit(e)
		}
	})
	m.health.Name = p.Name()
	return m
}

// take is one provider's word.
func (m *merger) take(ctx context.Context, who int, e Event) {
	if e.Block.Zero() {
		m.each[who] = e.Health
		m.report(m.state())
		return
	}
	m.heads[who] = e.Block
	if m.votes[e.Block.Hash] == nil {
		m.forget(e.Block.Number)
		m.votes[e.Block.Hash] = map[int]bool{}
	}
	m.votes[e.Block.Hash][who] = true
	if len(m.votes[e.Block.Hash]) < m.pool.quorum {
		return
	}
	m.feed.client = m.pool.clients[who]
	if err := m.feed.advance(ctx, e.Block); err != nil && ctx.Err() == nil {
		m.report(ops.FeedDown, err.Error())
		return
	}
	m.report(m.state())
}

// forget drops votes for blocks far behind.
func (m *merger) forget(number uint64) {
	if len(m.votes) > 4*remembersVotes { // old forks and lies included
		clear(m.votes)
		return
	}
	if number%remembersVotes == 0 && len(m.votes) > remembersVotes {
		clear(m.votes)
	}
}

// state is how all the feeds together stand.
func (m *merger) state() (ops.FeedState, string) {
	live, why := 0, []string(nil)
	for _, h := range m.each {
		if h.State == ops.FeedLive {
			live++
			continue
		}
		why = append(why, h.Name+": "+h.Why)
	}
	if live < m.pool.quorum {
		return ops.FeedDown, fmt.Sprintf("%d of the %d providers needed follow the chain; %s", live, m.pool.quorum, strings.Join(why, "; "))
	}
	return ops.FeedLive, ""
}

// silent is called when no block found its quorum in time.
func (m *merger) silent() {
	if state, why := m.state(); state != ops.FeedLive {
		m.report(state, why)
		return
	}
	var at []string
	for i, h := range m.heads {
		at = append(at, fmt.Sprintf("%s at #%d %s", m.each[i].Name, h.Number, h.Hash.TerminalString()))
	}
	m.report(ops.FeedStalled, fmt.Sprintf("no block since #%d has a quorum, the view is split: %s", m.feed.last.Number, strings.Join(at, ", ")))
}

// report tells the health of each and of all when something in it changed.
func (m *merger) report(state ops.FeedState, why string) {
	if m.health.State != state || m.health.Since.IsZero() {
		m.health.Since = m.pool.now()
	}
	m.health.State, m.health.Why, m.health.Last = state, why, m.feed.last
	feeds := m.pool.feeds(m.each, m.heads, m.feed.last)
	said := fmt.Sprint(state, why)
	for _, f := range feeds {
		said += fmt.Sprint("\x00", f.State, f.Why)
	}
	if said == m.told {
		return
	}
	m.told = said
	m.emit(Event{Health: m.health, Feeds: feeds})
}

// feeds joins what the feeds say of themselves with who lags and who is aside.
func (p *Pool) feeds(each []ops.FeedHealth, heads []ops.BlockRef, last ops.BlockRef) []ops.FeedHealth {
	out := slices.Clone(each)
	for i := range out {
		if behind := int64(last.Number) - int64(heads[i].Number); out[i].State == ops.FeedLive && behind >= lagging {
			out[i].State, out[i].Why = ops.FeedStalled, fmt.Sprintf("%d blocks behind", behind)
		}
	}
	for i, why := range p.Aside() {
		out[i].State, out[i].Why = ops.FeedAside, why
	}
	return out
}

package chain

import (
	"context"
	"sync"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// lagging is how many blocks a provider may be behind, or away on another branch,
// before it is said.
const lagging = 2

// retryAfter is how long a way that could not be read waits for the next attempt.
const retryAfter = 500 * time.Millisecond

// merger makes one feed of several: a block counts once a quorum of providers has
// announced it, and leads the way from the last one as in a feed of one. What it
// missed it reads back from a quorum too.
type merger struct {
	pool   *Pool
	emit   func(Event)
	feed   *Feed // walks to a head that counts; its health is not told
	each   []ops.FeedHealth
	views  []view
	owed   ops.BlockRef   // a block that counts, to which the way could not be read yet
	quiet  bool           // no block has found its quorum in time
	health ops.FeedHealth // of all together
	told   string
}

// Follow follows the heads until the context ends, and waits for what it started.
// It returns only the context's error. With one provider it is that provider's
// feed.
func (p *Pool) Follow(ctx context.Context, emit func(Event)) error {
	if len(p.clients) == 1 {
		return p.feed(p.clients[0], func(e Event) {
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
			_ = p.feed(c, func(e Event) { // its only error is that of the context
				select {
				case events <- told{i, e}:
				case <-ctx.Done():
				}
			}).Run(ctx)
		})
	}
	quiet := time.NewTimer(m.feed.patience)
	defer quiet.Stop()
	var again <-chan time.Time
	for {
		if again == nil && !m.owed.Zero() {
			again = time.After(retryAfter)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again:
			again = nil
			m.retry(ctx)
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

func (p *Pool) feed(c *Client, emit func(Event)) *Feed {
	f := NewFeed(c, ops.BlockRef{}, emit)
	if p.pace != nil {
		p.pace(f)
	}
	return f
}

func (p *Pool) merger(emit func(Event)) *merger {
	m := &merger{pool: p, emit: emit, views: make([]view, len(p.clients))}
	for _, c := range p.clients {
		m.each = append(m.each, ops.FeedHealth{Name: c.Name(), Why: "connecting"})
	}
	m.feed = p.feed(p.clients[0], func(e Event) {
		if !e.Block.Zero() {
			m.quiet = false
			emit(e)
		}
	})
	m.feed.missed, m.feed.name, m.health.Name = p, p.Name(), p.Name()
	return m
}

// take is one provider's word.
func (m *merger) take(ctx context.Context, who int, e Event) {
	if e.Block.Zero() {
		m.each[who] = e.Health
		m.report(m.state())
		return
	}
	m.views[who].add(e.Block)
	m.lead(ctx, e.Block)
}

// lead goes on to a block that counts.
func (m *merger) lead(ctx context.Context, b ops.BlockRef) {
	if m.counts(b) {
		m.owed = ops.BlockRef{}
		if err := m.feed.advance(ctx, b); err != nil && ctx.Err() == nil {
			m.owed = b
			m.report(ops.FeedDown, err.Error())
			return
		}
	}
	m.report(m.state())
}

// retry goes on to the block that is owed, if it still counts: the next one may
// be long in coming.
func (m *merger) retry(ctx context.Context) {
	b := m.owed
	m.owed = ops.BlockRef{}
	m.lead(ctx, b)
}

// counts reports whether a quorum has the block. One that leads back counts only
// when no quorum stands by what was emitted: by the last block, or by the oldest
// that is remembered if it is older still. Else it is one who lags that says it.
func (m *merger) counts(b ops.BlockRef) bool {
	emitted := m.feed.last
	if past := m.feed.past; len(past) > 0 && b.Number < past[0].Number {
		emitted = past[0]
	}
	have, stand := 0, 0
	for i := range m.views {
		if m.views[i].has(b) {
			have++
		}
		if m.views[i].stands(emitted) {
			stand++
		}
	}
	return have >= m.pool.quorum && (b.Number > m.feed.last.Number || stand < m.pool.quorum)
}

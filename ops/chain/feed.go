package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Event is one thing a feed says: a block that joins the chain, or a change of
// the feed's own health (then Block is zero).
type Event struct {
	Block  ops.BlockRef
	Health ops.FeedHealth
}

// Feed follows the heads of one endpoint. It emits every block in order, each
// linked to the one before, reading back what it missed; after a reorg it goes
// on from the common ancestor, so a number at or below the last one means that
// the blocks from there on were dropped.
//
// A socket that dies, hangs or goes quiet is noticed here and not by the
// transport: see heartbeat and quiet.
type Feed struct {
	client *Client
	emit   func(Event)
	last   ops.BlockRef
	past   []ops.BlockRef // the last blocks emitted, for finding a common ancestor
	health ops.FeedHealth
	beat   time.Duration
	now    func() time.Time
}

const (
	heartbeat   = 3 * time.Second // between two questions on the socket of the heads, and the patience for each
	redialFirst = 100 * time.Millisecond
	redialMost  = 2 * time.Second
	remembered  = 256     // blocks kept for finding a common ancestor
	maxGap      = 100_000 // blocks read back after an interruption
)

// NewFeed makes a feed that calls emit from Run's goroutine, never after Run
// returned. emit may block: heads wait, none is lost. from is the last block
// already processed, zero to begin at the provider's head.
func NewFeed(c *Client, from ops.BlockRef, emit func(Event)) *Feed {
	f := &Feed{client: c, emit: emit, last: from, beat: heartbeat, now: time.Now}
	if !from.Zero() {
		f.past = []ops.BlockRef{from}
	}
	return f
}

// Run follows the heads until the context ends. It returns only the context's
// error: everything else is a state of health, and tried again.
func (f *Feed) Run(ctx context.Context) error {
	wait := redialFirst
	for {
		started := f.now()
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.now().Sub(started) > redialMost { // it worked for a while: try again at once
			wait = redialFirst
		} else {
			f.report(ops.FeedDown, err.Error())
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(wait):
			}
			wait = min(2*wait, redialMost)
		}
	}
}

// follow serves one connection until it fails.
func (f *Feed) follow(ctx context.Context) error {
	if f.client.endpoint.WS == "" {
		return f.poll(ctx)
	}
	e := f.client.endpoint
	dial, cancel := context.WithTimeout(ctx, e.Timeout/2)
	defer cancel()
	socket, err := rpc.DialOptions(dial, e.WS, rpc.WithWebsocketMessageSizeLimit(maxBody))
	if err != nil {
		return fmt.Errorf("no connection: %w", bounded(err))
	}
	defer socket.Close()
	if err := checkChain(ctx, socket, e); err != nil {
		return err
	}
	heads := make(chan *header, 64)
	subscription, err := socket.EthSubscribe(dial, heads, "newHeads")
	if err != nil {
		return fmt.Errorf("no subscription to heads: %w", bounded(err))
	}
	defer subscription.Unsubscribe()
	head, err := latest(ctx, socket, e)
	if err != nil {
		return err
	}
	if err := f.advance(ctx, head); err != nil {
		return err
	}
	return f.listen(ctx, socket, subscription, heads)
}

func (f *Feed) listen(ctx context.Context, socket *rpc.Client, s *rpc.ClientSubscription, heads <-chan *header) error {
	ctx, cancel := context.WithCancel(ctx)
	pulse := make(chan error, 1)
	done := make(chan struct{})
	go func() { // owned by this call, which waits for it below
		defer close(done)
		pulse <- f.beats(ctx, socket)
	}()
	defer func() { cancel(); <-done }()

	quiet := time.NewTimer(f.patience())
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.Err():
			return fmt.Errorf("the subscription ended: %w", cause(err))
		case err := <-pulse:
			return err
		case h := <-heads:
			if h == nil {
				continue
			}
			if err := f.advance(ctx, h.ref(f.client.endpoint.Chain)); err != nil {
				return err
			}
			quiet.Reset(f.patience())
		case <-quiet.C:
			if err := f.silence(ctx); err != nil {
				return err
			}
			quiet.Reset(f.patience())
		}
	}
}

// beats asks something trivial on the heads' own socket: a peer that vanished
// without closing it answers nothing, and the transport would wait for minutes.
func (f *Feed) beats(ctx context.Context, socket *rpc.Client) error {
	tick := time.NewTicker(f.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			e := f.client.endpoint
			e.Timeout = f.beat
			if err := checkChain(ctx, socket, e); err != nil {
				return fmt.Errorf("the socket is silent: %w", err)
			}
		}
	}
}

// patience is how long no head may come before the feed counts as stalled.
func (f *Feed) patience() time.Duration {
	return f.client.endpoint.BlockTime*3/2 + 1800*time.Millisecond
}

// silence is called when no head came in time. The other connection tells
// whether the subscription froze or the chain did.
func (f *Feed) silence(ctx context.Context) error {
	head, err := f.client.Latest(ctx)
	switch {
	case err != nil:
		f.report(ops.FeedStalled, "no new block, and no answer to why: "+err.Error())
		return nil
	case head.Number > f.last.Number:
		f.report(ops.FeedStalled, fmt.Sprintf("the subscription froze at #%d, the chain is at #%d", f.last.Number, head.Number))
		return errors.New("the subscription froze")
	default:
		f.report(ops.FeedStalled, fmt.Sprintf("no block since #%d", f.last.Number))
		return nil
	}
}

// poll follows an endpoint that has no WebSocket.
func (f *Feed) poll(ctx context.Context) error {
	tick := time.NewTicker(max(f.client.endpoint.BlockTime/4, 100*time.Millisecond))
	defer tick.Stop()
	if err := f.client.CheckChain(ctx); err != nil {
		return err
	}
	fresh := f.now()
	for {
		head, err := f.client.Latest(ctx)
		if err != nil {
			return err
		}
		if head.Hash != f.last.Hash {
			if err := f.advance(ctx, head); err != nil {
				return err
			}
			fresh = f.now()
		} else if f.now().Sub(fresh) > f.patience() {
			f.report(ops.FeedStalled, fmt.Sprintf("no block since #%d", f.last.Number))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// report emits the feed's health when it changes.
func (f *Feed) report(state ops.FeedState, why string) {
	if f.health.State == state && f.health.Why == why && !f.health.Since.IsZero() {
		return
	}
	if f.health.State != state || f.health.Since.IsZero() {
		f.health.Since = f.now()
	}
	f.health.Name, f.health.State, f.health.Why, f.health.Last = f.client.endpoint.Name, state, why, f.last
	f.emit(Event{Health: f.health})
}

func cause(err error) error {
	if err == nil {
		return errors.New("the connection was closed")
	}
	return bounded(err)
}

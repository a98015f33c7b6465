package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Event is one thing a feed says: a block that joins the chain, or a change of
// health (then Block is zero): of the feed as a whole, and of each provider.
type Event struct {
	Block  ops.BlockRef
	Health ops.FeedHealth
	Feeds  []ops.FeedHealth
}

// Feed follows the heads of one endpoint. It emits every block in order, each
// linked to the one before, reading back what it missed; after a reorg it goes
// on from the common ancestor, so a number at or below the last one means that
// the blocks from there on were dropped.
//
// A socket that dies, hangs or goes quiet is noticed here and not by the
// transport: see heartbeat and quiet.
type Feed struct {
	client   *Client
	name     string
	missed   source // of what is read back
	emit     func(Event)
	last     ops.BlockRef
	past     []ops.BlockRef // the last blocks emitted, for finding a common ancestor
	health   ops.FeedHealth
	beat     time.Duration // see heartbeat
	patience time.Duration // see patienceOf
	now      func() time.Time
}

const (
	heartbeat   = 2900 * time.Millisecond // between two questions on the socket of the heads, and the patience for each: under 6 s for both
	redialFirst = 100 * time.Millisecond
	redialMost  = 2 * time.Second
	remembered  = 256     // blocks kept for finding a common ancestor
	maxGap      = 100_000 // blocks read back after an interruption
)

// source is who is asked for blocks that a feed missed.
type source interface {
	headers(ctx context.Context, from, to uint64) ([]ops.BlockRef, error)
	Header(ctx context.Context, hash common.Hash) (ops.BlockRef, error)
}

// NewFeed makes a feed that calls emit from Run's goroutine, never after Run
// returned. emit may block: heads wait, none is lost. from is the last block
// already processed, zero to begin at the provider's head.
func NewFeed(c *Client, from ops.BlockRef, emit func(Event)) *Feed {
	f := &Feed{client: c, name: c.endpoint.Name, missed: c, emit: emit, last: from, beat: heartbeat, patience: patienceOf(c.endpoint), now: time.Now}
	if !from.Zero() {
		f.past = []ops.BlockRef{from}
	}
	return f
}

// errFroze ends a connection whose subscription delivers nothing while the chain
// goes on; errSilent one whose socket answers nothing.
var (
	errFroze  = errors.New("the subscription froze")
	errSilent = errors.New("the socket is silent")
)

// Run follows the heads until the context ends. It returns only the context's
// error: everything else is a state of health, and tried again.
func (f *Feed) Run(ctx context.Context) error {
	wait := redialFirst
	for {
		started, before := f.now(), f.last.Hash
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.last.Hash != before { // it brought something: the next one may too
			wait = redialFirst
		}
		worked := f.now().Sub(started) > redialMost
		switch {
		case errors.Is(err, errFroze): // said already
		case worked && !errors.Is(err, errSilent): // a socket that was cut is dialled once more before it is news
		default:
			f.report(ops.FeedDown, err.Error())
		}
		if worked {
			wait = redialFirst
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, redialMost)
	}
}

// follow serves one connection until it fails.
func (f *Feed) follow(ctx context.Context) error {
	if f.client.endpoint.WS == "" {
		return f.poll(ctx)
	}
	e := f.client.endpoint
	setup, cancel := context.WithTimeout(ctx, e.Timeout) // for all of it: blindness must not wait for three patiences
	defer cancel()
	socket, err := f.client.socket(setup, maxMessage)
	if err != nil {
		return err
	}
	defer socket.Close()
	heads := make(chan *header, 64)
	subscription, err := socket.EthSubscribe(setup, heads, "newHeads")
	if err != nil {
		return fmt.Errorf("no subscription to heads: %w", bounded(err))
	}
	// the socket is closed first: to unsubscribe on one that hangs takes 10 s
	defer func() { socket.Close(); subscription.Unsubscribe() }()
	head, err := latest(setup, socket, e)
	if err != nil {
		return err
	}
	if err := f.advance(ctx, head); err != nil {
		return err
	}
	f.report(ops.FeedLive, "")
	return f.listen(ctx, socket, subscription, heads)
}

func (f *Feed) listen(ctx context.Context, socket *rpc.Client, s *rpc.ClientSubscription, heads <-chan *header) error {
	ctx, cancel := context.WithCancel(ctx)
	pulse := make(chan error, 1)
	done := make(chan struct{})
	go func() { // owned by this call, which waits for it below
		defer close(done)
		pulse <- beats(ctx, socket, f.client.endpoint, f.beat, func() {})
	}()
	defer func() { cancel(); <-done }()

	quiet := time.NewTimer(f.patience)
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
			if h == nil || h.Hash == (common.Hash{}) {
				return fmt.Errorf("provider %s announced a block without a hash", f.client.endpoint.Name)
			}
			before := f.last.Hash
			if err := f.advance(ctx, h.ref(f.client.endpoint.Chain)); err != nil {
				return err
			}
			if f.last.Hash != before { // old heads told again are no sign of life
				quiet.Reset(f.patience)
			}
		case <-quiet.C:
			if err := f.silence(ctx); err != nil {
				return err
			}
			quiet.Reset(f.patience)
		}
	}
}

// patienceOf is how long no head may come before the feed counts as stalled.
func patienceOf(e Endpoint) time.Duration { return e.BlockTime*3/2 + 1800*time.Millisecond }

// silence is called when no head came in time. The other connection tells
// whether the subscription froze or the chain did.
func (f *Feed) silence(ctx context.Context) error {
	stopped := fmt.Sprintf("no block since #%d", f.last.Number)
	if f.health.State == ops.FeedLive { // say so before asking: the answer may take its time
		f.report(ops.FeedStalled, stopped)
	}
	head, err := f.client.Latest(ctx)
	switch {
	case err != nil:
		f.report(ops.FeedStalled, stopped+", and no answer to why: "+err.Error())
		return nil
	case head.Number > f.last.Number:
		f.report(ops.FeedStalled, fmt.Sprintf("the subscription froze at #%d, the chain is at #%d", f.last.Number, head.Number))
		return errFroze
	default:
		f.report(ops.FeedStalled, stopped+": the chain stands still")
		return nil
	}
}

// poll follows an endpoint that has no WebSocket.
func (f *Feed) poll(ctx context.Context) error {
	tick := time.NewTicker(max(f.client.endpoint.BlockTime/4, 100*time.Millisecond))
	defer tick.Stop()
	fresh := f.now()
	for {
		head, err := f.client.latestChecked(ctx)
		if err != nil {
			return err
		}
		before := f.last.Hash
		if err := f.advance(ctx, head); err != nil {
			return err
		}
		switch {
		case f.last.Hash != before:
			fresh = f.now()
		case f.health.State == ops.FeedDown: // it answers again, if with nothing new
			f.report(ops.FeedLive, "")
		case f.now().Sub(fresh) > f.patience:
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
	f.health.Name, f.health.State, f.health.Why, f.health.Last = f.name, state, why, f.last
	f.emit(Event{Health: f.health})
}

func cause(err error) error {
	if err == nil {
		return errors.New("the connection was closed")
	}
	return bounded(err)
}

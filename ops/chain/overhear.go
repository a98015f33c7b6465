package chain

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	mostKept    = 256         // transactions that wait to be looked at; of more the oldest is dropped, and that is told
	mostASecond = 500         // transactions to watched contracts that are looked at: a signature takes some 60 µs
	untoldPause = time.Minute // until a provider that does not tell what waits is asked again
)

// errUntold means that a provider does not tell what waits, whatever the connection.
var errUntold = errors.New("it does not tell what waits")

// Overhear tells what waits in the provider's mempool for some contracts, and whether the
// provider tells it, until the context ends; it returns only the context's error. tell is
// called from one goroutine at a time, and never after it returned.
//
// It has a WebSocket of its own: a mempool is a flood, and on the socket of the heads a head
// would stand behind it, and end with it. A transaction is decoded as far as its to, and no
// further unless that is watched. What comes faster than it can be looked at is dropped,
// oldest first, and told as lost.
//
// A provider tells from its first transaction on, whosever it is: one that takes the
// subscription and has no public mempool is silent for ever, and looks like one in which
// nothing waits. Whoever listens hears that it tells again once a second, while it does.
//
// A node that tells hashes alone does not tell what waits: to ask for each of some hundred a
// second would be refused, and to ask for a few of them would see a part and call it all.
func (c *Client) Overhear(ctx context.Context, to []common.Address, tell func(ops.Rumour)) error {
	return c.listener(to, tell).run(ctx)
}

// Overhear is that of each of the providers, all at once.
func (p *Pool) Overhear(ctx context.Context, to []common.Address, tell func(ops.Rumour)) error {
	var one sync.Mutex
	var all sync.WaitGroup
	for _, c := range p.clients {
		all.Go(func() {
			_ = c.Overhear(ctx, to, func(r ops.Rumour) { // its only error is that of the context
				one.Lock()
				defer one.Unlock()
				tell(r)
			})
		})
	}
	all.Wait()
	return ctx.Err()
}

// listener follows the mempool of one provider.
type listener struct {
	client  *Client
	watched map[common.Address]bool
	tell    func(ops.Rumour)
	one     sync.Mutex // of those who tell
	beat    time.Duration
	pause   time.Duration // see untoldPause

	alive   atomic.Int64  // when the provider last gave a sign of life, in nanoseconds since 1970
	dropped atomic.Uint64 // since it was told
	second  int64         // of what is looked at
	looked  int           // within it
}

func (c *Client) listener(to []common.Address, tell func(ops.Rumour)) *listener {
	l := &listener{client: c, watched: map[common.Address]bool{}, beat: heartbeat, pause: untoldPause}
	l.tell = func(r ops.Rumour) {
		l.one.Lock()
		defer l.one.Unlock()
		tell(r)
	}
	for _, a := range to {
		l.watched[a] = true
	}
	return l
}

func (l *listener) run(ctx context.Context) error {
	name := l.client.Name()
	if l.client.endpoint.WS == "" {
		l.tell(ops.Rumour{Provider: name, Dark: "what waits is told over a WebSocket, and it has no ws: address"})
		<-ctx.Done()
		return ctx.Err()
	}
	for wait := redialFirst; ; {
		began := time.Now()
		err := l.connect(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		dark := ops.Rumour{Provider: name, Dark: err.Error()}
		if at := l.alive.Swap(0); at > 0 {
			dark.Silent = max(0, time.Since(time.Unix(0, at)))
		}
		l.tell(dark)
		pause := wait
		switch wait = min(2*wait, redialMost); {
		case errors.Is(err, errUntold):
			pause = l.pause
		case time.Since(began) > redialMost:
			pause, wait = redialFirst, 2*redialFirst
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// subscribed asks a socket for what waits, whole.
func subscribed(setup context.Context, socket *rpc.Client, into chan notice) (*rpc.ClientSubscription, error) {
	s, err := socket.EthSubscribe(setup, into, "newPendingTransactions", true)
	var refused rpc.Error
	switch {
	case err == nil:
		return s, nil
	case errors.As(err, &refused):
		return nil, fmt.Errorf("%w: %w", errUntold, bounded(err))
	}
	return nil, fmt.Errorf("no subscription to what waits: %w", bounded(err))
}

// connect serves one connection until it fails.
func (l *listener) connect(ctx context.Context) error {
	setup, cancel := context.WithTimeout(ctx, l.client.endpoint.Timeout)
	defer cancel()
	socket, err := l.client.socket(setup, maxNotice)
	if err != nil {
		return err
	}
	defer socket.Close()
	notices := make(chan notice, 64)
	s, err := subscribed(setup, socket, notices)
	if err != nil {
		return err
	}
	// the socket is closed first: to unsubscribe on one that hangs takes 10 s
	defer func() { socket.Close(); s.Unsubscribe() }()
	l.lives()
	l.tell(ops.Rumour{Provider: l.client.Name(), Dark: "it took the subscription, and has told nobody's transaction yet: it may have no public mempool"})
	return l.listen(ctx, socket, s, notices)
}

func (l *listener) lives() { l.alive.Store(time.Now().UnixNano()) }

func (l *listener) listen(ctx context.Context, socket *rpc.Client, s *rpc.ClientSubscription, notices <-chan notice) error {
	ctx, cancel := context.WithCancel(ctx)
	pulse, kept := make(chan error, 1), make(chan notice, mostKept)
	var owned sync.WaitGroup // waited for below
	owned.Go(func() { pulse <- beats(ctx, socket, l.client.endpoint, l.beat, l.lives) })
	owned.Go(func() {
		for n := range kept {
			l.look(n)
		}
	})
	defer func() { cancel(); close(kept); owned.Wait() }()
	var last time.Time // when it was said that it tells
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.Err():
			return fmt.Errorf("the subscription to what waits ended: %w", cause(err))
		case err := <-pulse:
			return err
		case n := <-notices:
			l.lives()
			if n.hash {
				return fmt.Errorf("%w: it tells hashes alone, and to ask for each of them is more than it would answer", errUntold)
			}
			if now := time.Now(); now.Sub(last) >= time.Second {
				last = now
				l.tell(ops.Rumour{Provider: l.client.Name()})
			}
			switch {
			case n.bad != nil, n.to != nil && l.watched[*n.to]:
				l.keep(kept, n)
			}
		}
	}
}

// keep hands a notice on, and never waits: where there is no room the oldest goes.
func (l *listener) keep(kept chan notice, n notice) {
	for {
		select {
		case kept <- n:
			return
		default:
		}
		select {
		case <-kept:
			l.dropped.Add(1)
		default:
		}
	}
}

// look reads a transaction to a watched contract, and tells of it.
func (l *listener) look(n notice) {
	name := l.client.Name()
	if lost := l.dropped.Swap(0); lost > 0 {
		l.tell(ops.Rumour{Provider: name, Lost: lost, Why: "they came faster than they could be looked at"})
	}
	if now := time.Now().Unix(); now != l.second {
		l.second, l.looked = now, 0
	}
	if l.looked++; l.looked > mostASecond {
		l.tell(ops.Rumour{Provider: name, Lost: 1, Why: fmt.Sprintf("more than %d came in a second", mostASecond)})
		return
	}
	p, err := ops.Pending{}, n.bad
	if err == nil {
		p, err = pendingOf(n.raw, l.client.endpoint.Chain)
	}
	if err != nil {
		l.tell(ops.Rumour{Provider: name, Lost: 1, Why: err.Error()})
		return
	}
	l.tell(ops.Rumour{Provider: name, Pending: &p})
}

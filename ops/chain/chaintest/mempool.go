package chaintest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/ethereum/go-ethereum/rpc"
)

// Mempool is what a server tells of the transactions that come to its pool: what a test
// hands it, to whoever subscribed by then. The zero Mempool tells whole ones.
type Mempool struct {
	mu        sync.Mutex
	refuses   bool
	listeners map[chan json.RawMessage]bool
	changed   *sync.Cond
}

func (m *Mempool) cond() *sync.Cond { // with the lock held
	if m.changed == nil {
		m.changed = sync.NewCond(&m.mu)
	}
	return m.changed
}

// Refuse has subscriptions to come refused, or not any more.
func (m *Mempool) Refuse(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuses = yes
}

// Tell tells everybody who listens, in order. It waits until there is somebody, and while
// they are slow.
func (m *Mempool) Tell(raw ...json.RawMessage) {
	m.mu.Lock()
	for len(m.listeners) == 0 {
		m.cond().Wait()
	}
	defer m.mu.Unlock()
	for l := range m.listeners {
		for _, one := range raw {
			l <- one
		}
	}
}

func (m *Mempool) listen() (told chan json.RawMessage, leave func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuses {
		return nil, nil, errors.New("no such subscription")
	}
	if m.listeners == nil {
		m.listeners = map[chan json.RawMessage]bool{}
	}
	told = make(chan json.RawMessage, 1<<15)
	m.listeners[told] = true
	m.cond().Broadcast()
	return told, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.listeners, told)
	}, nil
}

// NewPendingTransactions is eth_subscribe("newPendingTransactions", whole).
func (a *api) NewPendingTransactions(ctx context.Context, _ *bool) (*rpc.Subscription, error) {
	notifier, ok := rpc.NotifierFromContext(ctx)
	if !ok {
		return nil, rpc.ErrNotificationsUnsupported
	}
	told, leave, err := a.s.Mempool.listen()
	if err != nil {
		return nil, err
	}
	subscription := notifier.CreateSubscription()
	ended := subscription.Err()
	go func() { // ends with the subscription, which ends with its connection
		defer leave()
		for {
			select {
			case raw := <-told:
				if notifier.Notify(subscription.ID, raw) != nil {
					return
				}
			case err, more := <-ended:
				if err != nil || !more {
					return
				}
			}
		}
	}()
	return subscription, nil
}

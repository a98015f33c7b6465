package engine

import (
	"context"
	"sync"

	"github.com/bulkhead-console/bulkhead/ops"
)

// bus hands snapshots to whoever looks: latest wins. A slow receiver misses
// pictures, never facts: those are in the journal.
type bus struct {
	mu     sync.Mutex
	last   *ops.Snapshot
	places map[chan ops.Snapshot]struct{}
}

func (b *bus) subscribe(ctx context.Context) <-chan ops.Snapshot {
	place := make(chan ops.Snapshot, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.places == nil {
		b.places = map[chan ops.Snapshot]struct{}{}
	}
	b.places[place] = struct{}{}
	if b.last != nil {
		place <- *b.last
	}
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.places, place)
		close(place)
	})
	return place
}

func (b *bus) publish(s ops.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = &s
	for place := range b.places {
		select {
		case <-place: // the picture that nobody took yet is out of date
		default:
		}
		place <- s
	}
}

func (b *bus) newest() ops.Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last == nil {
		return ops.Snapshot{}
	}
	return *b.last
}

package chain

import (
	"context"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Votes are counted by hash: one provider that announces the true hash with a time
// (or a number, or a parent) of its own sets them for the whole console.
func TestOneProviderAloneSetsTheTimeOfABlock(t *testing.T) {
	var clients []*Client
	for _, name := range []string{"a", "b", "c"} {
		c, err := Open(t.Context(), Endpoint{Name: name, Chain: 1, HTTP: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		clients = append(clients, c)
	}
	var emitted []ops.BlockRef
	m := NewPool(2, clients...).merger(func(e Event) {
		if !e.Block.Zero() {
			emitted = append(emitted, e.Block)
		}
	})
	honest := ops.BlockRef{Chain: 1, Number: 10, Hash: common.Hash{10}, Parent: common.Hash{9}, Time: time.Unix(1_000_000, 0).UTC()}
	lie := honest
	lie.Time = honest.Time.Add(24 * time.Hour) // every window of events is empty there
	m.take(context.Background(), 0, Event{Block: honest})
	m.take(context.Background(), 1, Event{Block: lie})
	m.take(context.Background(), 2, Event{Block: honest})
	if len(emitted) != 1 || emitted[0] != honest {
		t.Errorf("two of three say %v, and this was emitted: %v", honest, emitted)
	}
}

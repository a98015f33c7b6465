package rehearsal_test

import (
	"context"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// sealing seals block after block, far faster than a slow provider answers, until the test
// ends.
func (s *stage) sealing(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { // waited for below
		ended <- rehearsal.Play(ctx, 25*time.Millisecond, func(ctx context.Context) error {
			_, err := s.Step(ctx)
			return err
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// deaf is a relay that takes everything and brings nothing about.
type deaf struct{}

func (deaf) Name() string                       { return "relay" }
func (deaf) Send(context.Context, []byte) error { return nil }

// A console that never reaches the newest block of its chain still looks after what it
// sent: what a relay alone has becomes public, and the board is measured. Its clock runs
// twenty times as fast as the machine's.
func TestAConsoleThatIsSlowerThanItsChainLooksAfterWhatItSent(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	slow := chaintest.Behind(t, s.HTTP())
	from := time.Now()
	s.with = func(c *engine.Config) {
		c.Relay, c.PublicAfter = deaf{}, 2
		c.Now = func() time.Time { return from.Add(20 * time.Since(from)) }
	}
	w := s.consoleIn(t, t.TempDir(), slow.HTTP, s.WS(), journal.Options{})
	s.step(t, w)
	w.arm()
	slow.Set(chaintest.Slow(250 * time.Millisecond))
	s.sealing(t)
	first := w.until("it is behind", func(x ops.Snapshot) bool { return s.Head().Number > x.Head.Number+8 })
	w.confirm(w.plan("R1"))
	w.until("the relay alone has it", func(x ops.Snapshot) bool { return receipt(x, "R1").Stage == ops.StageSent })
	w.until("the board is measured anew", func(x ops.Snapshot) bool {
		for _, b := range x.Board {
			if b.At.Number > first.Head.Number {
				return true
			}
		}
		return false
	})
	w.until("everybody got it, and it took effect", func(x ops.Snapshot) bool { return receipt(x, "R1").Stage >= ops.StageInEffect })
}

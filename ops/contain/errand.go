package contain

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrClosed means that the console ends: nothing is begun any more.
	ErrClosed = errors.New("nothing was sent: the console is ending")
	// ErrUnderway means that nobody waited for what came of it, and it goes on: the
	// receipt tells.
	ErrUnderway = errors.New("it goes on: see the receipt")
)

// errands are what may take as long as a signer takes. The containment owns them:
// neither the loop nor a screen that goes away waits for them, and Close does. One at a
// time brings a run forward (run.busy), and one replaces a transaction (flight.busy).
type errands struct {
	life  context.Context // of all of them
	end   context.CancelFunc
	under sync.WaitGroup
}

// begin runs work in a goroutine of its own; not when the containment is closed.
func (c *Containment) begin(work func(ctx context.Context)) (begun bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.errands.life.Err() != nil {
		return false
	}
	c.errands.under.Add(1)
	go func() {
		defer c.errands.under.Done()
		work(c.errands.life)
		if c.Moved != nil {
			c.Moved()
		}
	}()
	return true
}

// Close ends what is under way, and returns when it has ended. Who is asked for a
// signature is not waited for: that step is neither failed nor void, and the next
// process takes it up from the journal. Keys may be locked once Close has returned.
func (c *Containment) Close() {
	c.mu.Lock()
	c.errands.end()
	c.mu.Unlock()
	c.errands.under.Wait()
}

// turn is one errand that brings a run forward at a block. plan is Execute's: its
// transaction was prepared and shown, and is the first that is sent. asks is called
// before a signer is asked, more than once perhaps.
type turn struct {
	run  *run
	at   ops.BlockRef
	plan *Plan
	asks func()
}

// hold takes the run for one errand; false where it has one, or nothing is left to do.
func (c *Containment) hold(r *run) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.busy || r.ended == ops.StageFailed {
		return false
	}
	r.busy = true
	return true
}

// push brings a run forward for a person, who waits for what comes of it, and not
// longer than the context: it goes on without them. The caller holds the run.
func (c *Containment) push(ctx context.Context, t turn, after func()) error {
	came := make(chan error, 1)
	t.asks = func() {}
	if !c.begin(func(life context.Context) {
		err := c.advance(life, t)
		if err == nil {
			after()
		}
		came <- err
	}) {
		c.update(func() { t.run.busy = false })
		return ErrClosed
	}
	select {
	case err := <-came:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnderway, ctx.Err())
	}
}

// pull brings a run forward for the loop, which waits for what the chain is asked and
// for no signer: what a signer made is there at the next block.
func (c *Containment) pull(ctx context.Context, r *run, at ops.BlockRef) {
	if !c.hold(r) {
		return
	}
	reached := make(chan struct{})
	t := turn{run: r, at: at, asks: sync.OnceFunc(func() { close(reached) })}
	if !c.begin(func(life context.Context) {
		defer t.asks()
		_ = c.advance(life, t) // what fails stands in the receipt
	}) {
		c.update(func() { r.busy = false })
		return
	}
	select {
	case <-reached:
	case <-ctx.Done():
	}
}

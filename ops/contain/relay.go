package contain

import (
	"context"
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Relay gets signed bytes before everybody else does, so that whoever drains the vault
// does not see the pause coming.
type Relay interface {
	Name() string
	Send(ctx context.Context, raw []byte) error
}

// defaultHidden is for how many blocks a relay has a transaction to itself, where the
// settings do not say.
const defaultHidden = 2

// alone says to whom a transaction goes first; empty where everybody gets it at once.
func (c *Containment) alone() string {
	if c.Relay == nil {
		return ""
	}
	return fmt.Sprintf("%s alone, everybody after %d blocks", c.Relay.Name(), c.PublicAfter)
}

// hide hands signed bytes to the relay alone. A relay that does not take them is gone
// around at once: whoever confirmed does not wait for it.
func (c *Containment) hide(ctx context.Context, f *flight, s signed) (hidden bool) {
	c.mu.Lock()
	public := f.public
	c.mu.Unlock()
	if c.Relay == nil || public {
		return false
	}
	if err := c.Relay.Send(ctx, s.raw); err != nil {
		c.update(func() {
			f.public, f.note = true, fmt.Sprintf("sent to everybody, for %s did not take it: %s", c.Relay.Name(), err)
		})
		return false
	}
	c.note(f.run, KindSent, Progress{ID: f.id, Tx: s.hash, Provider: c.Relay.Name()})
	c.update(func() {
		if f.times.sent.IsZero() {
			f.times.sent = c.Now()
		}
		if f.stage <= ops.StageSent {
			f.stage, f.why = ops.StageSent, "only "+c.Relay.Name()+" has it so far"
		}
	})
	return true
}

// hidden counts a block in which the relay had a transaction to itself and it was not
// mined, and says whether the relay has more time. When it has none, everybody gets it.
func (c *Containment) hidden(f *flight) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Relay == nil || f.public {
		return false
	}
	if !f.old {
		f.hidden++
	}
	if f.hidden < c.PublicAfter {
		return true
	}
	f.public, f.note = true, fmt.Sprintf("sent to everybody, for %s did not include it in %d blocks", c.Relay.Name(), c.PublicAfter)
	return false
}

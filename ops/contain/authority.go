package contain

import (
	"context"
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Authority is until when the caller of a step may make its call at all: a pause
// window, a term of office, the end of a heartbeat. Ends is in the chain's time.
type Authority interface {
	Source() string
	Reads() []ops.Read
	Ends(now ops.Readings) (time.Time, error)
}

// term is what an authority's end means at one block.
type term struct {
	ends  time.Time // zero where it is not known
	doubt string    // empty while it is far off
	over  bool
}

// term judges a step's authority against the chain's time. The step must have one.
func (s Step) term(now ops.Readings, at ops.BlockRef) term {
	ends, err := s.Authority.Ends(now)
	if err != nil {
		return term{doubt: fmt.Sprintf("until when its authority lasts is not known: %s", err)}
	}
	t := term{ends: ends}
	left := ends.Sub(at.Time).Truncate(time.Second)
	switch stamp := ends.UTC().Format("2006-01-02 15:04:05Z"); {
	case left <= 0:
		t.over = true
		t.doubt = fmt.Sprintf("its authority ended at %s, %s ago (%s)", stamp, -left, s.Authority.Source())
	case left < s.Warn:
		t.doubt = fmt.Sprintf("its authority ends at %s, in %s (%s)", stamp, ops.Duration(left), s.Authority.Source())
	}
	return t
}

// checkAuthority warns of an authority that has ended or will soon.
func (c *Containment) checkAuthority(ctx context.Context, s Step, at ops.BlockRef) []string {
	if s.Authority == nil {
		return nil
	}
	readings, err := c.Chain.Read(ctx, at, s.Authority.Reads())
	if err != nil {
		return []string{"until when its authority lasts could not be read: " + err.Error()}
	}
	if t := s.term(ops.ReadingsOf(readings), at); t.doubt != "" {
		return []string{t.doubt}
	}
	return nil
}

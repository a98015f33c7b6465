package chain

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// ErrNoQuorum means that fewer providers than needed say the same.
var ErrNoQuorum = errors.New("no quorum")

// Pool asks several providers of one chain. What it says, enough of them say: a
// quorum, and nobody who was asked says otherwise. A provider that dissents or
// fails is set aside by name, goes on being asked in the background, and comes
// back when it has agreed for a while. Disagreement is never settled by counting
// heads: what it is about stays unknown until the dissenter is aside.
//
// A pool of one is that provider. A quorum of liars that say the same cannot be
// told from honest ones; the honest provider is then shown as the dissenter.
//
// It is safe for concurrent use.
type Pool struct {
	clients []*Client
	quorum  int
	now     func() time.Time
	pace    func(*Feed)   // turns the feeds' clockwork, in tests
	hedge   time.Duration // see first

	mu    sync.Mutex
	stand []standing
	late  sync.WaitGroup // answers that nobody waits for any more
}

// standing is what a pool thinks of one provider.
type standing struct {
	aside  string    // why it does not count; empty while it does
	again  time.Time // when it is asked again
	pause  time.Duration
	failed int // failures in a row
	agreed int // agreements in a row while aside
	needed int // agreements that bring it back
}

const (
	mostFailures = 3                // in a row set a provider aside
	backAfter    = 3                // agreements bring back one that failed
	trustAfter   = 20               // and one that said something else than the others
	asidePause   = 2 * time.Second  // between two questions to one that failed
	asideMost    = 60 * time.Second // after many failures
)

// NewPool makes a pool of clients of one chain. quorum is how many have to say
// the same; 0 means two, or one if there is only one.
func NewPool(quorum int, clients ...*Client) *Pool {
	if quorum == 0 {
		quorum = min(2, len(clients))
	}
	return &Pool{clients: clients, quorum: quorum, now: time.Now, hedge: hedge, stand: make([]standing, len(clients))}
}

// Name lists the providers.
func (p *Pool) Name() string {
	names := make([]string, len(p.clients))
	for i, c := range p.clients {
		names[i] = c.Name()
	}
	return strings.Join(names, ", ")
}

// Quorum is how many providers have to say the same.
func (p *Pool) Quorum() int { return p.quorum }

// Close waits for late answers and ends the connections.
func (p *Pool) Close() {
	p.late.Wait()
	for _, c := range p.clients {
		c.Close()
	}
}

// panel lists who is asked: those that count, and those aside whose time has come.
// While too few count, those that only failed count too: a console whose own line
// was cut must see again with the first answers.
func (p *Pool) panel() (counting, aside []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	well := 0
	for _, s := range p.stand {
		if s.aside == "" {
			well++
		}
	}
	for i := range p.clients {
		s := &p.stand[i]
		switch {
		case s.aside == "", well < p.quorum && s.needed < trustAfter:
			counting = append(counting, i)
		case !p.now().Before(s.again):
			s.again = p.now().Add(s.pause)
			aside = append(aside, i)
		}
	}
	return counting, aside
}

// Aside says of each provider that does not count why, by its place.
func (p *Pool) Aside() map[int]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[int]string{}
	for i, s := range p.stand {
		if s.aside != "" {
			out[i] = s.aside
		}
	}
	return out
}

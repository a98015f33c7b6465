package chain

import "sync"

const (
	// mostEntries is what one aggregated call holds at most, whatever the provider
	// grants: 50 M gas reach for about 4,300 cold views behind proxies.
	mostEntries = 5_000
	shrinkBy    = 4  // a refused call is tried again with so many parts of it
	growAfter   = 64 // so many full answers in a row earn a call twice as long
)

// limits is what was learned of a provider: how much it answers at once. It is
// safe for concurrent use.
type limits struct {
	mu   sync.Mutex
	most int // entries in one call; 0: nothing was learned
	full int // answers of full length since
}

func (l *limits) entries() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most == 0 {
		return mostEntries
	}
	return l.most
}

// shrink remembers that a call of this length was refused. It reports whether a
// shorter one is worth a try.
func (l *limits) shrink(refused []*aggregate) bool {
	longest := 0
	for _, a := range refused {
		longest = max(longest, len(a.entries))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = 0
	if longest < 2 {
		l.most = 0 // it was not the length
		return false
	}
	l.most = max(longest/shrinkBy, 1)
	return true
}

// answered counts calls that came back: a limit that was learned in a bad hour
// does not last for ever.
func (l *limits) answered(a *aggregate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most == 0 || len(a.entries) < l.most {
		return
	}
	if l.full++; l.full < growAfter {
		return
	}
	l.full = 0
	if l.most *= 2; l.most >= mostEntries {
		l.most = 0
	}
}

package ui

import "sync"

// errands are the commands handed over and not answered yet. After wait has
// begun none starts any more.
type errands struct {
	mu     sync.Mutex
	closed bool
	under  sync.WaitGroup
}

// begin reports whether another may start; done ends it.
func (e *errands) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.under.Add(1)
	return true
}

func (e *errands) done() { e.under.Done() }

// wait returns when the last has ended.
func (e *errands) wait() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.under.Wait()
}

package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// kept is how many journal lines the screen can scroll through.
const kept = 500

// log is the journal as the screen shows it: newest first.
type log struct {
	mu      sync.Mutex
	entries []ops.Entry
}

func (l *log) add(e ops.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = slices.Insert(l.entries, 0, e)
	if len(l.entries) > kept {
		l.entries = slices.Clip(l.entries[:kept])
	}
}

func (l *log) all() []ops.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// record writes a fact to the journal and to the screen. A journal that fails
// is said on the screen at once; it also refuses arming.
func (e *Engine) record(kind string, data any, entry ops.Entry) {
	entry.Time = e.Now().UTC()
	if err := e.Journal.Write(kind, data); err != nil {
		entry.Text += " (NOT IN THE JOURNAL)"
	}
	e.log.add(entry)
}

// say puts a line on the screen that the journal has in its own words already.
func (e *Engine) say(block uint64, text string) {
	e.log.add(ops.Entry{Time: time.Time.UTC(e.Now()), Block: block, Text: text, Verdict: ops.OK})
}

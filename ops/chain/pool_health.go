package chain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// state is how all the feeds together stand.
func (m *merger) state() (ops.FeedState, string) {
	live, connected, why := 0, 0, []string(nil)
	for _, h := range m.each {
		if h.State == ops.FeedLive || h.State == ops.FeedStalled {
			connected++
		}
		if h.State == ops.FeedLive {
			live++
			continue
		}
		why = append(why, h.Name+": "+h.Why)
	}
	reasons := strings.Join(why, "; ")
	switch apart := m.split(); {
	case connected < m.pool.quorum:
		return ops.FeedDown, fmt.Sprintf("%d of the %d providers needed follow the chain; %s", connected, m.pool.quorum, reasons)
	case m.quiet && apart != "":
		return ops.FeedStalled, apart
	case live < m.pool.quorum:
		return ops.FeedStalled, fmt.Sprintf("%d of the %d providers needed have new blocks; %s", live, m.pool.quorum, reasons)
	case m.quiet:
		return ops.FeedStalled, fmt.Sprintf("no block since #%d", m.feed.last.Number)
	}
	return ops.FeedLive, ""
}

// silent is called when no block found its quorum in time.
func (m *merger) silent() {
	m.quiet = true
	m.report(m.state())
}

// split says who stands where when a quorum stands nowhere; "" when one does.
func (m *merger) split() string {
	var at []string
	same := 0
	for i, h := range m.each {
		head, ok := m.views[i].head()
		if !ok {
			continue
		}
		if head == m.feed.last {
			same++
		}
		at = append(at, fmt.Sprintf("%s at #%d %s", h.Name, head.Number, head.Hash.TerminalString()))
	}
	if same >= m.pool.quorum {
		return ""
	}
	return fmt.Sprintf("no block since #%d has a quorum, the view is split: %s", m.feed.last.Number, strings.Join(at, ", "))
}

// report tells the health of each and of all when something in it changed.
func (m *merger) report(state ops.FeedState, why string) {
	if m.health.State != state || m.health.Since.IsZero() {
		m.health.Since = m.pool.now()
	}
	m.health.State, m.health.Why, m.health.Last = state, why, m.feed.last
	feeds := m.feeds()
	said := fmt.Sprint(state, why)
	for _, f := range feeds {
		said += fmt.Sprint("\x00", f.State, f.Why)
	}
	if said == m.told {
		return
	}
	m.told = said
	m.emit(Event{Health: m.health, Feeds: feeds})
}

// feeds joins what the feeds say of themselves with who lags, who is on a branch
// of its own and who is aside.
func (m *merger) feeds() []ops.FeedHealth {
	out := slices.Clone(m.each)
	last := m.feed.last.Number
	for i := range out {
		head, ok := m.views[i].head()
		if out[i].State != ops.FeedLive || !ok {
			continue
		}
		if head.Number+lagging <= last {
			out[i].State, out[i].Why = ops.FeedStalled, fmt.Sprintf("%d blocks behind", last-head.Number)
		} else if b, strays := m.strays(i); strays {
			out[i].State, out[i].Why = ops.FeedStalled, fmt.Sprintf("on a branch of its own: its #%d is %s", b.Number, b.Hash.TerminalString())
		}
	}
	for i, why := range m.pool.Aside() {
		out[i].State, out[i].Why = ops.FeedAside, why
	}
	return out
}

// strays finds the block in which a provider left the chain, if that is not as
// young as the branches that come and go.
func (m *merger) strays(i int) (ops.BlockRef, bool) {
	for _, ours := range m.feed.past {
		if theirs, ok := m.views[i].at(ours.Number); ok && theirs != ours && ours.Number+lagging <= m.feed.last.Number {
			return theirs, true
		}
	}
	return ops.BlockRef{}, false
}

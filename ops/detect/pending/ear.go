package pending

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostWaiting bounds what is remembered, by sender and nonce. Of more the oldest is forgotten,
// and that counts as lost.
const mostWaiting = 1_000

// Waiting is a transaction that should not wait: when it was first told, and by whom.
type Waiting struct {
	ops.Pending
	Seen time.Time
	By   string
}

// Heard is what was overheard up to a moment. Since is from when on somebody told without a
// break, zero where nobody does; Broken that there was a break before it. Lost is when
// something was told last that was not taken in.
type Heard struct {
	Now     time.Time
	Since   time.Time
	Broken  bool
	Last    time.Time // when anybody's transaction was told last, by who still tells
	Tellers []string
	Dark    []string // of each who does not tell: why
	Lost    time.Time
	LostWhy string
	Waiting []Waiting // oldest first
}

// Ear folds what the providers tell. It belongs to one caller.
type Ear struct {
	of      *Detector
	sources map[string]source
	heard   Heard
	told    time.Time // when it was news that something was lost
}

// source is how one provider tells.
type source struct {
	since time.Time // zero: it does not
	last  time.Time // when it told anybody's transaction last
	dark  string
}

// deaf reports whether it told nothing in the time before a moment.
func (s source) deaf(now time.Time, of *Detector) bool { return !s.last.After(now.Add(-of.Over)) }

// Listen begins to listen: nobody has told anything yet.
func (d *Detector) Listen() *Ear { return &Ear{of: d, sources: map[string]source{}} }

// Take takes in what a provider says now, and reports whether anything is new. That something
// was lost is new once a second: a flood must not have everything judged again at each drop.
func (e *Ear) Take(r ops.Rumour, now time.Time) bool {
	switch {
	case r.Pending != nil:
		return e.note(*r.Pending, r.Provider, now)
	case r.Lost > 0:
		news := now.Sub(e.told) >= time.Second
		if news {
			e.told = now
		}
		e.lose(now, fmt.Sprintf("%d transactions that %s told were not taken in: %s", r.Lost, r.Provider, r.Why))
		return news
	case r.Dark != "":
		e.darken(r, now)
	default:
		return e.tells(r.Provider, now)
	}
	return true
}

// tells takes in that a provider tells. That it still does is new only after a silence. After
// one of all, it answers for its own silence, and for nobody else's.
func (e *Ear) tells(provider string, now time.Time) bool {
	before := e.heard.blind(now, e.of)
	s, quiet := e.sources[provider], e.hearing(now).IsZero()
	begins := s.since.IsZero() || !quiet && s.deaf(now, e.of)
	if begins {
		s = source{since: now}
	}
	switch {
	case e.heard.Since.IsZero():
		e.heard.Since = now
	case quiet && s.since.After(e.heard.Since):
		e.heard.Since, e.heard.Broken = s.since, true
	}
	s.last, e.heard.Last = now, now
	e.sources[provider] = s
	return begins || before != e.heard.blind(now, e.of)
}

// hearing is since when those tell who are not deaf; zero where there are none.
func (e *Ear) hearing(now time.Time) time.Time {
	return e.first(func(s source) bool { return !s.deaf(now, e.of) })
}

// first is since when the first of some sources tells.
func (e *Ear) first(of func(source) bool) (first time.Time) {
	for _, s := range e.sources {
		if !s.since.IsZero() && of(s) && (first.IsZero() || s.since.Before(first)) {
			first = s.since
		}
	}
	return first
}

// Stop makes what was heard so far count for nothing.
func (e *Ear) Stop(now time.Time, why string) { e.lose(now, why) }

func (e *Ear) lose(now time.Time, why string) { e.heard.Lost, e.heard.LostWhy = now, why }

// darken takes a provider out. Where nobody else had told when it was last known to tell,
// there is a break; and so it is where those who are left were deaf while others told.
func (e *Ear) darken(r ops.Rumour, now time.Time) {
	was, quiet := e.sources[r.Provider], e.hearing(now).IsZero()
	e.sources[r.Provider] = source{dark: r.Dark}
	if was.since.IsZero() {
		return
	}
	first := e.first(func(s source) bool { return quiet || !s.deaf(now, e.of) })
	switch left := e.first(func(source) bool { return true }); {
	case first.IsZero() && !left.IsZero():
		e.heard.Since, e.heard.Broken = now, true // the deaf may hear again
	case first.IsZero() || first.After(now.Add(-r.Silent)):
		e.heard.Since, e.heard.Broken = first, true
	}
	e.heard.Last = time.Time{}
	for _, s := range e.sources {
		if s.last.After(e.heard.Last) {
			e.heard.Last = s.last
		}
	}
}

// note remembers what should not wait. What is sent with the same nonce takes the place of
// what was: one of the two will be mined. What a provider says alone takes the place of
// nothing that is signed, nor keeps it out: it may be said to hide that.
func (e *Ear) note(p ops.Pending, by string, now time.Time) bool {
	if !e.of.Concerns(p) {
		return false
	}
	e.forget(now)
	w := &e.heard.Waiting
	if slices.ContainsFunc(*w, func(x Waiting) bool {
		return (x.Signed || !p.Signed) && x.Tx == p.Tx || x.Signed && !p.Signed && x.From == p.From && x.Nonce == p.Nonce
	}) {
		return false
	}
	*w = slices.DeleteFunc(*w, func(x Waiting) bool { return x.Tx == p.Tx || x.From == p.From && x.Nonce == p.Nonce })
	if len(*w) == mostWaiting {
		*w = slices.Delete(*w, 0, 1)
		e.lose(now, fmt.Sprintf("more than %d wait, and the oldest were forgotten", mostWaiting))
	}
	*w = append(*w, Waiting{p, now, by})
	return true
}

// forget gives up what has waited for too long.
func (e *Ear) forget(now time.Time) {
	e.heard.Waiting = slices.DeleteFunc(e.heard.Waiting, func(x Waiting) bool { return now.Sub(x.Seen) >= e.of.Over })
}

// Heard is what was heard up to now.
func (e *Ear) Heard(now time.Time) Heard {
	e.forget(now)
	h := e.heard
	h.Now, h.Waiting = now, slices.Clone(h.Waiting)
	for name, s := range e.sources {
		switch {
		case s.since.IsZero():
			h.Dark = append(h.Dark, name+": "+s.dark)
		case s.deaf(now, e.of):
			h.Dark = append(h.Dark, name+": nobody's transaction since "+clock(s.last))
		default:
			h.Tellers = append(h.Tellers, name)
		}
	}
	h.Tellers, h.Dark = sorted(h.Tellers), sorted(h.Dark)
	return h
}

// blind says why it is not known at a moment that nothing waited in the time before it; empty
// where it is.
func (h Heard) blind(now time.Time, of *Detector) string {
	begun := now.Add(-of.Over)
	switch {
	case h.Since.IsZero() && len(h.Dark) > 0:
		return "no provider tells what waits: " + strings.Join(h.Dark, "; ")
	case h.Since.IsZero():
		return "no provider has said yet whether it tells what waits"
	case h.Lost.After(begun):
		return fmt.Sprintf("at %s %s", clock(h.Lost), h.LostWhy)
	case !h.Last.After(begun):
		return fmt.Sprintf("nobody's transaction was told since %s: whether what waits is still told is not known", clock(h.Last))
	case h.Since.After(begun) && (h.Broken || !of.Partial):
		return fmt.Sprintf("what waits is told since %s, and what came in the rest of the %s before is not known", clock(h.Since), ops.Duration(of.Over))
	}
	return ""
}

// source says who tells and since when, and who does not.
func (h Heard) source() string {
	if len(h.Tellers) == 0 {
		return ""
	}
	out := fmt.Sprintf(" in the public mempool of %s since %s", strings.Join(h.Tellers, ", "), clock(h.Since))
	if len(h.Dark) > 0 {
		out += "; not told by " + strings.Join(h.Dark, "; ")
	}
	return out
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

func sorted(words []string) []string {
	slices.Sort(words)
	return words
}

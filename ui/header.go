package ui

import (
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// header says where one is: drill or live, which chain and policy, who, how late
// it is and whether anything can be sent. One row where the longest moment has
// room, else two: nothing jumps when an incident opens. Of several chains the
// moment tells, and has a row of its own.
func (m *Model) header(w int) []string {
	where, when := m.where(w), newLine(m.theme, w)
	if !m.several() && where.used+longestMoment <= w {
		m.moment(when, w-where.used)
		return []string{where.b.String() + blanks(w-where.used-when.used) + when.b.String()}
	}
	m.moment(when, w)
	return []string{where.end(), when.end()}
}

// longestMoment is what block, time, T+, feeds and arming take together with the
// clock stopped; a longer one is said in fewer words.
const longestMoment = 70

// silence is how long the engine, which speaks every second, may say nothing.
const silence = 5 * time.Second

// where is the first half, in as many words as leave it on one row with the second;
// else in as many as fit.
func (m *Model) where(w int) *line {
	full, short := newLine(m.theme, w), newLine(m.theme, w)
	m.place(full, m.snap, false)
	m.place(short, m.snap, true)
	if full.used+longestMoment > w && (full.used == w || short.used+longestMoment <= w) {
		return short
	}
	return full
}

// place is the first half.
func (m *Model) place(l *line, s ops.Snapshot, terse bool) {
	l.put(accent, " BULKHEAD ")
	if !m.seen {
		l.put(dim, " starting…")
		return
	}
	if s.Mode == ops.Drill {
		l.put(drillMark, " ◆ DRILL ")
	} else {
		l.put(liveMark, " ▲ LIVE ")
	}
	chain := fmt.Sprintf("chain %s %d", s.Chain, s.ChainID)
	if m.several() {
		chain = plural(len(s.Chains), "chain", "chains")
	}
	l.put(strong, " "+s.Policy).put(dim, " · ").put(plain, chain)
	l.put(dim, " · ")
	seal(l, s, terse)
	l.put(dim, " · ").put(plain, m.who(l.width))
}

// who is the person, without the role where there is no room for it.
func (m *Model) who(w int) string {
	if w < 100 {
		return m.snap.Operator.Name
	}
	return m.snap.Operator.Name + ", " + m.snap.Operator.Role
}

// moment is the second half. Where there is no room for all of its words, the
// signs stay and the words go: block, time, T+ and arming are always whole.
func (m *Model) moment(l *line, room int) {
	if !m.seen {
		l.put(plain, " ")
		return
	}
	for _, words := range m.wordings() {
		pieces := m.pieces(words)
		used := 0
		for _, p := range pieces {
			used += width(p.text)
		}
		if used <= room || words.last {
			for _, p := range pieces {
				l.put(p.ink, p.text)
			}
			return
		}
	}
}

// wording is how much of the moment is said: of the feeds and the incident, and
// whether of every chain.
type wording struct {
	terse     int
	few, last bool
}

// wordings of the moment, from all words to the fewest. Every chain is named for as
// long as there is room.
func (m *Model) wordings() []wording {
	if !m.several() {
		return []wording{{terse: 0}, {terse: 1}, {terse: 2, last: true}}
	}
	return []wording{{terse: 0}, {terse: 1}, {terse: 2}, {terse: 0, few: true}, {terse: 1, few: true}, {terse: 2, few: true}, {terse: 2, few: true, last: true}}
}

// pieces of the moment: all of them; without the feeds that are well and with
// signs for words; without the feeds. Of several chains the blocks of all, or few
// words.
func (m *Model) pieces(words wording) []piece {
	s, terse := m.snap, words.terse
	dot := piece{dim, " · "}
	out := []piece{{plain, " "}}
	switch {
	case m.several():
		out = append(out, m.places(words.few, words.last)...)
	case s.Blind != "" && terse < 2:
		out = append(out, piece{doubt, "? " + block(s.Head.Number) + " BLIND"})
	case s.Blind != "":
		out = append(out, piece{doubt, "? " + block(s.Head.Number)})
	default:
		out = append(out, piece{strong, block(s.Head.Number)})
	}
	out = append(out, dot, piece{plain, utc(m.shown) + " UTC"}, dot, m.elapsed(terse))
	if feeds, i := m.feeds(terse); feeds != "" && (terse == 0 || i != dim && terse < 2) {
		out = append(out, dot, piece{i, feeds})
	}
	if auto, stands := standing(s.Standing, terse); stands {
		out = append(out, dot, auto)
	}
	return append(out, dot, m.arming(), piece{plain, " "})
}

// elapsed is the time since the first breach.
func (m *Model) elapsed(terse int) piece {
	switch i := m.snap.Incident; {
	case i == nil:
		return piece{dim, "T+ –"}
	case i.StoppedAt.IsZero():
		return piece{alarm, "T+" + clock(m.shown.Sub(i.OpenedAt))}
	case terse == 0:
		return piece{fine, "T+" + clock(i.StoppedAt.Sub(i.OpenedAt)) + " stopped"}
	default:
		return piece{fine, "T+" + clock(i.StoppedAt.Sub(i.OpenedAt)) + "■"}
	}
}

// feeds says how many providers deliver heads, or that nothing new has come from
// the console's own engine for a while: then everything below is old. One that
// does not is named, where there is room.
func (m *Model) feeds(terse int) (string, ink) {
	if news, none := m.silent(); none {
		return news, doubt
	}
	live, other := 0, ""
	for _, f := range m.snap.Feeds {
		if f.State == ops.FeedLive {
			live++
			continue
		}
		other = ", " + f.Name + " " + f.State.String()
	}
	switch n := len(m.snap.Feeds); {
	case n == 0:
		return "", dim
	case live == n-1 && n > 1 && terse == 0:
		return fmt.Sprintf("? %d of %s%s", live, plural(n, "feed", "feeds"), other), doubt
	case live < n:
		return fmt.Sprintf("? %d of %s", live, plural(n, "feed", "feeds")), doubt
	default:
		return plural(n, "feed", "feeds"), dim
	}
}

// silent reports whether nothing new comes any more, in words.
func (m *Model) silent() (string, bool) {
	old := m.shown.Sub(m.arrived)
	return "? no news for " + left(old), m.seen && (m.ended || old > silence)
}

// arming says whether anything can be sent from here.
func (m *Model) arming() piece {
	switch a := m.snap.Arming; {
	case a.Armed:
		return piece{armedMark, " ARMED " + left(a.Until.Sub(m.shown)) + " "}
	case a.Refused != "":
		return piece{alarm, "✖ CANNOT ARM"}
	default:
		return piece{strong, "LOCKED"}
	}
}

package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// several reports whether more than one chain is shown.
func (m *Model) several() bool { return len(m.snap.Chains) > 0 }

// onChain is the chain after what is spoken of; nothing where there is one alone.
func onChain(chain string) string {
	if chain == "" {
		return ""
	}
	return " on " + chain
}

// unseen are the chains that cannot be seen, the longest first; none where one is
// shown alone, which has its own words for it.
func (m *Model) unseen() []ops.ChainState {
	var out []ops.ChainState
	for _, c := range m.snap.Chains {
		if c.Blind != "" {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b ops.ChainState) int { return a.BlindSince.Compare(b.BlindSince) })
	return out
}

// darkWord says which chain cannot be seen, and for how long.
func darkWord(c ops.ChainState, now time.Time) string {
	return c.Name + " BLIND " + left(now.Sub(c.BlindSince))
}

// breachedOn reports whether something is in breach on a chain.
func (m *Model) breachedOn(chain string) bool {
	return slices.ContainsFunc(m.snap.Findings, func(f ops.Finding) bool { return f.Chain == chain && f.Verdict == ops.Breach })
}

// places are the chains of the header: each with its block, or why it has none. In
// few words they are a number and the worst of them, in the fewest that one alone.
func (m *Model) places(few, fewest bool) []piece {
	if dark := m.unseen(); fewest && len(dark) > 0 {
		return []piece{{doubt, "? " + cut(dark[0].Name, 8) + " " + left(m.shown.Sub(dark[0].BlindSince))}}
	}
	if few {
		return m.worstPlace()
	}
	var out []piece
	for n, c := range m.snap.Chains {
		if n > 0 {
			out = append(out, piece{dim, " · "})
		}
		switch {
		case c.Blind != "":
			out = append(out, piece{doubt, "? " + darkWord(c, m.shown)})
		case m.breachedOn(c.Name):
			out = append(out, piece{alarm, "✖ " + c.Name + " " + block(c.Head.Number)})
		default:
			out = append(out, piece{strong, c.Name + " " + block(c.Head.Number)})
		}
	}
	return out
}

// worstPlace is how many chains there are, and the one that most needs a look:
// dark before in breach, for of the other the first minute tells.
func (m *Model) worstPlace() []piece {
	out := []piece{{strong, plural(len(m.snap.Chains), "chain", "chains")}}
	if dark := m.unseen(); len(dark) > 0 {
		out = append(out, piece{dim, " · "}, piece{doubt, "? " + darkWord(dark[0], m.shown)})
		if len(dark) > 1 {
			out = append(out, piece{doubt, fmt.Sprintf(" +%d", len(dark)-1)})
		}
		return out
	}
	if worst, breached := m.worst(); breached {
		return append(out, piece{dim, " · "}, piece{alarm, "✖ " + worst.Chain + " " + block(m.snap.On(worst.Chain).Head.Number)})
	}
	return out
}

// judgedAt says up to which block of which chain everything was judged.
func (m *Model) judgedAt() string {
	if !m.several() {
		return block(m.snap.Head.Number)
	}
	var out []string
	for _, c := range m.snap.Chains {
		if c.Blind == "" {
			out = append(out, c.Name+" "+block(c.Head.Number))
		}
	}
	return strings.Join(out, ", ")
}

// openOn is the incident that was open when a chain went dark, with its answer:
// going blind hides no breach.
func (m *Model) openOn(c ops.ChainState) ([]piece, bool) {
	i := c.Incident
	if i == nil || !i.StoppedAt.IsZero() {
		return nil, false
	}
	out := []piece{{alarm, fmt.Sprintf("✖ %s", i.First)}, {plain, fmt.Sprintf("since %s, not contained", block(i.Opened.Number))}}
	if b, ok := m.answerTo(i.First); ok {
		out = append(out, piece{accent, keyed(b)})
	}
	return out, true
}

// partly is the first minute while some chains cannot be seen and nothing is in
// breach on the others; w wide, at most room rows.
func (m *Model) partly(w, room int) []string {
	dark := m.unseen()
	head := newLine(m.theme, w).put(plain, " ").put(doubt, fmt.Sprintf("? %d of %s cannot be seen.", len(dark), plural(len(m.snap.Chains), "chain", "chains")))
	if m.snap.Dark() {
		head.put(plain, " Nothing counts as healthy.")
	} else {
		head.put(plain, " Nothing there counts as healthy.")
	}
	rows := []string{head.end()}
	last := newLine(m.theme, w).put(dim, "   "+m.seenText()).end()
	for n, c := range dark {
		if len(rows)+1 >= room && n < len(dark)-1 {
			rows = append(rows, newLine(m.theme, w).put(doubt, "   ? "+names(dark[n:])+" too").end())
			break
		}
		pieces := []piece{{plain, "since " + utc(c.BlindSince)}, {dim, "last block " + lastBlock(c.Head, m.shown)}, {plain, c.Blind}}
		if open, ok := m.openOn(c); ok {
			pieces = append(open, pieces[1:]...)
		}
		spare := max(room-1-len(rows)-(len(dark)-1-n), 1)
		rows = append(rows, flow(m.theme, w, min(spare, 2), piece{doubt, "   ? " + darkWord(c, m.shown) + " "}, pieces)...)
	}
	return append(rows[:min(len(rows), max(room-1, 1))], last)
}

// seenText says what is known of the chains that can be seen.
func (m *Model) seenText() string {
	if m.snap.Dark() {
		return "trying to connect again by itself; what was sent goes on"
	}
	judged, unknown := 0, 0
	for i := range m.snap.Findings {
		f := &m.snap.Findings[i]
		if m.snap.On(f.Chain).Blind != "" {
			continue
		}
		judged++
		if f.Verdict == ops.Unknown {
			unknown++
		}
	}
	if unknown > 0 {
		return fmt.Sprintf("on the others nothing is in breach, and %d of %s are UNKNOWN, at %s", unknown, plural(judged, "line", "lines"), m.judgedAt())
	}
	return fmt.Sprintf("on the others nothing is in breach: %s judged at %s", plural(judged, "line", "lines"), m.judgedAt())
}

func names(chains []ops.ChainState) string {
	out := make([]string, len(chains))
	for i, c := range chains {
		out[i] = c.Name
	}
	return strings.Join(out, ", ")
}

func lastBlock(b ops.BlockRef, now time.Time) string {
	if b.Zero() {
		return "never"
	}
	return block(b.Number) + ", " + age(b, now)
}

// chainWidth is the column of the chain's name: none where one is shown alone.
func (m *Model) chainWidth() int {
	if !m.several() {
		return 0
	}
	w := len("chain")
	for _, c := range m.snap.Chains {
		w = max(w, min(width(c.Name), 10))
	}
	return w
}

package ui

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// queue are the operations that the third pane shows.
func (m *Model) queue() []ops.Operation {
	if m.filter == "" {
		return m.snap.Queue
	}
	var out []ops.Operation
	for _, o := range m.snap.Queue {
		if m.matches(o.Short, o.State.String(), what(o), o.ApprovedAs, o.Chain, wrongs(o.Hazards)) {
			out = append(out, o)
		}
	}
	return out
}

// what an operation does, in plain words: its calls, and behind an arrow what they
// carry.
func what(o ops.Operation) string {
	var b strings.Builder
	if o.Proposal.ID != "" {
		b.WriteString(proposal(o.Proposal) + ": ")
	}
	tell(&b, o.Calls)
	if o.Blocked != "" {
		b.WriteString(" · blocked: " + o.Blocked)
	}
	return b.String()
}

// proposal is what a governor calls an operation, short enough for a row.
func proposal(p ops.Proposal) string {
	id := p.ID
	if len(id) > 8 { // a hash, in decimal
		id = id[:4] + "…" + id[len(id)-4:]
	}
	said := "proposal " + id
	if p.Stage != "" {
		said += " (" + p.Stage + ")"
	}
	return strings.TrimSpace(said + " " + p.Title)
}

// mostWords is how long the words of an operation get in a line, in bytes, about.
const mostWords = 600

func tell(b *strings.Builder, list []ops.Call) {
	for i, c := range list {
		if i > 0 {
			b.WriteString("; ")
		}
		if b.Len() > mostWords {
			b.WriteString("…")
			return
		}
		if c.Delegate {
			b.WriteString("DELEGATECALL ")
		}
		b.WriteString(callee(c) + "." + shortened(c.Function))
		if len(c.Inner) > 0 {
			b.WriteString(" → ")
			tell(b, c.Inner)
		}
	}
}

// callee is what is called, by its name or its address cut short.
func callee(c ops.Call) string {
	if c.Name == "" {
		return shortAddress(c.To)
	}
	return c.Name
}

// shortened cuts every address and hash in a text to its ends; the detail has
// them in full.
func shortened(s string) string {
	return longHex.ReplaceAllStringFunc(s, func(h string) string { return h[:6] + "…" + h[len(h)-4:] })
}

var longHex = regexp.MustCompile(`0x[0-9a-fA-F]{40,}`)

func (m *Model) timelock(w, h int) []string {
	queue := m.queue()
	state := 9
	if w < 70 { // the words are worth more than a column that the next one implies
		state = 0
	}
	chain := m.chainWidth()
	words := max(w-36-state-chain, 12)
	head := newLine(m.theme, w).put(dim, " ").cell(dim, "chain", chain).cell(dim, "op", 7).cell(dim, "state", state).cell(dim, "runs in", 9)
	rows := append(m.lockHazards(w, h/4), head.cell(dim, "what", words).cell(dim, "approved", 14).end())
	from, to := visible(len(queue), h-len(rows), m.cursor[paneTimelock])
	for n, o := range queue[from:to] {
		stateInk, runs := pending(o, m.snap.On(o.Chain).Head)
		if state == 0 && runs == "–" {
			runs = o.State.String()
		}
		approved, approvedInk := approval(o)
		sign, id := m.sign(paneTimelock, from+n)
		row := newLine(m.theme, w).put(accent, sign).cell(dim, o.Chain, chain).cell(id, o.Short, 7).cell(stateInk, o.State.String(), state).cell(stateInk, runs, 9)
		rows = append(rows, row.cell(plain, what(o), words).cell(approvedInk, approved, 14).end())
	}
	if len(queue) == 0 {
		rows = append(rows, newLine(m.theme, w).put(dim, " nothing waits").end())
	}
	return append(rows, m.more(w, len(queue), from, to)...)
}

// pending says how long an operation waits still, counted in chain time.
func pending(o ops.Operation, head ops.BlockRef) (ink, string) {
	switch {
	case o.State == ops.OperationReady && o.Blocked != "":
		return notice, "blocked"
	case o.State == ops.OperationReady:
		return alarm, "now"
	case o.State == ops.OperationProposed:
		return notice, "not yet"
	case o.State == ops.OperationWaiting && o.ETA.IsZero():
		return notice, "never"
	case o.State == ops.OperationWaiting:
		return notice, clock(o.ETA.Sub(head.Time))
	default:
		return dim, "–"
	}
}

// lockHazards are rows for what is wrong with the timelocks themselves.
func (m *Model) lockHazards(w, most int) []string {
	var rows []string
	for _, t := range m.snap.Timelocks {
		for _, h := range t.Hazards {
			if h.Verdict == ops.Breach && len(rows) < most {
				rows = append(rows, newLine(m.theme, w).put(alarm, " ✖ ").put(dim, prefix(t.Chain)).put(plain, t.ID+" "+shortened(h.Text)).end())
			}
		}
	}
	return rows
}

// approval says whether an operation is what was approved, or the gravest of what is
// wrong with it and how much more there is.
func approval(o ops.Operation) (string, ink) {
	for _, c := range o.Checks {
		if c.Verdict == ops.Breach {
			return "✖ " + c.Name, alarm
		}
	}
	if kind, more := gravest(o.Hazards, ops.Breach); kind != "" {
		word := "✖ " + string(kind)
		if kind == ops.HazardUnexpected {
			word = "✖ nobody"
		}
		if more > 0 {
			word += fmt.Sprintf(" +%d", more)
		}
		return word, alarm
	}
	switch o.Approved {
	case ops.OK:
		if kind, _ := gravest(o.Hazards, ops.Unknown); kind != "" {
			return "? " + string(kind), doubt
		}
		return "✓ " + o.ApprovedAs, fine
	case ops.Breach:
		return "✖ nobody", alarm
	default:
		return "? unknown", doubt
	}
}

// gravest is the first kind of hazard with a verdict, and how many other kinds there
// are.
func gravest(hazards []ops.Hazard, v ops.Verdict) (first ops.HazardKind, more int) {
	seen := map[ops.HazardKind]bool{}
	for _, h := range hazards {
		if h.Verdict == v {
			first = cmp.Or(first, h.Kind)
			seen[h.Kind] = true
		}
	}
	return first, max(len(seen)-1, 0)
}

// wrongs are hazards as lines tell them: sign, kind and words, the gravest first.
func wrongs(hazards []ops.Hazard) string {
	parts := make([]string, len(hazards))
	for i, h := range hazards {
		parts[i] = wrong(h)
	}
	return strings.Join(parts, "; ")
}

func wrong(h ops.Hazard) string {
	switch {
	case h.Verdict == ops.Breach:
		return fmt.Sprintf("✖ %s: %s", h.Kind, h.Text)
	case h.Verdict == ops.OK && h.Kind == ops.HazardOrder: // nobody has to approve what cannot be otherwise
		return fmt.Sprintf("● %s: %s", h.Kind, h.Text)
	case h.Verdict == ops.OK:
		return fmt.Sprintf("● %s, as approved: %s", h.Kind, h.Text)
	default:
		return fmt.Sprintf("? %s: %s", h.Kind, h.Text)
	}
}

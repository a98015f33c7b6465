package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// breach is the worst of what is wrong and its answer, in three rows and as many
// more as there are to spare.
func (m *Model) breach(w, spare int, f ops.Finding) []string {
	measured := flow(m.theme, w, 1+max(spare, 0), piece{dim, "   measured"}, m.measured(f))
	answer := flow(m.theme, w, 1+max(spare+1-len(measured), 0), piece{dim, "   answer  "}, m.answer(f))
	return append(append([]string{m.breached(w, f)}, measured...), answer...)
}

// breached names what is wrong, and who owns it where there is room for that.
func (m *Model) breached(w int, f ops.Finding) string {
	head := max(m.snap.On(f.Chain).Head.Number, f.At.Number) // what spans chains has no head of its own
	blocks := head - min(f.Since.Number, head) + 1
	name := fmt.Sprintf(" ✖ %s %s%s  ", f.Detector, strings.ToUpper(string(f.Severity)), onChain(f.Chain))
	since := fmt.Sprintf("BREACH since %s (%s)", block(f.Since.Number), plural(int(blocks), "block", "blocks"))
	l := newLine(m.theme, w).put(alarm, name).put(accent, cut(f.Title, max(w-width(name+since)-3, 12)))
	l.put(plain, "   ").put(alarm, since)
	if owner := "   " + f.Owner + " owns it"; l.used+width(owner) <= w {
		l.put(dim, owner)
	}
	return l.end()
}

func (m *Model) measured(f ops.Finding) []piece {
	out := []piece{{alarm, f.Observed.Shown}, {strong, "must be " + f.Relation + " " + f.Threshold.Shown}}
	switch {
	case f.Why != "":
		out = append(out, piece{notice, f.Why})
	case f.Trend != "":
		out = append(out, piece{notice, f.Trend})
	}
	return out
}

// answer is the committed action, whether it works, and what it costs.
func (m *Model) answer(f ops.Finding) []piece {
	b, ok := m.board(f.Action)
	if f.Action == "" {
		return []piece{{dim, "no runbook: it is configuration"}}
	}
	if !ok {
		return []piece{{alarm, "no runbook " + string(f.Action)}}
	}
	word, i := readiness(b)
	if b.State != ops.Ready && len(b.Why) > 0 {
		word += ": " + b.Why[0]
	}
	out := []piece{{accent, keyed(b)}, {i, word}, {plain, "stops " + b.Stops}, {dim, b.Signer + " " + shortAddress(b.From)}}
	if b.Gas > 0 {
		out = append(out, piece{dim, fmt.Sprintf("about %dk gas", (b.Gas+500)/1000)})
	}
	return out
}

// others are the further breaches, each with its answer, what else is on its way
// and what is not known: a row for each where there are enough, else all in one.
func (m *Model) others(w, room int, worst ops.Finding, shown ops.Receipt) []string {
	var same, all []piece // same: answered by the worst's own action
	var rows [][]piece
	var unknown []string
	for i := range m.snap.Findings {
		f := &m.snap.Findings[i]
		switch {
		case f.Verdict == ops.Unknown && (f.Chain == "" || m.snap.On(f.Chain).Blind == ""):
			unknown = append(unknown, string(f.Detector))
		case f.Verdict == ops.Breach && f.Detector != worst.Detector:
			name := piece{alarm, "✖ " + string(f.Detector) + onChain(f.Chain)}
			all = append(all, name)
			if f.Action == worst.Action {
				same = append(same, name)
				continue
			}
			rows = append(rows, append(append([]piece{name}, m.answered(f)...), piece{notice, f.Why}))
		}
	}
	if len(same) > 0 {
		rows = append(rows, append(same, piece{dim, "with the same answer"}))
	}
	for _, r := range m.snap.Receipts {
		if (!r.Done() || r.Asks != nil) && r.ID != shown.ID {
			way := piece{accent, fmt.Sprintf("▶ %s %s%s %s", r.Runbook, r.Name, onChain(r.Chain), r.Stage)}
			if r.Asks != nil {
				way = piece{notice, fmt.Sprintf("? %s%s asks: %s [%s] answers", r.Asks.Step, onChain(r.Chain), r.Asks.Challenge, m.keys.first(actAnswer))}
			}
			rows, all = append(rows, []piece{way}), append([]piece{way}, all...)
		}
	}
	for _, c := range m.unseen() {
		dark := []piece{{doubt, "? " + darkWord(c, m.shown)}}
		if b, ok := m.openOn(c); ok {
			dark = append(dark, b...)
		}
		rows, all = append(rows, append(dark, piece{dim, c.Blind})), append(all, dark...)
	}
	if len(unknown) > 0 {
		doubts := piece{doubt, "? " + strings.Join(unknown, ", ") + " UNKNOWN"}
		rows, all = append(rows, []piece{doubts}), append(all, doubts)
	}
	if len(rows) > room {
		rows = [][]piece{all}
	}
	var out []string
	for _, pieces := range rows[:min(len(rows), max(room, 0))] {
		out = append(out, flow(m.theme, w, 1, piece{dim, "   also    "}, pieces)...)
	}
	return out
}

// answered is what answers a further breach, in few words.
func (m *Model) answered(f *ops.Finding) []piece {
	b, ok := m.board(f.Action)
	if !ok {
		return nil
	}
	word, i := readiness(b)
	return []piece{{accent, keyed(b)}, {i, word}}
}

// keyed is an action as it is spoken, with the key that opens it.
func keyed(b ops.Readiness) string { return fmt.Sprintf("[%s] %s %s", b.Key, b.Runbook, b.Name) }

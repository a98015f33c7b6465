package ui

import (
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// header says where one is: drill or live, which chain and policy, who, how late
// it is and whether anything can be sent. One row where it fits, else two.
func (m *Model) header(w int) []string {
	s := m.snap
	where, when := newLine(m.theme, w), newLine(m.theme, w)
	m.place(where, s)
	m.moment(when, s)
	if where.used+when.used+2 <= w {
		gap := w - where.used - when.used
		return []string{where.b.String() + blanks(gap) + when.b.String()}
	}
	return []string{where.end(), when.end()}
}

// place is the first half.
func (m *Model) place(l *line, s ops.Snapshot) {
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
	l.put(strong, " "+s.Policy).put(dim, " · ").put(plain, fmt.Sprintf("chain %s %d", s.Chain, s.ChainID))
	l.put(dim, " · ").put(plain, "policy "+shortHash(s.PolicyHash)).put(dim, " · ").put(plain, m.who(l.width))
}

// who is the person, without the role where there is no room for it.
func (m *Model) who(w int) string {
	if w < 100 {
		return m.snap.Operator.Name
	}
	return m.snap.Operator.Name + ", " + m.snap.Operator.Role
}

// moment is the second half.
func (m *Model) moment(l *line, s ops.Snapshot) {
	l.put(plain, " ")
	if !m.seen {
		return
	}
	if s.Blind != "" {
		l.put(doubt, "? "+block(s.Head.Number)+" BLIND")
	} else {
		l.put(strong, block(s.Head.Number))
	}
	l.put(dim, " · ").put(plain, utc(m.shown)+" UTC").put(dim, " · ")
	switch i := s.Incident; {
	case i == nil:
		l.put(dim, "T+ –")
	case i.StoppedAt.IsZero():
		l.put(alarm, "T+"+clock(m.shown.Sub(i.OpenedAt)))
	default:
		l.put(fine, "T+"+clock(i.StoppedAt.Sub(i.OpenedAt))+" stopped")
	}
	l.put(dim, " · ")
	if a := s.Arming; a.Armed {
		l.put(armedMark, " ARMED "+left(a.Until.Sub(m.shown))+" ")
	} else {
		l.put(strong, "LOCKED")
	}
	l.put(plain, " ")
}

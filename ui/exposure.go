package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// naked are the exposures that nobody can stop now, or of which that is not known.
func naked(s ops.Snapshot) (nobody, doubtful []ops.Exposure) {
	for _, e := range s.Exposed {
		switch {
		case e.Doubtful():
			doubtful = append(doubtful, e)
		case !e.Stoppable():
			nobody = append(nobody, e)
		}
	}
	return nobody, doubtful
}

// exposed is the row that says what nobody can stop; empty when everything has its
// stop. What is not known is not said to be stoppable.
func (m *Model) exposed(w int) []string {
	nobody, doubtful := naked(m.snap)
	var out []string
	for _, part := range []struct {
		list []ops.Exposure
		ink  ink
		says string
	}{{nobody, alarm, "✖ NOBODY CAN STOP"}, {doubtful, doubt, "? not known who can stop"}} {
		if len(part.list) == 0 {
			continue
		}
		l := newLine(m.theme, w).put(plain, " ").put(part.ink, part.says)
		for n, e := range part.list {
			if n > 0 {
				l.put(dim, ",")
			}
			l.put(strong, " "+e.ID+onChain(e.Chain)).put(plain, " "+e.Title+" "+worth(e))
		}
		out = append(out, l.end())
	}
	return out
}

func worth(e ops.Exposure) string {
	if e.Why != "" {
		return "(value unknown)"
	}
	return e.Value.Shown
}

// exposureLine is an exposure as a line of text: the map of who can stop what.
func exposureLine(e ops.Exposure) string {
	text := fmt.Sprintf("%s %s, %s, moved by %s: ", e.ID, e.Title, worth(e), strings.Join(e.Functions, ", "))
	var stops []string
	for _, s := range e.Stops {
		word := s.State.String()
		if s.Done {
			word = "IN EFFECT"
		}
		stop := fmt.Sprintf("%s %s %s", s.Runbook, s.Name, word)
		switch {
		case s.Why != "" && !s.Done:
			stop += " (" + s.Why + ")"
		case !s.Until.IsZero() && !s.Done:
			stop += " until " + s.Until.UTC().Format(time.DateTime+"Z")
		}
		stops = append(stops, stop)
	}
	switch {
	case e.Doubtful():
		return text + "not known who can stop it: " + strings.Join(stops, ", ")
	case !e.Stoppable() && len(stops) > 0:
		return text + "NOBODY CAN STOP IT: " + strings.Join(stops, ", ")
	case !e.Stoppable():
		return text + "NOBODY CAN STOP IT"
	}
	return text + "stopped by " + strings.Join(stops, ", ")
}

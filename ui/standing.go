package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// standing says what will be sent by itself, and for what: it is on the screen,
// locked or not, for as long as the order stands.
func standing(orders []ops.StandingOrder, terse int) (piece, bool) {
	var parts []string
	troubled, left := false, 0
	for _, o := range orders {
		if o.Fired {
			continue
		}
		left++
		part := fmt.Sprintf("%s on %s", o.Step, answered(o))
		if o.Why != "" {
			troubled = true
			part += " ✖"
		}
		parts = append(parts, part)
	}
	ink := armedMark
	if troubled {
		ink = alarm
	}
	switch {
	case left == 0:
		return piece{}, false
	case terse > 1 || left > 2:
		return piece{ink, fmt.Sprintf(" AUTO %d ", left)}, true
	default:
		return piece{ink, " AUTO " + strings.Join(parts, ", ") + " "}, true
	}
}

func answered(o ops.StandingOrder) string {
	ids := make([]string, len(o.Answers))
	for i, id := range o.Answers {
		ids[i] = string(id)
	}
	return strings.Join(ids, " ")
}

// standingLine is a standing order as a line of text.
func standingLine(o ops.StandingOrder) string {
	switch {
	case o.Fired:
		return fmt.Sprintf("AUTO %s %s on %s has fired: it has no other shot", o.Step, o.Name, answered(o))
	case o.Why != "":
		return fmt.Sprintf("AUTO %s %s on %s does not fire: %s", o.Step, o.Name, answered(o), o.Why)
	default:
		return fmt.Sprintf("AUTO %s %s is sent by itself on %s, once", o.Step, o.Name, answered(o))
	}
}

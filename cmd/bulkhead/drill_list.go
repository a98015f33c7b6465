package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// playable is a scenario as `drill --list --json` prints it.
type playable struct {
	Scenario  string          `json:"scenario"`
	Class     ops.BreachClass `json:"class"`
	Says      string          `json:"says"`
	Lost      string          `json:"lost"` // what counts as lost
	Invariant ops.DetectorID  `json:"invariant"`
	Runbook   ops.RunbookID   `json:"runbook"`
	Broken    []drill.Broken  `json:"broken"` // what --broken may say
}

// listScenarios prints what can be played, the default first.
func listScenarios(out io.Writer, asJSON bool) error {
	for _, s := range drill.Scenarios() {
		line := playable{s.Name, s.Class, s.Says, s.Lost, s.Invariant, s.Runbook, s.Faults()}
		var err error
		if asJSON {
			err = json.NewEncoder(out).Encode(line)
		} else {
			_, err = fmt.Fprint(out, line)
		}
		if err != nil {
			return exit(exitError, err)
		}
	}
	return nil
}

// String is the scenario in a few lines of 80 columns.
func (l playable) String() string {
	s := fmt.Sprintf("%-21s %s, %s answered by %s\n  %s\n  lost: %s\n", l.Scenario, l.Class, l.Invariant, l.Runbook, l.Says, l.Lost)
	if len(l.Broken) > 0 {
		words := make([]string, len(l.Broken))
		for i, b := range l.Broken {
			words[i] = string(b)
		}
		s += "  --broken " + strings.Join(words, ", ") + "\n"
	}
	return s
}

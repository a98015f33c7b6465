package ops

import (
	"fmt"
	"strings"
)

// Fault is one thing wrong in a document: where, what, and what to write
// instead. Line and Column count from 1; zero means the file as a whole.
type Fault struct {
	File    string
	Line    int
	Column  int
	Message string
	Hint    string
	Warning bool // does not stop anything
}

// String is file:line:column: message, then the hint.
func (f Fault) String() string {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	kind := ""
	if f.Warning {
		kind = "warning: "
	}
	if f.Hint == "" {
		return fmt.Sprintf("%s: %s%s", at, kind, f.Message)
	}
	return fmt.Sprintf("%s: %s%s\n    %s", at, kind, f.Message, strings.ReplaceAll(f.Hint, "\n", "\n    "))
}

// Faults is every fault found, in the order of the documents.
type Faults []Fault

// Error lists all faults, one after the other.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the faults as an error, or nil when none of them stops a start.
func (fs Faults) Err() error {
	for _, f := range fs {
		if !f.Warning {
			return fs
		}
	}
	return nil
}

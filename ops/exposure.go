package ops

import "time"

// Exposure is value that functions can move, and what stops them now. Stops is empty,
// or none of it works, where nobody can. Why says why the value is not known.
type Exposure struct {
	Chain     string // of several; empty where there is one
	ID        string
	Title     string
	Value     Quantity
	Why       string
	Functions []string // vault.withdraw
	Stops     []Stop
}

// Stop is one runbook that stops an exposure, and whether it would now.
type Stop struct {
	Runbook RunbookID
	Name    string
	Key     string
	State   ReadyState
	Done    bool // it is in effect
	Why     string
	Until   time.Time // chain time at which the authority for it ends; zero where nothing says so
}

// Stoppable reports whether somebody can stop it now, or has.
func (e Exposure) Stoppable() bool {
	for _, s := range e.Stops {
		if s.Done || s.State == Ready || s.State == Impaired {
			return true
		}
	}
	return false
}

// Doubtful reports whether it is not known whether somebody can.
func (e Exposure) Doubtful() bool {
	if e.Stoppable() {
		return false
	}
	for _, s := range e.Stops {
		if s.State == ReadyUnknown {
			return true
		}
	}
	return false
}

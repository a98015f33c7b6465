package ops

import (
	"encoding/json"
	"fmt"
)

// Verdict is what is known now: nothing else is mixed into it.
type Verdict int

// Unknown is the zero value: what nobody has judged is never OK.
const (
	Unknown Verdict = iota
	OK
	Breach
)

// String is the word shown and written: unknown, ok or breach.
func (v Verdict) String() string {
	switch v {
	case OK:
		return "ok"
	case Breach:
		return "breach"
	default:
		return "unknown"
	}
}

// MarshalJSON writes the word.
func (v Verdict) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// UnmarshalJSON reads the word, and no other.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	var word string
	if err := json.Unmarshal(b, &word); err != nil {
		return err
	}
	for _, known := range []Verdict{Unknown, OK, Breach} {
		if known.String() == word {
			*v = known
			return nil
		}
	}
	return fmt.Errorf("%q is no verdict: unknown, ok or breach", word)
}

// Severity is how much a finding matters. It never changes a verdict.
type Severity string

// The three severities, most severe first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Warning  Severity = "warning"
)

// BreachClass is the family a breach belongs to; each has one action tree.
type BreachClass string

// The breach classes.
const (
	ClassAsset         BreachClass = "asset"
	ClassAuthorization BreachClass = "authorization"
	ClassPricing       BreachClass = "pricing"
	ClassQueue         BreachClass = "queue"
	ClassLiveness      BreachClass = "liveness"
	ClassCrossDomain   BreachClass = "cross-domain"
)

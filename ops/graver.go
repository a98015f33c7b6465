package ops

import (
	"cmp"
	"slices"
)

// Graver orders findings by how much they matter: a breach before what is not
// known, and that before what is well. Of two breaches harm comes before what
// only waits, then the severity decides, then which came first.
func Graver(a, b *Finding) int {
	if r := cmp.Compare(gravity(a), gravity(b)); r != 0 || a.Verdict != Breach {
		return r
	}
	if a.Chain == b.Chain {
		return cmp.Compare(a.Since.Number, b.Since.Number)
	}
	return a.Since.Time.Compare(b.Since.Time) // numbers of two chains cannot be compared
}

// gravity is lowest for the worst; a severity that is not known is the least of
// its kind.
func gravity(f *Finding) int {
	switch f.Verdict {
	case OK:
		return 200
	case Unknown:
		return 100
	}
	r := -slices.Index([]Severity{Warning, High, Critical}, f.Severity)
	if f.Class == ClassQueue {
		r += 10
	}
	return r
}

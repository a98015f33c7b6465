package ui

import (
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// signedWord says whether the pack is what its owners signed.
func signedWord(s ops.Snapshot) (string, ink) {
	if s.Signing.Whole() {
		return "signed ✓", fine
	}
	return "NOT SIGNED", alarm
}

// seal puts the policy's hash and whether it is signed; in few words where there is
// no room for more.
func seal(l *line, s ops.Snapshot, terse bool) {
	word, i := signedWord(s)
	switch {
	case !terse:
		l.put(plain, "policy "+shortHash(s.PolicyHash)+" ").put(i, word)
	case s.Signing.Whole():
		l.put(i, "signed ").put(plain, shortHash(s.PolicyHash))
	default:
		l.put(i, "UNSIGNED ").put(plain, shortHash(s.PolicyHash))
	}
}

// signedLine is the same as a line of text, with what is missing.
func signedLine(s ops.Snapshot) string {
	word, _ := signedWord(s)
	if why := s.Signing.Why(); len(why) > 0 {
		return word + ": " + strings.Join(why, "; ")
	}
	return word + ", root " + shortHash(s.Signing.Root)
}

package document

import (
	"fmt"
	"strings"
)

// cut keeps a foreign word short in a message.
func cut(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

// meant suggests the key that a typo stands for: the nearest, if near enough.
func meant(key string, keys []string) string {
	best, least := "", min(2, (len(key)+1)/2)
	for _, k := range keys {
		if len(key) > 40 {
			break
		}
		if d := distance(strings.ToLower(key), k); d < least || d == least && best == "" {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": %q is meant?", best)
}

// distance is Levenshtein's: how many letters to change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

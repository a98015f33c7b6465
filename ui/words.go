package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mark is the sign and word of a verdict, and its ink.
func mark(v ops.Verdict) (string, ink) {
	switch v {
	case ops.OK:
		return "● OK", fine
	case ops.Breach:
		return "✖ BREACH", alarm
	default:
		return "? UNKNOWN", doubt
	}
}

// readiness is the word of a board's line, and its ink.
func readiness(r ops.Readiness) (string, ink) {
	if r.Done {
		return "IN EFFECT", fine
	}
	if r.State == ops.ReadyUnknown && len(r.Needed) > 0 { // only a finding can say on what it acts
		return "NO CASE", dim
	}
	switch r.State {
	case ops.Ready:
		return "READY", fine
	case ops.Impaired:
		return "IMPAIRED", notice
	case ops.Dead:
		return "DEAD", alarm
	default:
		return "UNKNOWN", doubt
	}
}

// block is a block number as it is spoken: #1,842.
func block(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return "#" + s
}

func shortHash(h common.Hash) string {
	s := h.Hex()
	return s[2:6] + "…" + s[len(s)-4:]
}

func shortAddress(a common.Address) string {
	s := a.Hex()
	return s[:6] + "…" + s[len(s)-4:]
}

// clock is a length of time as hours, minutes and seconds.
func clock(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// left is a countdown, without the hours where there are none.
func left(d time.Duration) string {
	return strings.TrimPrefix(clock(d), "00:")
}

// tookText is how long something took, for people.
func tookText(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}

// lastKnown is what a finding was when it was last known.
func lastKnown(f ops.Finding) string {
	if f.Known.Zero() {
		return "never known"
	}
	return fmt.Sprintf("last known %s at %s", f.Last.Shown, block(f.Known.Number))
}

func utc(t time.Time) string { return t.UTC().Format("15:04:05") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// age is how old a block is at a time of the wall clock.
func age(b ops.BlockRef, now time.Time) string {
	if b.Zero() {
		return "never"
	}
	return tookText(max(now.Sub(b.Time), time.Second)) + " old"
}

package engine

import (
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Fault 24: a clock that is wrong is said after a few blocks and no sooner, late blocks
// and one bad timestamp are no skew, and it is over when it is over.
func TestAWrongClockIsSaid(t *testing.T) {
	start := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ages []time.Duration
		want time.Duration
	}{
		"right":              {[]time.Duration{1 * time.Second, 2 * time.Second, 1 * time.Second, 3 * time.Second}, 0},
		"an hour ahead":      {[]time.Duration{time.Hour, time.Hour + time.Second, time.Hour + 2*time.Second, time.Hour}, time.Hour},
		"an hour behind":     {[]time.Duration{-time.Hour, -time.Hour + time.Second, -time.Hour, -time.Hour}, -time.Hour + time.Second},
		"at the bound":       {[]time.Duration{15 * time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second}, 0},
		"above the bound":    {[]time.Duration{16 * time.Second, 16 * time.Second, 16 * time.Second, 16 * time.Second}, 16 * time.Second},
		"too soon to say":    {[]time.Duration{time.Hour, time.Hour, time.Hour}, 0},
		"one came in time":   {[]time.Duration{time.Minute, time.Minute, 2 * time.Second, time.Minute}, 0},
		"a clock was put on": {[]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour, time.Second}, 0},
	} {
		var s state
		for n, age := range c.ages {
			at := ops.BlockRef{Chain: 1, Number: uint64(n), Time: start.Add(time.Duration(n) * 12 * time.Second)}
			s.aged(at, at.Time.Add(age))
		}
		if s.skew != c.want {
			t.Errorf("%s: %s, want %s", name, s.skew, c.want)
		}
	}
	var drill state
	for range 8 {
		drill.aged(ops.BlockRef{Chain: ops.FirstDrillChain, Time: start}, start.Add(time.Hour))
	}
	if drill.skew != 0 {
		t.Errorf("a drill's clock is its own: %s", drill.skew)
	}
}

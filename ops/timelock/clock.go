package timelock

import (
	"math"
	"math/big"
	"time"
)

// lastSecond is 9999-12-31T23:59:59Z: beyond it no journal can write a time down.
const lastSecond = 253402300799

// eta is when the operation can be executed; zero when that is beyond any
// calendar, and so never.
func eta(scheduled time.Time, delay *big.Int) time.Time {
	if delay == nil || scheduled.IsZero() || !delay.IsInt64() || delay.Int64() > lastSecond-scheduled.Unix() {
		return time.Time{}
	}
	return time.Unix(scheduled.Unix()+delay.Int64(), 0).UTC()
}

// moment is a time that a contract says in seconds since 1970; zero beyond any calendar.
func moment(seconds *big.Int) time.Time { return eta(time.Unix(0, 0), seconds) }

// seconds is a length of time that a contract says; the longest there is for one that
// no duration holds.
func seconds(n *big.Int) time.Duration {
	if n == nil || n.Sign() < 0 {
		return 0
	}
	if !n.IsInt64() || n.Int64() > math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n.Int64()) * time.Second
}

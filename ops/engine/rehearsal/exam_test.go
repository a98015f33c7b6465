package rehearsal_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

// exam is a registry whose paper 7 opens in an hour, watched by a time gate; paper 8 is
// another one, and nobody's business here.
func exam(t *testing.T) (f *field, c locktest.Contract, do func(name string, args ...any), hour time.Time) {
	t.Helper()
	f = onField(t, ourGround(t))
	c = fieldtest.Read(t, "Exam")
	registry := f.put("registry", c, "")
	do = func(name string, args ...any) {
		t.Helper()
		f.send(drill.Deployer, registry, c.Call(name, args...))
	}
	hour = f.now.Add(time.Hour)
	do("move", seven, big.NewInt(hour.Unix()))
	do("move", eight, big.NewInt(hour.Unix()))
	f.detects("Z1", fmt.Sprintf("kind: time-gate, warmup: known, of: {hour: %d, unlock: registry.unlockAt(7), released: registry.Released, where: paper == 7, over: 2h, call: registry.open(7), as: \"%s\"}", hour.Unix(), drill.Address(drill.Mallory).Hex()))
	f.quiet()
	f.mine(60)
	do("release", eight)
	do("leak", eight)
	do("move", eight, new(big.Int))
	return f, c, do, hour
}

var seven, eight = big.NewInt(7), big.NewInt(8)

func TestAnExamPaperThatOpensAtItsHourIsQuiet(t *testing.T) {
	f, _, do, hour := exam(t)
	do("move", seven, big.NewInt(hour.Add(time.Minute).Unix())) // later is no matter
	f.until(hour.Add(time.Minute))
	do("release", seven)
	do("move", seven, big.NewInt(hour.Unix()))
	f.mine(60)
	f.calm("Z1")
}

func TestWhatOpensAnExamPaperTooEarlyIsShownInItsBlock(t *testing.T) {
	for name, tt := range map[string]struct {
		act func(do func(string, ...any), hour time.Time)
		why string
	}{
		"the hour is moved":     {func(do func(string, ...any), hour time.Time) { do("move", seven, big.NewInt(hour.Unix()-1)) }, "hour moved"},
		"it is released":        {func(do func(string, ...any), _ time.Time) { do("release", seven) }, "released early"},
		"it no longer reverts":  {func(do func(string, ...any), _ time.Time) { do("leak", seven) }, "can be opened"},
		"the hour is long past": {func(do func(string, ...any), _ time.Time) { do("move", seven, new(big.Int)) }, "can be opened"},
	} {
		t.Run(name, func(t *testing.T) {
			f, _, do, hour := exam(t)
			tt.act(do, hour)
			at := f.head()
			f.mine(60)
			f.shows("Z1", at, tt.why)
		})
	}
}

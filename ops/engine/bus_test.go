package engine

import (
	"context"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

func numbered(n uint64) ops.Snapshot { return ops.Snapshot{Head: ops.BlockRef{Number: n}} }

// Whoever looks late sees the newest picture, and nobody is waited for.
func TestTheLatestWins(t *testing.T) {
	var b bus
	ctx, stop := context.WithCancel(t.Context())
	early := b.subscribe(ctx)
	for n := range uint64(100) {
		b.publish(numbered(n))
	}
	if s := <-early; s.Head.Number != 99 {
		t.Errorf("the early one sees #%d", s.Head.Number)
	}
	if s := <-b.subscribe(ctx); s.Head.Number != 99 || b.newest().Head.Number != 99 {
		t.Errorf("the late one sees #%d", s.Head.Number)
	}
	stop()
	for range early { // closed when its context ends
		t.Error("a picture after the end")
	}
	b.publish(numbered(100)) // nobody is left, and nothing waits
}

func entryOf(v ops.Verdict, text string) ops.Entry {
	return ops.Entry{Verdict: v, Text: text, Alarm: true}
}

// When everything goes dark for one reason it is one line; breaches keep theirs.
func TestLinesOfOneReasonAreOneLine(t *testing.T) {
	got := gathered([]ops.Entry{
		entryOf(ops.Unknown, "A1 unknown: no connection"), entryOf(ops.Unknown, "E1 unknown: no connection"), entryOf(ops.Unknown, "Q1 unknown: no connection"),
		entryOf(ops.Breach, "D1 breach: 1"), entryOf(ops.Breach, "D2 breach: 2"), entryOf(ops.Breach, "D3 breach: 3"),
	})
	if len(got) != 4 || got[0].Text != "A1 E1 Q1: unknown: no connection" {
		t.Errorf("%+v", got)
	}
	if two := gathered([]ops.Entry{entryOf(ops.OK, "A1 ok 5"), entryOf(ops.OK, "E1 ok 6")}); len(two) != 2 || two[0].Text != "A1 ok 5" {
		t.Errorf("%+v", two)
	}
}

// What waits in a timelock has harmed nobody yet: the clock does not start.
func TestTheClockCountsHarm(t *testing.T) {
	for _, c := range []struct {
		finding ops.Finding
		want    bool
	}{
		{ops.Finding{Verdict: ops.Breach, Severity: ops.Critical, Class: ops.ClassAsset}, true},
		{ops.Finding{Verdict: ops.Breach, Severity: ops.High, Class: ops.ClassPricing}, true},
		{ops.Finding{Verdict: ops.Breach, Severity: ops.Warning, Class: ops.ClassAsset}, false},
		{ops.Finding{Verdict: ops.Breach, Severity: ops.Critical, Class: ops.ClassQueue}, false},
		{ops.Finding{Verdict: ops.Unknown, Severity: ops.Critical, Class: ops.ClassAsset}, false},
		{ops.Finding{Verdict: ops.OK, Severity: ops.Critical, Class: ops.ClassAsset}, false},
	} {
		if got := clocked(c.finding); got != c.want {
			t.Errorf("%+v: %v", c.finding, got)
		}
	}
}

func TestTheLogIsBounded(t *testing.T) {
	var l log
	for n := range uint64(2 * kept) {
		l.add(ops.Entry{Block: n})
	}
	all := l.all()
	if len(all) != kept || all[0].Block != 2*kept-1 {
		t.Errorf("%d lines, the newest of #%d", len(all), all[0].Block)
	}
}

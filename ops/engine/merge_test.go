package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

var dawn = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// scene is the picture of a chain that is well, at a block of its own.
func scene(chain string, id ops.ChainID, head uint64) part {
	at := ops.BlockRef{Chain: id, Number: head, Hash: common.Hash{byte(id), byte(head)}, Time: dawn}
	return part{joined: true, snapshot: ops.Snapshot{
		Mode: ops.ModeOf(id), Chain: chain, ChainID: id, Policy: "vault", Now: dawn, Head: at, Judged: 10, Missed: 1, BlockTime: time.Second, Journal: chain + ".jsonl",
		Feeds:    []ops.FeedHealth{{Name: "a", State: ops.FeedLive}},
		Findings: []ops.Finding{{Detector: ops.DetectorID(chain), Verdict: ops.OK, Severity: ops.High, Class: ops.ClassAsset, At: at, Since: at, Known: at, Observed: ops.Quantity{Shown: "1"}, Last: ops.Quantity{Shown: "1"}}},
	}}
}

func (p part) with(change func(*ops.Snapshot)) part {
	change(&p.snapshot)
	return p
}

func (p part) breached(id string, severity ops.Severity, since time.Time, number uint64) part {
	p.snapshot.Findings = append(slices.Clone(p.snapshot.Findings), ops.Finding{
		Detector: ops.DetectorID(id), Verdict: ops.Breach, Severity: severity, Class: ops.ClassAsset, Since: ops.BlockRef{Number: number, Time: since},
	})
	return p
}

func (p part) incident(first string, opened, stopped time.Time) part {
	p.snapshot.Incident = &ops.Incident{First: ops.DetectorID(first), OpenedAt: opened, StoppedAt: stopped}
	return p
}

// said is what a test compares: few words for each row, in their order.
func said(s ops.Snapshot) string {
	var out []string
	for _, f := range s.Findings {
		out = append(out, fmt.Sprintf("%s/%s %s", f.Chain, f.Detector, f.Verdict))
	}
	for _, o := range s.Queue {
		out = append(out, o.Chain+"/"+o.Short)
	}
	for _, w := range s.Canary {
		out = append(out, w.Chain+"/"+w.ID)
	}
	for _, r := range s.Receipts {
		out = append(out, r.Chain+"/"+r.ID)
	}
	for _, e := range s.Log {
		out = append(out, e.Chain+"/"+e.Text)
	}
	return strings.Join(out, ", ")
}

func TestOnePictureOfSeveralChains(t *testing.T) {
	a, b := scene("a", 1, 100), scene("b", 2, 7_000_000)
	later := dawn.Add(time.Minute)
	log := func(p part, at time.Time, text string) part {
		return p.with(func(s *ops.Snapshot) { s.Log = append([]ops.Entry{{Time: at, Text: text}}, s.Log...) })
	}
	for _, c := range []struct {
		name  string
		parts []part
		want  string
	}{
		{"all is well: in the order of the chains", []part{a, b}, "a/a ok, b/b ok"},
		{"the worst first, whichever chain", []part{a, b.breached("M", ops.High, later, 7_000_000), scene("c", 3, 5).breached("C", ops.Critical, later, 5)},
			"c/C breach, b/M breach, a/a ok, b/b ok, c/c ok"},
		{"which came first is told by time, not by numbers of two chains", []part{a.breached("A", ops.High, later, 99), b.breached("M", ops.High, dawn, 7_000_000)},
			"b/M breach, a/A breach, a/a ok, b/b ok"},
		{"what is not known before what is well", []part{a, b.with(func(s *ops.Snapshot) { s.Findings = []ops.Finding{{Detector: "b"}} })}, "b/b unknown, a/a ok"},
		{"the log by time, newest first", []part{log(log(a, dawn, "1"), later, "3"), log(b, dawn.Add(time.Second), "2")}, "a/a ok, b/b ok, a/3, b/2, a/1"},
		{"receipts by time, newest last", []part{
			a.with(func(s *ops.Snapshot) { s.Receipts = []ops.Receipt{{ID: "2", Confirmed: later}} }),
			b.with(func(s *ops.Snapshot) {
				s.Receipts = []ops.Receipt{{ID: "1", Confirmed: dawn}, {ID: "3", Confirmed: later.Add(time.Hour)}}
			})},
			"a/a ok, b/b ok, b/1, a/2, b/3"},
		{"what waits by when it can run, what is over last", []part{
			a.with(func(s *ops.Snapshot) {
				s.Queue = []ops.Operation{{Short: "2", State: ops.OperationWaiting, ETA: later}, {Short: "4", State: ops.OperationDone, Scheduled: ops.BlockRef{Number: 90, Time: dawn}}}
			}),
			b.with(func(s *ops.Snapshot) {
				s.Queue = []ops.Operation{{Short: "1", State: ops.OperationWaiting, ETA: dawn}, {Short: "3", State: ops.OperationDone, Scheduled: ops.BlockRef{Number: 3, Time: later}}}
			})},
			"a/a ok, b/b ok, b/1, a/2, b/3, a/4"},
		{"an open canary before one that is not", []part{
			a.with(func(s *ops.Snapshot) { s.Canary = []ops.Window{{ID: "C1"}} }), b.with(func(s *ops.Snapshot) { s.Canary = []ops.Window{{ID: "C2", Open: true}} })},
			"a/a ok, b/b ok, b/C2, a/C1"},
	} {
		if got := said(merged(c.parts, nil, dawn)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	if said(a.snapshot) != "/a ok" {
		t.Errorf("the engine's own picture was changed: %s", said(a.snapshot))
	}
}

// Each chain keeps its own head, coverage and journal: nothing is counted by
// another's blocks.
func TestEachChainKeepsItsOwn(t *testing.T) {
	s := merged([]part{scene("a", 1, 100), scene("b", 2, 7_000_000)}, nil, dawn)
	if s.Chain != "" || !s.Head.Zero() || s.Judged != 20 || s.Missed != 2 || s.Feeds[1].Name != "b/a" {
		t.Errorf("%+v", s)
	}
	if a, b := s.On("a"), s.On("b"); a.Head.Number != 100 || b.Head.Number != 7_000_000 || b.ID != 2 || b.Journal != "b.jsonl" || !s.Started() {
		t.Errorf("%+v %+v", a, b)
	}
	if one := scene("a", 1, 100).snapshot; one.On("").Head.Number != 100 || one.On("a").Journal != "a.jsonl" {
		t.Error("of one chain it is that one")
	}
}

func TestTheClockShowsWhatIsStillOpen(t *testing.T) {
	first, second, third := dawn, dawn.Add(time.Minute), dawn.Add(time.Hour)
	none := time.Time{}
	for _, c := range []struct {
		name  string
		parts []part
		want  string
	}{
		{"none", []part{scene("a", 1, 1), scene("b", 2, 1)}, ""},
		{"the earliest that is open", []part{scene("a", 1, 1).incident("A", second, none), scene("b", 2, 1).incident("B", first, none)}, "b B"},
		{"one that is open before one that was contained", []part{scene("a", 1, 1).incident("A", first, second), scene("b", 2, 1).incident("B", third, none)}, "b B"},
		{"and whichever is asked first", []part{scene("a", 1, 1).incident("A", third, none), scene("b", 2, 1).incident("B", first, second)}, "a A"},
		{"else the one that was contained last", []part{scene("a", 1, 1).incident("A", first, third), scene("b", 2, 1).incident("B", first, second)}, "a A"},
	} {
		got := ""
		if i := merged(c.parts, nil, dawn).Incident; i != nil {
			got = i.Chain + " " + string(i.First)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// One blind chain is said and named; the other's verdicts stand as they are.
func TestBlindnessIsNamedAndHidesNoOther(t *testing.T) {
	blind := scene("b", 2, 9)
	blind.snapshot = darkened(blind.snapshot, "connection refused", dawn.Add(-time.Minute))
	for _, c := range []struct {
		name         string
		parts        []part
		now          time.Time
		blind, found string
		dark         bool
	}{
		{"none", []part{scene("a", 1, 1), scene("c", 3, 1)}, dawn, "", "a/a ok, c/c ok", false},
		{"one", []part{scene("a", 1, 1), blind}, dawn, "b: connection refused", "b/b unknown, a/a ok", false},
		{"one, and a breach elsewhere", []part{blind, scene("a", 1, 1).breached("A", ops.High, dawn, 1)}, dawn, "b: connection refused", "a/A breach, b/b unknown, a/a ok", false},
		{"one whose loop is stuck", []part{scene("a", 1, 1), scene("c", 3, 1).with(func(s *ops.Snapshot) { s.Now = dawn.Add(-6 * time.Second) })}, dawn,
			"c: its loop has said nothing for a while", "c/c unknown, a/a ok", false},
		{"all", []part{scene("a", 1, 1), blind}, dawn.Add(time.Minute), "a: its loop has said nothing for a while; b: connection refused", "a/a unknown, b/b unknown", true},
	} {
		s := merged(c.parts, nil, c.now)
		if s.Blind != c.blind || said(s) != c.found || s.Dark() != c.dark {
			t.Errorf("%s: blind %q, dark %v: %s", c.name, s.Blind, s.Dark(), said(s))
		}
	}
	s := merged([]part{scene("a", 1, 1), blind}, nil, dawn)
	if f := s.Findings[0]; f.Last.Shown != "1" || f.Known.Number != 9 || f.Observed.Shown != "" || !s.BlindSince.Equal(dawn.Add(-time.Minute)) {
		t.Errorf("what was known last: %+v since %s", f, s.BlindSince)
	}
}

// LOCKED is said only if nothing can be sent anywhere.
func TestArmingOfAllChains(t *testing.T) {
	arm := func(p part, a ops.Arming) part { return p.with(func(s *ops.Snapshot) { s.Arming = a }) }
	open := ops.Arming{Armed: true, Reason: "bridge", Until: dawn.Add(time.Hour)}
	sooner := ops.Arming{Armed: true, Reason: "bridge", Until: dawn.Add(time.Minute), NeedsSecret: true}
	a, b := scene("a", 1, 1), scene("b", 2, 1)
	late := b
	late.joined = false
	for _, c := range []struct {
		name  string
		parts []part
		want  ops.Arming
	}{
		{"locked", []part{a, b}, ops.Arming{}},
		{"armed for as long as the first of them", []part{arm(a, open), arm(b, sooner)}, sooner},
		{"one of them", []part{a, arm(b, open)}, open},
		{"one refuses", []part{a, arm(b, ops.Arming{Refused: "no key"})}, ops.Arming{Refused: "b: no key"}},
		{"one was not reached", []part{arm(a, open), late}, open},
		{"none was reached", []part{late}, ops.Arming{Refused: "no chain was reached so far"}},
	} {
		s := merged(c.parts, nil, dawn)
		if s.Arming != c.want {
			t.Errorf("%s: %+v", c.name, s.Arming)
		}
	}
	if s := merged([]part{a, arm(b, open)}, nil, dawn); s.On("a").Armed || !s.On("b").Armed {
		t.Error("which of them is armed is not said")
	}
}

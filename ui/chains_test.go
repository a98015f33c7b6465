package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// sideAt is a block of the second chain, which counts in millions.
func sideAt(n uint64) ops.BlockRef {
	return ops.BlockRef{Chain: ops.FirstDrillChain + 1, Number: n, Hash: common.Hash{byte(n), 2}, Time: noon.Add(-time.Hour + time.Duration(n%1_000_000)*2*time.Second)}
}

// two is a picture of two chains: the drill's, and one beside it with an invariant
// of its own.
func two(s ops.Snapshot) ops.Snapshot {
	head := sideAt(7_204_118)
	first := s.On("")
	if first.Incident != nil {
		i := *first.Incident
		i.Chain = "drill"
		first.Incident, s.Incident = &i, &i
	}
	s.Chains = []ops.ChainState{first, {
		Name: "side", ID: ops.FirstDrillChain + 1, Head: head, Judged: 30, BlockTime: 2 * time.Second, Feeds: []ops.FeedHealth{{Name: "far", State: ops.FeedLive}}, Armed: s.Arming.Armed, Journal: "/var/lib/bulkhead/side/journal.jsonl",
	}}
	s.Chain, s.ChainID, s.Head, s.Followed, s.BlockTime, s.Journal = "", 0, ops.BlockRef{}, 0, 0, ""
	for i := range s.Findings {
		s.Findings[i].Chain = "drill"
	}
	for i := range s.Queue {
		s.Queue[i].Chain = "drill"
	}
	for i := range s.Canary {
		s.Canary[i].Chain = "drill"
	}
	for i := range s.Board {
		s.Board[i].Chain = "drill"
	}
	for i := range s.Receipts {
		s.Receipts[i].Chain = "drill"
	}
	for i := range s.Log {
		s.Log[i].Chain = "drill"
	}
	s.Feeds = append(s.Feeds, ops.FeedHealth{Name: "side/far", State: ops.FeedLive})
	s.Feeds[0].Name = "drill/drill"
	m1 := s.Findings[1]
	m1.Chain, m1.Detector, m1.Title, m1.Action, m1.At, m1.Since, m1.Known = "side", "M1", "The mirror holds what the vault locked", "R9", head, sideAt(7_204_002), head
	m1.Severity, m1.Verdict, m1.Observed, m1.Last, m1.Threshold, m1.Relation = ops.High, ops.OK, quantity("1", "1,000 mUSD"), quantity("1", "1,000 mUSD"), quantity("1", "990 mUSD"), "≥"
	s.Findings = append(s.Findings, m1)
	s.Queue = append([]ops.Operation{{
		Chain: "side", Timelock: "T2", Short: "T2·7c", ID: common.Hash{0x7c}, State: ops.OperationWaiting, ETA: head.Time.Add(90 * time.Minute), Scheduled: sideAt(7_204_000), Approved: ops.OK, ApprovedAs: "vault-v2 O3",
		Calls: []ops.Call{{Name: "mirror", Function: "setLimit(5000e18)", Value: "0"}},
	}}, s.Queue...)
	s.Board = append(s.Board, ops.Readiness{Chain: "side", Runbook: "R9", Name: "close-mirror", Key: "M", Answers: []ops.DetectorID{"M1"}, State: ops.Ready,
		Effect: "close the mirror", Stops: "all minting on the side chain", Signer: "guardian", From: s.Board[0].From, Gas: 31_000, At: head, Restrict: true})
	s.Log = append([]ops.Entry{{Chain: "side", Time: noon.Add(time.Second), Block: head.Number, Verdict: ops.OK, Alarm: true, Text: "M1 ok 1,000 mUSD"}}, s.Log...)
	return s
}

// sideBlind is when the second chain cannot be seen any more.
func sideBlind(s ops.Snapshot) ops.Snapshot {
	const why = "far: dial tcp 10.0.0.7:8546: connection refused"
	side := &s.Chains[1]
	side.Blind, side.BlindSince, side.Feeds[0].State = why, noon.Add(-41*time.Second), ops.FeedDown
	s.Blind, s.BlindSince, s.Feeds[1].State = "side: "+why, side.BlindSince, ops.FeedDown
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Chain == "side" {
			f.Verdict, f.Why, f.Observed = ops.Unknown, why, ops.Quantity{}
		}
	}
	for i := range s.Queue {
		if s.Queue[i].Chain == "side" {
			s.Queue[i].Approved = ops.Unknown
		}
	}
	s.Board[2].State, s.Board[2].Why = ops.ReadyUnknown, []string{why}
	return s
}

// sideBreached is a breach on the second chain: the first is well.
func sideBreached() ops.Snapshot {
	s := two(calm())
	f := &s.Findings[len(s.Findings)-1]
	f.Verdict, f.Observed, f.Since, f.Trend = ops.Breach, quantity("1", "951.2 mUSD"), sideAt(7_204_113), "losing 9.7 in the last block"
	i := &ops.Incident{Chain: "side", First: "M1", Opened: sideAt(7_204_113), OpenedAt: noon.Add(-12 * time.Second)}
	s.Incident, s.Chains[1].Incident = i, i
	s.Findings = append([]ops.Finding{*f}, s.Findings[:len(s.Findings)-1]...)
	s.Log = append([]ops.Entry{{Chain: "side", Time: noon.Add(-12 * time.Second), Block: 7_204_113, Verdict: ops.Breach, Alarm: true, Text: "M1 breach: 989.1 mUSD, must be ≥ 990 mUSD"}}, s.Log...)
	return s
}

// bothBlind is when neither can be seen, and the side had an open incident.
func bothBlind() ops.Snapshot {
	s := sideBlind(sideBreached())
	const why = "the subscription ended: connection reset by peer"
	s.Chains[0].Blind, s.Chains[0].BlindSince, s.Chains[0].Feeds[0].State = why, noon.Add(-4*time.Second), ops.FeedDown
	s.Blind, s.Feeds[0].State = "drill: "+why+"; "+s.Blind, ops.FeedDown
	for i := range s.Findings {
		s.Findings[i].Verdict, s.Findings[i].Observed, s.Findings[i].Why = ops.Unknown, ops.Quantity{}, s.Chains[0].Blind
	}
	for i := range s.Board {
		s.Board[i].State, s.Board[i].Why = ops.ReadyUnknown, []string{why}
	}
	s.Canary[0].Budget, s.Canary[0].Segment = ops.Unknown, ops.Unknown
	return s
}

var chainScenes = map[string]func() ops.Snapshot{
	"calm":     func() ops.Snapshot { return two(calm()) },
	"breach":   func() ops.Snapshot { return armed(sideBreached()) },
	"blind":    func() ops.Snapshot { return sideBlind(two(calm())) },
	"one-each": func() ops.Snapshot { return sideBlind(two(breach())) },
	"both":     bothBlind,
}

// Two chains on one screen, to the letter, at the three sizes.
func TestSeveralChainsAreAsTheyWereLookedAt(t *testing.T) {
	for name, scene := range chainScenes {
		for _, size := range [][2]int{{160, 48}, {100, 30}, {80, 24}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				golden.RequireEqual(t, []byte(ansi.Strip(newHand(t, size[0], size[1], scene()).Frame())))
			})
		}
	}
}

func TestEveryRowOfSeveralChainsIsAsWideAsTheScreen(t *testing.T) {
	for name, scene := range chainScenes {
		for w := 60; w <= 200; w += 7 {
			for _, h := range []int{16, 24, 30, 48} {
				rows := strings.Split(newHand(t, w, h, scene()).Frame(), "\n")
				if len(rows) > h {
					t.Fatalf("%s at %dx%d has %d rows", name, w, h, len(rows))
				}
				for n, row := range rows {
					if got := ansi.StringWidth(row); got != w {
						t.Fatalf("%s at %dx%d: row %d is %d wide: %q", name, w, h, n, got, ansi.Strip(row))
					}
				}
			}
		}
	}
}

func TestTheHeaderNamesTheBlindChainAtEverySize(t *testing.T) {
	for _, w := range []int{60, 80, 100, 160} {
		for _, name := range []string{"blind", "one-each"} {
			rows := strings.Split(ansi.Strip(newHand(t, w, 24, chainScenes[name]()).Frame()), "\n")
			if head := rows[0] + rows[1]; !strings.Contains(head, map[bool]string{true: "? side 00:41", false: "side BLIND 00:41"}[w == 60]) || !strings.Contains(head, "2 chains") || !strings.Contains(head, "LOCKED") {
				t.Errorf("%s at %d: %q", name, w, head)
			}
		}
	}
}

// A countdown is counted by the head of its own chain.
func TestACountdownCountsByItsOwnChain(t *testing.T) {
	x := newHand(t, 160, 48, two(calm()))
	frame := ansi.Strip(x.Frame())
	for _, row := range []string{"T2·7c   WAITING   01:30:00", "T1·95   WAITING   22:59:29"} {
		if !strings.Contains(frame, row) {
			t.Errorf("no %q:\n%s", row, frame)
		}
	}
	x = newHand(t, 160, 48, sideBreached())
	if frame := ansi.Strip(x.Frame()); !strings.Contains(frame, "BREACH since #7,204,113 (6 blocks)") {
		t.Errorf("the breach counts another chain's blocks:\n%s", frame)
	}
}

// The dialog's plan is stale when its own chain has a newer block, whatever the
// others do.
func TestAPlanGrowsOldByItsOwnChain(t *testing.T) {
	s := armed(sideBreached())
	for i := range s.Chains {
		s.Chains[i].Armed = true
	}
	x := newHand(t, 160, 48, s)
	x.desk.plan.Runbook, x.desk.plan.Name, x.desk.plan.At = "R9", "close-mirror", s.Chains[1].Head
	x.types("M")
	before := x.desk.prepared
	s.Chains = []ops.ChainState{s.Chains[0], s.Chains[1]}
	s.Chains[0].Head = at(200)
	x.follows(s)
	if x.desk.prepared != before {
		t.Error("another chain's block prepared it anew")
	}
	s.Chains = []ops.ChainState{s.Chains[0], s.Chains[1]}
	s.Chains[1].Head = sideAt(7_204_119)
	x.follows(s)
	if x.desk.prepared != before+1 {
		t.Errorf("its own chain's block did not: %d, %d", before, x.desk.prepared)
	}
}

// A chain that came late is not armed with the others: its key asks first.
func TestAKeyOfAChainThatIsNotArmedAsks(t *testing.T) {
	s := armed(sideBreached())
	s.Chains[0].Armed, s.Chains[1].Armed = true, false
	x := newHand(t, 160, 48, s)
	x.types("M")
	if _, asks := x.dialog.(*armDialog); !asks {
		t.Errorf("it opened %T", x.dialog)
	}
	x = newHand(t, 160, 48, s)
	x.types("F")
	if _, opens := x.dialog.(*confirmDialog); !opens {
		t.Errorf("it opened %T", x.dialog)
	}
}

func TestTheDetailNamesChainAndBlock(t *testing.T) {
	x := newHand(t, 160, 48, sideBlind(two(calm())))
	for range 4 {
		x.types("down")
	}
	x.types("enter")
	frame := ansi.Strip(x.Frame())
	for _, word := range []string{"side 7331002, BLIND since 11:59:19, last block #7,204,118", "last known 1,000 mUSD at #7,204,118"} {
		if !strings.Contains(frame, word) {
			t.Errorf("no %q:\n%s", word, frame)
		}
	}
}

// What is looked at stays under the cursor when a breach comes to the top.
func TestTheCursorStaysOnItsLine(t *testing.T) {
	x := newHand(t, 160, 48, two(calm()))
	x.types("down", "down")
	x.sees(sideBreached())
	if f := x.findings()[x.cursor[paneDetectors]]; f.Detector != "Q1" {
		t.Errorf("it is on %s", f.Detector)
	}
}

// A chain that tells late what it knew early is printed all the same.
func TestFollowPrintsWhatASlowChainTellsLate(t *testing.T) {
	first, later := two(calm()), two(calm())
	later.Log = []ops.Entry{
		{Chain: "drill", Time: noon.Add(3 * time.Second), Block: 34, Text: "drill news"},
		{Chain: "side", Time: noon.Add(2 * time.Second), Block: 7_204_119, Text: "side news"},
	}
	later.Log = append(later.Log, first.Log...)
	last := later
	last.Log = append([]ops.Entry{later.Log[0], {Chain: "side", Time: noon.Add(2500 * time.Millisecond), Block: 7_204_120, Text: "late news"}}, later.Log[1:]...)
	d := newDesk()
	for _, s := range []ops.Snapshot{first, later, last} {
		d.feed <- s
	}
	close(d.feed)
	var out strings.Builder
	if err := Follow(t.Context(), d, &out); err != nil {
		t.Fatal(err)
	}
	golden.RequireEqual(t, []byte(out.String()))
}

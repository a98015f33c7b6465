package ui

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// noon is the time of every scene.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(n uint64) ops.BlockRef {
	return ops.BlockRef{Chain: ops.FirstDrillChain, Number: n, Hash: common.Hash{byte(n), 1}, Time: noon.Add(time.Duration(n) * time.Second)}
}

func quantity(exact, shown string) ops.Quantity { return ops.Quantity{Exact: exact, Shown: shown} }

// calm is a drill in which everything is as it should be.
func calm() ops.Snapshot {
	guardian := common.HexToAddress("0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B")
	finding := func(id, title string, class ops.BreachClass, observed, relation, bound string, action ops.RunbookID) ops.Finding {
		return ops.Finding{
			Detector: ops.DetectorID(id), Title: title, Owner: "security", Class: class, Severity: ops.Critical, Verdict: ops.OK, At: at(31), Since: at(5), Known: at(31),
			Observed: quantity("1", observed), Last: quantity("1", observed), Relation: relation, Threshold: quantity("2", bound), Source: "vault.totalAssets() >= vault.totalSupply() * 0.999", Action: action,
		}
	}
	return ops.Snapshot{
		Signing: ops.Signing{Pack: "vault-drill", Root: common.HexToHash("0xc4fb000000000000000000000000000000000000000000000000000000005234"), Owned: true,
			Documents: []ops.SignedDocument{{Name: "policy.yaml", Owner: "security"}}},
		Mode: ops.Drill, Chain: "drill", ChainID: ops.FirstDrillChain, Policy: "vault-drill", PolicyHash: common.HexToHash("0x6f26000000000000000000000000000000000000000000000000000000000aac"),
		Operator: ops.Operator{Name: "Ada", Role: "commander"}, Now: noon, Head: at(31), BlockTime: time.Second, MinDelay: 48 * time.Hour, Journal: "/var/lib/bulkhead/journal.jsonl",
		Feeds: []ops.FeedHealth{{Name: "drill", State: ops.FeedLive}},
		Findings: []ops.Finding{
			finding("A1", "The vault stays solvent", ops.ClassAsset, "1,180.8 dUSD", "≥", "1,179.6192 dUSD", "R1"),
			finding("E1", "The vault reports what it holds", ops.ClassPricing, "1,180.8 dUSD", "=", "1,180.8 dUSD", "R1"),
			finding("Q1", "Only approved operations wait", ops.ClassQueue, "0 flagged", "=", "0 flagged", "R2"),
			finding("C1.budget", "The canary moves no more than its budget", ops.ClassAsset, "14.7 dUSD", "≤", "500 dUSD", "R1"),
		},
		Queue: []ops.Operation{
			{Timelock: "T1", Short: "T1·95", ID: common.Hash{0x95}, State: ops.OperationWaiting, ETA: noon.Add(23 * time.Hour), Scheduled: at(4), Approved: ops.OK, ApprovedAs: "vault-v2 O2",
				Calls:  []ops.Call{{Name: "vault", Function: "setDepositCap(1000e18)", Value: "0"}},
				Checks: []ops.Check{{Name: "id recomputed", Verdict: ops.OK}, {Name: "contract agrees", Verdict: ops.OK}}},
			{Timelock: "T1", Short: "T1·31", ID: common.Hash{0x31}, State: ops.OperationDone, Scheduled: at(3), Approved: ops.OK, ApprovedAs: "vault-v2 O1",
				Calls: []ops.Call{{Name: "vault", Function: "upgradeToAndCall(0x842CeF8Aa011d0624a6F8705d3323D4DAE1FaeB4, 0x)", Value: "0"}}},
		},
		Canary: []ops.Window{{
			ID: "C1", Release: "vault-v2", Open: true, OpenedAt: at(5), Now: at(31).Time, Ends: at(5).Time.Add(48 * time.Hour), Expires: at(5).Time.Add(72 * time.Hour), MinBlocks: 14000,
			Spent: quantity("14700000000000000000", "14.7 dUSD"), Limit: quantity("500000000000000000000", "500 dUSD"), Interval: 10 * time.Minute, SpentPart: 0.03, Budget: ops.OK,
			Seen: 14, Allowed: 14, Segment: ops.OK, Green: 26, Judged: 26,
		}},
		Board: []ops.Readiness{
			{Runbook: "R1", Name: "freeze-vault", Key: "F", Answers: []ops.DetectorID{"A1", "E1"}, State: ops.Ready, Effect: "pause the vault, freeze promotion", Stops: "all deposits and withdrawals", Signer: "guardian", From: guardian, Gas: 52_042, At: at(31), Restrict: true},
			{Runbook: "R2", Name: "cancel-operation", Key: "X", Answers: []ops.DetectorID{"Q1"}, State: ops.Ready, Effect: "cancel the operation", Stops: "this operation", Signer: "guardian", From: guardian, Gas: 26_000, At: at(31), Restrict: true},
		},
		Log: []ops.Entry{{Time: noon, Block: 5, Verdict: ops.OK, Alarm: true, Text: "A1 E1 Q1 C1.budget ok"}},
	}
}

// breach is the drill six blocks into the drain, with an operation that nobody
// approved.
func breach() ops.Snapshot {
	s := calm()
	s.Head = at(37)
	a1, q1 := &s.Findings[0], &s.Findings[2]
	a1.Verdict, a1.Since, a1.At, a1.Observed, a1.Trend = ops.Breach, at(32), at(37), quantity("1118070000000000000000", "1,118.07 dUSD"), "losing 8.7 in the last block, 53.19 dUSD since the breach"
	q1.Verdict, q1.Since, q1.At, q1.Observed, q1.Why = ops.Breach, at(16), at(37), quantity("1", "1 flagged"), "T1·05 is in no approved release, call 1 changes who may do what: timelock.grantRole(EXECUTOR_ROLE, 0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098)"
	s.Queue = append(s.Queue, ops.Operation{Timelock: "T1", Short: "T1·05", ID: common.Hash{5}, State: ops.OperationWaiting, ETA: noon.Add(48 * time.Hour), Scheduled: at(16), Approved: ops.Breach,
		Hazards: []ops.Hazard{
			{Kind: ops.HazardUnexpected, Verdict: ops.Breach, Text: "is in no approved release"},
			{Kind: ops.HazardRole, Verdict: ops.Breach, Text: "call 1 changes who may do what: timelock.grantRole(EXECUTOR_ROLE, 0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098)"},
			{Kind: ops.HazardSelf, Verdict: ops.Breach, Text: "call 1 is to the timelock itself: grantRole"},
		},
		Calls: []ops.Call{{Name: "timelock", Function: "grantRole(EXECUTOR_ROLE, 0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098)", Value: "0"}}})
	s.Incident = &ops.Incident{First: "A1", Opened: at(32), OpenedAt: noon.Add(-5 * time.Second)}
	s.Canary[0].Frozen, s.Canary[0].FrozenBy, s.Canary[0].FrozenAt, s.Canary[0].Spent, s.Canary[0].SpentPart = true, "Q1", at(16), quantity("72930000000000000000", "72.93 dUSD"), 0.146
	s.Log = append([]ops.Entry{
		{Time: noon, Block: 32, Verdict: ops.Breach, Alarm: true, Text: "A1 breach: 1,171.26 dUSD, must be ≥ 1,179.6192 dUSD"},
		{Time: noon.Add(-16 * time.Second), Block: 16, Verdict: ops.Breach, Alarm: true, Text: "Q1 breach: T1·05 is in no approved release"},
	}, s.Log...)
	return s
}

// carried is a queue whose first operation carries calls in calls, and whose timelock
// waits for less than it must.
func carried() ops.Snapshot {
	s := calm()
	mallory := common.HexToAddress("0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098")
	o := &s.Queue[0]
	o.Approved, o.ApprovedAs, o.Proposer, o.Through, o.MinDelay, o.Executors, o.Cancellers = ops.Breach, "", mallory, common.HexToAddress("0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"), time.Hour, []string{"anyone"}, []string{"guardian"}
	o.Calls = []ops.Call{{To: mallory, Value: "0", Function: "looks like multiSend(2 calls)", Data: make([]byte, 300), Inner: []ops.Call{
		{Name: "timelock", To: common.HexToAddress("0xbaC7DD77fD0724236Ce4b9b52C9d7bF2Dd8da822"), Value: "0", Function: "updateDelay(1h)"},
		{To: mallory, Value: "1000000000000000000", Function: "looks like multicall(1 call)", Delegate: true, Doubt: "it is nested more than 8 deep"},
	}}}
	o.Hazards = []ops.Hazard{
		{Kind: ops.HazardUnexpected, Verdict: ops.Breach, Text: "is in no approved release"},
		{Kind: ops.HazardDelegate, Verdict: ops.Breach, Text: "call 1.2 runs the code of 0x08d5Ff36ff6DcE841E4539aF4b545aEB0afE7098 as its own: delegatecall"},
		{Kind: ops.HazardDelay, Verdict: ops.Breach, Text: "call 1.1 lowers the minimum delay to 1h, the policy allows 48h"},
		{Kind: ops.HazardUnread, Verdict: ops.Unknown, Text: "call 1.2: it is nested more than 8 deep"},
	}
	s.Timelocks = []ops.Timelock{{ID: "T1", Name: "timelock", MinDelay: time.Hour, Least: 48 * time.Hour, Hazards: []ops.Hazard{{Kind: ops.HazardDelay, Verdict: ops.Breach, Text: "the minimum delay is 1h, the policy allows 48h"}}}}
	return s
}

func armed(s ops.Snapshot) ops.Snapshot {
	s.Arming = ops.Arming{Armed: true, By: s.Operator, Reason: "on the bridge", Until: noon.Add(29 * time.Minute)}
	return s
}

// blind is the breach when the chain cannot be seen any more.
func blind() ops.Snapshot {
	s := breach()
	s.Blind, s.BlindSince = "the subscription ended: connection reset by peer", noon.Add(-4*time.Second)
	s.Feeds[0].State = ops.FeedDown
	for i := range s.Findings {
		f := &s.Findings[i]
		f.Verdict, f.Why, f.Known, f.Last, f.Observed, f.Trend = ops.Unknown, s.Blind, at(37), f.Observed, ops.Quantity{}, ""
	}
	for i := range s.Queue {
		s.Queue[i].Approved = ops.Unknown
	}
	for i := range s.Board {
		s.Board[i].State, s.Board[i].Why = ops.ReadyUnknown, []string{s.Blind}
	}
	s.Canary[0].Budget, s.Canary[0].Segment = ops.Unknown, ops.Unknown
	return s
}

// flying is the breach with the pause on its way.
func flying() ops.Snapshot {
	s := armed(breach())
	s.Receipts = []ops.Receipt{{
		ID: "R1-0-1", Runbook: "R1", Name: "freeze-vault", Step: "R1.1", Stage: ops.StageInEffect, Tx: common.Hash{0xd3}, Provider: "drill", Prepared: at(37), Mined: at(38),
		Confirmed: noon, Signed: noon, Sent: noon, MinedAt: noon.Add(time.Second), InEffect: noon.Add(time.Second), HeldBlocks: 1, NeedBlocks: 3, By: s.Operator,
	}}
	return s
}

// contained is the end of it: the money that was taken is still gone.
func contained() ops.Snapshot {
	s := flying()
	r := &s.Receipts[0]
	r.Stage, r.HeldBlocks, r.Contained = ops.StageContained, 3, noon.Add(3*time.Second)
	s.Incident = &ops.Incident{First: "A1", Opened: at(32), OpenedAt: noon.Add(-5 * time.Second), Contained: at(40), StoppedAt: noon.Add(3 * time.Second)}
	s.Board[0].Done = true
	s.Findings[0].Trend = "steady now, 61.8 dUSD since the breach"
	return s
}

// thePlan is what Prepare answers.
func thePlan() ops.Plan {
	return ops.Plan{
		Digest: common.Hash{0xa3}, Runbook: "R1", Name: "freeze-vault", RunbookHash: common.Hash{0xc8}, SignedBy: "incident-command", Step: "R1.1", StepTitle: "Pause the vault", Steps: 2, Mode: ops.Drill, Chain: "drill", ChainID: ops.FirstDrillChain,
		Call: ops.Call{To: common.HexToAddress("0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa"), Name: "vault", Function: "vault.pause()", Value: "0", Data: []byte{0x84, 0x56, 0xcb, 0x59}}, At: at(37), Simulated: true,
		Changes: []ops.Change{{What: "vault.paused()", Before: "false", After: "true"}, {What: "the breach's transaction, tried again by 0x08d5…7098", Before: "succeeded", After: "REVERTS EnforcedPause"}},
		Stops:   "all deposits and withdrawals", Lane: "guardian · keystore", From: common.HexToAddress("0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"), Gas: 208_168,
		MaxCost: quantity("222000000000000", "0.000222 ETH"), Phrase: "drill freeze vault", Prepared: noon,
	}
}

// desk is a backend that a test plays.
type desk struct {
	mu       sync.Mutex
	feed     chan ops.Snapshot
	plan     ops.Plan
	planErr  error
	doErr    error
	commands []ops.Command
	prepared int
}

func newDesk() *desk { return &desk{feed: make(chan ops.Snapshot, 16), plan: thePlan()} }

func (d *desk) Snapshots(context.Context) <-chan ops.Snapshot { return d.feed }

func (d *desk) Prepare(context.Context, ops.RunbookID) (ops.Plan, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepared++
	return d.plan, d.planErr
}

func (d *desk) Do(_ context.Context, c ops.Command) (ops.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commands = append(d.commands, c)
	if d.doErr != nil {
		return ops.Receipt{}, d.doErr
	}
	return ops.Receipt{Name: "freeze-vault", Stage: ops.StageSent}, nil
}

func (d *desk) sent() (all []ops.Contain) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.commands {
		if contain, ok := c.(ops.Contain); ok {
			all = append(all, contain)
		}
	}
	return all
}

// hand is a model with a person at it and a clock that is turned by hand.
type hand struct {
	*Model
	t    *testing.T
	desk *desk
	time time.Time
}

func newHand(t *testing.T, w, h int, s ops.Snapshot) *hand {
	t.Helper()
	x := &hand{t: t, desk: newDesk(), time: noon}
	m, err := New(t.Context(), x.desk, Options{Theme: "dark", Coach: true, Clock: func() time.Time { return x.time }})
	if err != nil {
		t.Fatal(err)
	}
	m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	x.Model = m
	x.gets(tea.WindowSizeMsg{Width: w, Height: h})
	x.sees(s)
	return x
}

// gets delivers a message and, one after the other, what comes of it. The clock
// brings nothing by itself: the test turns it.
func (x *hand) gets(msg tea.Msg) {
	_, cmd := x.Update(msg)
	x.runs(cmd)
}

func (x *hand) runs(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			x.runs(c)
		}
	case planMsg, doneMsg:
		x.gets(msg)
	}
}

// sees shows a snapshot, without waiting for the next.
func (x *hand) sees(s ops.Snapshot) { x.Update(snapshotMsg{cleanSnapshot(s), true}) }

// follows shows a snapshot and delivers what comes of it.
func (x *hand) follows(s ops.Snapshot) {
	x.desk.feed <- s // what waits for the next must end
	x.gets(snapshotMsg{cleanSnapshot(s), true})
}

// types presses keys: names such as enter, esc, ctrl+a, or text letter by letter.
func (x *hand) types(keys ...string) {
	for _, k := range keys {
		switch k {
		case "enter":
			x.gets(tea.KeyPressMsg{Code: tea.KeyEnter})
		case "esc":
			x.gets(tea.KeyPressMsg{Code: tea.KeyEscape})
		case "tab":
			x.gets(tea.KeyPressMsg{Code: tea.KeyTab})
		case "down":
			x.gets(tea.KeyPressMsg{Code: tea.KeyDown})
		case "ctrl+a":
			x.gets(tea.KeyPressMsg{Code: 'a', Mod: tea.ModCtrl})
		case "ctrl+u":
			x.gets(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
		case "ctrl+t":
			x.gets(tea.KeyPressMsg{Code: 't', Mod: tea.ModCtrl})
		default:
			for _, r := range k {
				x.gets(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
	}
}

func (x *hand) waits(d time.Duration) { x.time = x.time.Add(d); x.Update(beatMsg{}) }

var errDesk = errors.New("the key is locked")

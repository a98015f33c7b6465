package canary_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/canary"
)

const eventsABI = `[
{"type":"event","name":"Withdraw","inputs":[{"name":"sender","type":"address","indexed":true},{"name":"assets","type":"uint256"}]},
{"type":"event","name":"Deposit","inputs":[{"name":"owner","type":"address","indexed":true},{"name":"assets","type":"uint256"}]},
{"type":"event","name":"Swap","inputs":[{"name":"amount","type":"int256"}]},
{"type":"event","name":"Small","inputs":[{"name":"amount","type":"uint64"}]},
{"type":"event","name":"Named","inputs":[{"name":"amount","type":"bool"}]}]`

var (
	events = func() map[string]abi.Event {
		parsed, err := abi.JSON(strings.NewReader(eventsABI))
		if err != nil {
			panic(err)
		}
		return parsed.Events
	}()
	vault   = common.Address{1}
	alice   = common.Address{0xa}
	mallory = common.Address{0xbad & 0xff}
	start   = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
)

func field(event, name string) canary.EventField {
	return canary.EventField{Contract: vault, Event: events[event], Field: name}
}

// window is 500 in 10 minutes, for Alice alone.
func window() canary.Canary {
	return canary.Canary{
		ID: "C1", Release: "vault-v2", Spends: field("Withdraw", "assets"), Limit: big.NewRat(500, 1), Interval: 10 * time.Minute,
		User: field("Deposit", "owner"), Allowed: []common.Address{alice}, Observe: 48 * time.Hour, Expires: 72 * time.Hour,
		FreezeOn: []string{"critical", "budget", "segment"}, Action: "R1", Show: func(s string) ops.Quantity { return ops.Quantity{Exact: s, Shown: s} },
	}
}

// at is block n, twelve seconds after the one before.
func at(n uint64) ops.BlockRef { return after(n, int64(n)*12) }

func after(n uint64, seconds int64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.BigToHash(big.NewInt(int64(n) + 1)), Time: start.Add(time.Duration(seconds) * time.Second)}
}

func withdraw(n int64) ops.Log {
	return ops.Log{Address: vault, Topics: []common.Hash{events["Withdraw"].ID, {}}, Data: common.BigToHash(big.NewInt(n)).Bytes(), Tx: common.Hash{byte(n)}}
}

func deposit(who common.Address) ops.Log {
	return ops.Log{Address: vault, Topics: []common.Hash{events["Deposit"].ID, common.BytesToHash(who[:])}, Data: common.BigToHash(big.NewInt(1)).Bytes()}
}

var fine = []ops.Finding{{Detector: "A1", Severity: ops.Critical, Verdict: ops.OK}}

func TestTheBudgetMayBeSpentToTheLastWei(t *testing.T) {
	c := window()
	for amount, want := range map[int64]ops.Verdict{499: ops.OK, 500: ops.OK, 501: ops.Breach} {
		s := c.Add(canary.State{}.Open(at(1)), at(2), []ops.Log{withdraw(300), withdraw(amount - 300)})
		s, w := c.Judge(s, at(2), fine)
		if w.Budget != want || w.Spent.Exact != big.NewInt(amount).String() || w.Frozen != (want == ops.Breach) {
			t.Errorf("%d: %+v", amount, w)
		}
		if s.Frozen() != w.Frozen {
			t.Error("the state and the window disagree")
		}
	}
}

func TestWhatWasSpentCountsForOneIntervalToTheSecond(t *testing.T) {
	c := window()
	s := c.Add(canary.State{}.Open(after(1, 0)), after(2, 0), []ops.Log{withdraw(400)})
	for seconds, want := range map[int64]string{0: "400", 599: "400", 600: "0", 601: "0"} {
		later := after(3, seconds)
		if _, w := c.Judge(c.Add(s, later, nil), later, fine); w.Spent.Exact != want {
			t.Errorf("after %d s %s is spent, want %s", seconds, w.Spent.Exact, want)
		}
	}
}

func TestAClockThatAReorgTakesBackBringsOldSpendingBack(t *testing.T) {
	c := window()
	s := c.Add(canary.State{}.Open(after(1, 0)), after(2, 0), []ops.Log{withdraw(400)})
	s = c.Add(s, after(3, 605), nil)
	s = s.Drop(3)
	s = c.Add(s, after(3, 595), []ops.Log{withdraw(200)})
	if _, w := c.Judge(s, after(3, 595), fine); w.Budget != ops.Breach || w.Spent.Exact != "600" {
		t.Errorf("%+v", w)
	}
}

func TestAnAmountIsWhatMovedWhateverItsSignOrWidth(t *testing.T) {
	minus := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(600))
	for _, x := range []struct {
		event string
		word  *big.Int
		spent string
		want  ops.Verdict
	}{
		{"Swap", minus, "600", ops.Breach}, {"Swap", big.NewInt(600), "600", ops.Breach}, {"Small", big.NewInt(600), "600", ops.Breach}, {"Named", big.NewInt(1), "0", ops.Unknown},
	} {
		c := window()
		c.Spends = field(x.event, "amount")
		l := ops.Log{Address: vault, Topics: []common.Hash{events[x.event].ID}, Data: common.BigToHash(x.word).Bytes()}
		_, w := c.Judge(c.Add(canary.State{}.Open(at(1)), at(2), []ops.Log{l}), at(2), fine)
		if w.Spent.Exact != x.spent || w.Budget != x.want || strings.Contains(w.BudgetWhy, "nil") {
			t.Errorf("%s: %+v", x.event, w)
		}
	}
}

func TestAnAmountThatCannotBeReadIsUnknownForItsIntervalAndNoLonger(t *testing.T) {
	c := window()
	broken := withdraw(1)
	broken.Data = broken.Data[:20]
	s := c.Add(canary.State{}.Open(after(1, 0)), after(2, 0), []ops.Log{broken, withdraw(100)})
	_, w := c.Judge(s, after(2, 0), fine)
	if w.Budget != ops.Unknown || !strings.Contains(w.BudgetWhy, "an event at #2 could not be read") || w.Segment != ops.OK || w.Green != 0 {
		t.Errorf("%+v", w)
	}
	if _, w = c.Judge(c.Add(s, after(3, 12), []ops.Log{withdraw(450)}), after(3, 12), fine); w.Budget != ops.Breach {
		t.Errorf("what was read is enough to know: %+v", w)
	}
	if _, w = c.Judge(c.Add(s, after(60, 600), nil), after(60, 600), fine); w.Budget != ops.OK {
		t.Errorf("an interval later: %+v", w)
	}
	if _, w = c.Judge(s.Drop(2), after(2, 0), fine); w.Budget != ops.OK {
		t.Errorf("after a reorg took the block back: %+v", w)
	}
}

func TestAUserWhoCannotBeReadIsUnknownForTheWholeWindow(t *testing.T) {
	c := window()
	broken := deposit(alice)
	broken.Topics = broken.Topics[:1]
	s := c.Add(canary.State{}.Open(at(1)), at(2), []ops.Log{broken})
	if _, w := c.Judge(s, at(9999), fine); w.Segment != ops.Unknown || w.SegmentWhy == "" {
		t.Errorf("%+v", w)
	}
	if _, w := c.Judge(s.Drop(2), at(2), fine); w.Segment != ops.OK {
		t.Errorf("%+v", w)
	}
	for n := range uint64(1000) {
		s = c.Add(s, at(n+3), []ops.Log{broken, broken})
	}
	if _, w := c.Judge(s, at(2000), fine); w.Segment != ops.Unknown {
		t.Errorf("%+v", w)
	}
}

func TestOnlyAllowedAccountsMayUseThePath(t *testing.T) {
	c := window()
	s := c.Add(canary.State{}.Open(at(1)), at(2), []ops.Log{deposit(alice), deposit(alice)})
	s, w := c.Judge(s, at(2), fine)
	if w.Segment != ops.OK || w.Seen != 1 || w.Allowed != 1 {
		t.Errorf("%+v", w)
	}
	s = c.Add(s, at(3), []ops.Log{deposit(mallory), deposit(alice)})
	s, w = c.Judge(s, at(3), fine)
	if w.Segment != ops.Breach || len(w.Outsiders) != 1 || w.Outsiders[0] != mallory || w.FrozenBy != "C1 segment" || w.FrozenAt.Number != 3 {
		t.Errorf("%+v", w)
	}
	if _, w = c.Judge(s.Drop(3), at(3), fine); w.Segment != ops.OK || w.Seen != 1 || !w.Frozen {
		t.Errorf("the account goes with its block, the freeze stays: %+v", w)
	}
}

func TestWhoeverFreezesFirstIsRemembered(t *testing.T) {
	c := window()
	s := canary.State{}.Open(at(1))
	s, w := c.Judge(s, at(2), []ops.Finding{{Detector: "G1", Severity: ops.High, Verdict: ops.Breach}, {Detector: "A1", Severity: ops.Critical, Verdict: ops.Unknown}})
	if w.Frozen {
		t.Errorf("neither a high breach nor an unknown freezes: %+v", w)
	}
	s, w = c.Judge(s, at(3), []ops.Finding{{Detector: "A1", Severity: ops.Critical, Verdict: ops.Breach}})
	if !w.Frozen || w.FrozenBy != "A1" || w.FrozenAt.Number != 3 {
		t.Errorf("%+v", w)
	}
	s, w = c.Judge(s.Freeze("R1.2", at(4)), at(5), []ops.Finding{{Detector: "E1", Severity: ops.Critical, Verdict: ops.Breach}})
	if w.FrozenBy != "A1" || w.FrozenAt.Number != 3 || !s.Frozen() {
		t.Errorf("%+v", w)
	}
	c.FreezeOn = nil
	if _, w = c.Judge(canary.State{}.Open(at(1)), at(2), []ops.Finding{{Severity: ops.Critical, Verdict: ops.Breach}}); w.Frozen {
		t.Errorf("nothing was to freeze: %+v", w)
	}
}

func TestOnlyABlockInWhichEverythingIsOKIsGreen(t *testing.T) {
	c := window()
	s := canary.State{}.Open(at(1))
	var w ops.Window
	for n, findings := range [][]ops.Finding{fine, {{Verdict: ops.Unknown}}, {{Verdict: ops.OK}, {Verdict: ops.Breach}}, nil, fine, fine} {
		s, w = c.Judge(s, at(uint64(n)+2), findings)
	}
	if w.Green != 3 || w.Judged != 6 {
		t.Fatalf("%d of %d", w.Green, w.Judged)
	}
	if s, w = c.Judge(s, at(7), fine); w.Green != 3 || w.Judged != 6 {
		t.Errorf("a block judged twice counts once: %d of %d", w.Green, w.Judged)
	}
	s = s.Drop(6)
	for n := uint64(6); n < 9; n++ {
		s, w = c.Judge(s, at(n), fine)
	}
	if w.Green != 4 || w.Judged != 7 {
		t.Errorf("after a reorg of two and three new: %d of %d", w.Green, w.Judged)
	}
}

func TestTheCountNeverSurvivesWhatItCannotTakeBack(t *testing.T) {
	c := window()
	s := canary.State{}.Open(at(1))
	var w ops.Window
	for n := uint64(2); n < 2002; n++ {
		s, w = c.Judge(s, at(n), fine)
	}
	if w.Green != 2000 {
		t.Fatalf("%d", w.Green)
	}
	if _, w = c.Judge(s.Drop(1900), at(1900), fine); w.Green != 1899 {
		t.Errorf("a hundred taken back: %d", w.Green)
	}
	if _, w = c.Judge(s.Drop(10), at(10), fine); w.Green > 9 {
		t.Errorf("nearly all taken back, and %d are green", w.Green)
	}
}

func TestAWindowOpensWithTheUpgradeAndClosesWithItsBlock(t *testing.T) {
	c := window()
	_, w := c.Judge(canary.State{}, at(5), []ops.Finding{{Severity: ops.Critical, Verdict: ops.Breach}})
	if w.Open || w.Frozen || w.Judged != 0 || w.Budget != ops.Unknown || w.Segment != ops.Unknown || w.BudgetWhy == "" {
		t.Errorf("before: %+v", w)
	}
	s := canary.State{}.Open(at(5)).Open(at(9))
	_, w = c.Judge(s, at(10), fine)
	if !w.Open || w.OpenedAt.Number != 5 || !w.Ends.Equal(at(5).Time.Add(48*time.Hour)) || !w.Expires.Equal(at(5).Time.Add(72*time.Hour)) || w.SpentPart != 0 {
		t.Errorf("%+v", w)
	}
	if s = s.Drop(6); s.Opened().Number != 5 {
		t.Errorf("%v", s.Opened())
	}
	if s = s.Drop(5); !s.Opened().Zero() {
		t.Errorf("%v", s.Opened())
	}
}

func TestAWindowSpeaksInFindingsToo(t *testing.T) {
	c := window()
	if f := c.Findings(ops.Window{}, at(1), nil); f != nil {
		t.Errorf("a closed window says %v", f)
	}
	s := c.Add(canary.State{}.Open(at(1)), at(2), []ops.Log{withdraw(501), deposit(mallory)})
	s, w := c.Judge(s, at(2), fine)
	first := c.Findings(w, at(2), nil)
	if len(first) != 2 || first[0].Detector != "C1.budget" || first[0].Verdict != ops.Breach || first[0].Observed.Exact != "501" || first[0].Action != "R1" || first[1].Observed.Shown != "1 outside" {
		t.Fatalf("%+v", first)
	}
	_, w = c.Judge(c.Add(s, at(3), nil), at(3), fine)
	second := c.Findings(w, at(3), first)
	if second[0].Since.Number != 2 || second[0].Known.Number != 3 {
		t.Errorf("%+v", second[0])
	}
	w.Budget, w.BudgetWhy = ops.Unknown, "dark"
	third := c.Findings(w, at(4), second)
	if f := third[0]; f.Verdict != ops.Unknown || f.Observed.Exact != "" || f.Known.Number != 3 || f.Last.Exact != "501" || f.Since.Number != 4 {
		t.Errorf("%+v", f)
	}
}

func TestTheLargestWithdrawalIsFound(t *testing.T) {
	c := window()
	broken := withdraw(99)
	broken.Data = nil
	if tx, ok := c.Largest([]ops.Log{withdraw(3), deposit(alice), broken, withdraw(7), withdraw(5)}); !ok || tx != (common.Hash{7}) {
		t.Errorf("%v %v", tx, ok)
	}
	if _, ok := c.Largest([]ops.Log{deposit(alice)}); ok {
		t.Error("nothing was withdrawn")
	}
}

func BenchmarkTenThousandNewUsersInOneBlock(b *testing.B) {
	c := window()
	logs := make([]ops.Log, 10_000)
	for i := range logs {
		logs[i] = deposit(common.BigToAddress(big.NewInt(int64(i))))
	}
	for b.Loop() {
		_ = c.Add(canary.State{}.Open(at(1)), at(2), logs)
	}
}

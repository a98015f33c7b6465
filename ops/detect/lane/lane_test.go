package lane

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const events = `[
 {"type":"event","name":"Sent","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"amount","type":"uint256"}]},
 {"type":"event","name":"Executed","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"amount","type":"uint256"}]},
 {"type":"event","name":"Failed","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"reason","type":"bytes"}]}]`

var (
	home, away = common.HexToAddress("0x10"), common.HexToAddress("0x20")
	dawn       = time.Unix(1_900_000_000, 0)
)

func event(t testing.TB, contract common.Address, name string, amount int) Event {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	return Event{Contract: contract, Event: parsed.Events[name], Amount: amount, Failed: name == "Failed"}
}

// story is a lane whose chains have a block each second, and what was said in them.
type story struct {
	t      testing.TB
	home   *Fold
	away   *Memory
	sent   Event
	done   Event
	failed Event
}

func begin(t testing.TB, from uint64) *story {
	s := &story{t: t, sent: event(t, home, "Sent", 1), done: event(t, away, "Executed", 1), failed: event(t, away, "Failed", -1)}
	l := &Lane{Sent: "home", Within: 20 * time.Second, Grace: 3 * time.Second, Over: time.Minute,
		Executed: End{Lane: "L1", Chain: "away", Events: []Event{s.done, s.failed}, From: from}}
	s.home, s.away = End{Lane: "L1", Chain: "home", Events: []Event{s.sent}, From: from}.Start(), l.NewMemory()
	return s
}

func block(n uint64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.Hash{byte(n), 1}, Time: dawn.Add(time.Duration(n) * time.Second)}
}

func (s *story) log(e Event, n uint64, id byte, amount int64) ops.Log {
	data := common.BigToHash(big.NewInt(amount)).Bytes()
	if e.Failed {
		data = append(common.BigToHash(big.NewInt(32)).Bytes(), make([]byte, 32)...)
	}
	return ops.Log{Address: e.Contract, Topics: []common.Hash{e.Event.ID, {id}}, Data: data, Block: block(n), Index: uint(id)}
}

func (s *story) homeSees(n uint64, logs ...ops.Log) { s.home.See(block(n), logs) }

func (s *story) awaySees(n uint64, logs ...ops.Log) ops.Assessment {
	s.away.Hear(s.home.Side())
	s.away.Through(n - 1) // nothing happened in between
	return s.away.Next(block(n), nil, logs)
}

func (s *story) is(a ops.Assessment, v ops.Verdict, why string) {
	s.t.Helper()
	if a.Verdict != v || !strings.Contains(a.Why, why) || (v == ops.Unknown) != (a.Observed == "") {
		s.t.Fatalf("%s %q, observed %q; want %s %q", a.Verdict, a.Why, a.Observed, v, why)
	}
}

func TestAnHonestLaneIsQuiet(t *testing.T) {
	s := begin(t, 1)
	for n := uint64(1); n < 100; n++ {
		s.homeSees(n, s.log(s.sent, n, byte(n), 5))
		var logs []ops.Log
		if n > 10 {
			logs = append(logs, s.log(s.done, n, byte(n-10), 5))
		}
		s.is(s.awaySees(n, logs...), ops.OK, "")
	}
}

// An origin may be seen after the execution; when the other chain was seen past a grace and
// it is not there, it never was.
func TestWhatWasNeverSentIsUnknownForAGraceAndThenABreach(t *testing.T) {
	s := begin(t, 1)
	s.homeSees(1)
	s.is(s.awaySees(1, s.log(s.done, 1, 7, 5)), ops.Unknown, "not seen far enough")
	s.homeSees(2)
	s.homeSees(3)
	s.is(s.awaySees(3), ops.Unknown, "not seen far enough")
	s.homeSees(4)
	a := s.awaySees(4)
	s.is(a, ops.Breach, "was never sent on home")
	if want := (common.Hash{7}).Hex(); s.away.Gives()["message"] != want || a.Doubt != "" || a.Observed != "1" {
		t.Errorf("%v, %+v", s.away.Gives(), a)
	}

	late := begin(t, 1)
	late.homeSees(1)
	late.awaySees(1, late.log(late.done, 1, 7, 5))
	late.homeSees(2, late.log(late.sent, 2, 7, 5))
	late.is(late.awaySees(2), ops.OK, "")

	cover := begin(t, 1) // sent when it was long executed
	cover.homeSees(1)
	cover.awaySees(1, cover.log(cover.done, 1, 7, 5))
	for n := uint64(2); n < 5; n++ {
		cover.homeSees(n)
	}
	cover.homeSees(5, cover.log(cover.sent, 5, 7, 5))
	cover.is(cover.awaySees(5), ops.Breach, "was sent after it")
}

func TestWhatIsWrongWithAMessageIsSaid(t *testing.T) {
	s := begin(t, 1)
	s.homeSees(1, s.log(s.sent, 1, 1, 5), s.log(s.sent, 1, 2, 5), s.log(s.sent, 1, 3, 5))
	s.is(s.awaySees(1), ops.OK, "")
	s.homeSees(2)
	s.is(s.awaySees(2, s.log(s.done, 2, 1, 5), s.log(s.failed, 2, 2, 0)), ops.Breach, "delivery failed: 0x02")
	s.homeSees(3)
	s.is(s.awaySees(3, s.log(s.done, 3, 2, 5)), ops.OK, "") // delivered at last
	s.homeSees(4)
	s.is(s.awaySees(4, s.log(s.done, 4, 2, 5)), ops.Breach, "executed twice: 0x02")
	s.homeSees(5)
	a := s.awaySees(5, s.log(s.done, 5, 3, 6))
	s.is(a, ops.Breach, "executed twice: 0x02")
	if !strings.Contains(a.Why, "more released than locked: 0x03") || !strings.Contains(a.Why, "released 6 of 5") || a.Observed != "2" {
		t.Errorf("%+v", a)
	}
}

// Whoever floods a lane has every message counted, and a few named.
func TestAFloodIsCountedAndNotTold(t *testing.T) {
	s := begin(t, 1)
	s.homeSees(1)
	var logs []ops.Log
	for id := range byte(200) {
		logs = append(logs, s.log(s.done, 1, id, 5))
	}
	a := s.awaySees(1, logs...)
	s.is(a, ops.Unknown, "and 197 more")
	for n := uint64(2); n < 5; n++ {
		s.homeSees(n)
		a = s.awaySees(n)
	}
	s.is(a, ops.Breach, "and 197 more")
	if a.Observed != "200" || len(a.Why) > 600 {
		t.Errorf("%s: %s", a.Observed, a.Why)
	}
}

func TestAMessageThatIsNotExecutedInTimeIsLate(t *testing.T) {
	s := begin(t, 1)
	s.homeSees(1, s.log(s.sent, 1, 1, 5))
	s.awaySees(1)
	for n := uint64(2); n <= 81; n++ {
		s.homeSees(n)
		a := s.awaySees(n)
		if late := n > 21 && n < 81; late != (a.Verdict == ops.Breach) || !late && a.Verdict != ops.OK {
			t.Fatalf("#%d: %+v", n, a)
		}
	}
}

// A replay is proven by one side alone; it is a breach then with a doubt, and everything
// else is UNKNOWN.
func TestADeadOtherSideIsNeverGreen(t *testing.T) {
	s := begin(t, 1)
	s.is(s.away.Next(block(1), nil, nil), ops.Unknown, "does not look at it")
	s.homeSees(1, s.log(s.sent, 1, 1, 5))
	s.is(s.awaySees(1), ops.OK, "")
	s.is(s.away.Next(block(4), nil, nil), ops.Unknown, "#2 to #3 on away was not read")
	s.away.Through(4)
	s.is(s.awaySees(5), ops.Unknown, "its newest block is 4s older than that of away")
	dead := s.home.Side()
	dead.Why = "nobody answers"
	s.away.Hear(dead)
	s.is(s.away.Next(block(6), nil, []ops.Log{s.log(s.done, 6, 9, 1)}), ops.Unknown, "home: nobody answers")
	a := s.away.Next(block(7), nil, []ops.Log{s.log(s.done, 7, 9, 1)})
	s.is(a, ops.Breach, "executed twice")
	if !strings.Contains(a.Doubt, "nobody answers") || strings.Contains(a.Why, "never sent") {
		t.Errorf("%+v", a)
	}
}

// What was not read, cannot be read or is too much leaves the side UNKNOWN.
func TestASideIsWholeOrSaysWhyNot(t *testing.T) {
	why := func(f *Fold, want string) {
		t.Helper()
		if got := f.Side().Why; got != want && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s := begin(t, 5)
	why(s.home, "no block of home was judged yet")
	s.homeSees(9)
	why(s.home, "what happened from #5 to #8 on home was not read")
	s.home.Known(5, 8)
	why(s.home, "")
	s.homeSees(12)
	why(s.home, "#10 to #11")
	s.home.Through(12)
	why(s.home, "")
	s.home.Gap(12, 12)
	s.homeSees(13)
	why(s.home, "#12")
	s.home.Through(13)
	twin := s.log(s.sent, 14, 1, 5) // the same event with its id not indexed
	twin.Topics, twin.Data = twin.Topics[:1], append(common.Hash{1}.Bytes(), twin.Data...)
	s.homeSees(14, twin)
	why(s.home, "looks like a message, and cannot be read")
	s.home.Drop(14)
	s.homeSees(14, ops.Log{Address: away, Topics: twin.Topics, Data: twin.Data, Block: block(14)})
	why(s.home, "")
	if n := len(s.home.Side().Passages); n != 0 {
		t.Errorf("a message of another contract counts: %d", n)
	}
	for i := range mostPassages + 1 {
		s.home.Book(block(15), []ops.Log{{Address: home, Topics: []common.Hash{s.sent.Event.ID, common.BigToHash(big.NewInt(int64(i)))}, Data: make([]byte, 32), Block: block(15), Index: uint(i)}})
	}
	s.homeSees(15)
	why(s.home, "more than 65536 messages")
}

// A reorg takes back what it took back, and sides that were given away stay as they were.
func TestAReorgIsForgottenAndGivenSidesStand(t *testing.T) {
	s := begin(t, 1)
	for n := uint64(1); n < 6; n++ {
		s.homeSees(n, s.log(s.sent, n, byte(n), 5))
	}
	given := s.home.Side()
	s.home.Drop(3)
	s.homeSees(3, s.log(s.sent, 3, 33, 5))
	s.home.Book(block(2), []ops.Log{s.log(s.sent, 2, 2, 5), s.log(s.sent, 2, 22, 5)}) // again, and one that came late
	said := func(side ops.Side) string {
		var b strings.Builder
		for _, p := range side.Passages {
			fmt.Fprint(&b, p.ID[0], " ")
		}
		return b.String()
	}
	if said(given) != "1 2 3 4 5 " || said(s.home.Side()) != "1 2 22 33 " || s.home.Side().Why != "" {
		t.Errorf("%s, %s, %q", said(given), said(s.home.Side()), s.home.Side().Why)
	}
	s.away.Hear(s.home.Side())
	s.away.Next(block(3), nil, []ops.Log{s.log(s.done, 3, 33, 5)})
	s.home.Drop(3) // the origin is gone, and its execution stands
	for n := uint64(3); n < 7; n++ {
		s.homeSees(n)
		s.awaySees(n)
	}
	s.is(s.awaySees(6), ops.Breach, "was never sent")
}

// A log whose shape holds more than its bytes is refused before it is decoded: it takes
// less than 1 MiB, and its side says what it could not read.
func TestALogThatWouldExplodeIsRefused(t *testing.T) {
	parsed, err := abi.JSON(strings.NewReader(`[{"type":"event","name":"Sent","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"calls","type":"uint256[][][]"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	word := func(n int64) []byte { return common.BigToHash(big.NewInt(n)).Bytes() }
	data := word(32)
	for range 3 { // each level holds the same offset many times over
		data = append(data, word(200)...)
		for range 200 {
			data = append(data, word(200*32)...)
		}
	}
	e := Event{Contract: home, Event: parsed.Events["Sent"], Amount: -1}
	bomb := ops.Log{Address: home, Topics: []common.Hash{e.Event.ID, {1}}, Data: data, Block: block(1)}
	taken := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f := End{Lane: "L1", Chain: "home", Events: []Event{e}}.Start()
			f.See(block(1), []ops.Log{bomb})
			if side := f.Side(); len(side.Passages) != 0 || side.Why == "" {
				b.Fatal("it was read")
			}
		}
	})
	if n := taken.AllocedBytesPerOp(); n > 1<<20 || taken.N == 0 {
		t.Errorf("refusing it took %d bytes, %d times", n, taken.N)
	}
}

func FuzzALogOfAMessage(f *testing.F) {
	f.Add([]byte{1}, 2)
	f.Fuzz(func(t *testing.T, data []byte, topics int) {
		s := begin(t, 1)
		l := ops.Log{Address: home, Topics: []common.Hash{s.sent.Event.ID, {9}, {8}, {7}}[:1+max(topics, -topics)%4], Data: data, Block: block(1)}
		s.homeSees(1, l)
		side := s.home.Side()
		if read := len(l.Topics) == 2 && len(data) == 32; read != (len(side.Passages) == 1) || read != (side.Why == "") {
			t.Errorf("%d topics, %d bytes: %d messages, %q", len(l.Topics), len(data), len(side.Passages), side.Why)
		}
	})
}

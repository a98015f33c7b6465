package leaving_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/leaving"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

var (
	vault, token = common.Address{19: 1}, common.Address{19: 2}
	usual, old   = common.Address{19: 3}, common.Address{19: 4}
	thief        = common.Address{19: 5}
	topic        = common.Hash{7}
	watched      = watch.List{{Name: "vault", Address: vault}}
	known        = map[common.Address]bool{usual: true}
	tokens       = &leaving.Detector{Watched: watched, Token: token, Topic: topic, Asset: "token", Known: known, Size: big.NewInt(10), Over: time.Hour, From: 5}
	ether        = &leaving.Detector{Watched: watched, Asset: "ether", Known: known, Size: big.NewInt(10), Over: time.Hour}
	nobody       []paid
)

type paid struct {
	to     common.Address
	amount int64
}

func block(n uint64, minute int64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.Hash{30: byte(n), 31: byte(minute)}, Time: time.Unix(1_000_000+60*minute, 0)}
}

func word(a common.Address) common.Hash { return common.BytesToHash(a[:]) }

func logs(payments ...paid) []ops.Log {
	out := []ops.Log{
		{Address: token, Topics: []common.Hash{topic, word(usual), word(thief)}, Data: common.BigToHash(big.NewInt(99)).Bytes(), Index: 90}, // of somebody else
		{Address: token, Topics: []common.Hash{topic, word(vault)}, Data: []byte{1}, Index: 91},                                             // of no shape
	}
	for i, p := range payments {
		out = append(out, ops.Log{Address: token, Topics: []common.Hash{topic, word(vault), word(p.to)}, Data: common.BigToHash(big.NewInt(p.amount)).Bytes(), Index: uint(i)})
	}
	return out
}

func calls(payments ...paid) ops.Readings {
	out := []ops.Invocation{}
	for _, p := range payments {
		out = append(out, ops.Invocation{From: vault, To: p.to, Value: big.NewInt(p.amount), Fate: ops.FateDone},
			ops.Invocation{From: vault, To: thief, Value: big.NewInt(1000), Fate: ops.FateFailed}, // was undone
			ops.Invocation{From: p.to, To: vault, Value: big.NewInt(1000), Fate: ops.FateDone})
	}
	return answers(out, nil, []byte{1})
}

// answers are those of a block: what was called inside transactions, what was sent, and what
// code there is. A nil of the first is that nobody traces.
func answers(inner, sent []ops.Invocation, code []byte) ops.Readings {
	out := ops.Readings{}
	for i, r := range ether.Reads() {
		out[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: [][]byte{calldata.Record(inner), calldata.Record(sent), code}[i]}
	}
	if r := ether.Reads()[0]; inner == nil {
		out[r] = ops.Reading{Read: r, Status: ops.ReadUnable, Err: "nobody traces"}
	}
	return out
}

type step struct {
	at   ops.BlockRef
	paid []paid
	drop uint64
	want ops.Verdict
	seen string
}

var story = []step{
	{at: block(20, 0), paid: []paid{{usual, 1000}, {thief, 10}}, want: ops.OK, seen: "10"},
	{at: block(21, 5), paid: []paid{{thief, 1}}, want: ops.Breach, seen: "11"},
	{at: block(22, 6), paid: nobody, want: ops.Breach, seen: "11"},
	{at: block(22, 7), paid: []paid{{thief, 5}}, drop: 21, want: ops.Unknown}, // what was taken back is read anew
	{at: block(21, 5), paid: nobody, drop: 21, want: ops.OK, seen: "10"},
	{at: block(22, 6), paid: []paid{{thief, 20}}, want: ops.Breach, seen: "30"},
	{at: block(22, 6), paid: []paid{{thief, 20}}, want: ops.Breach, seen: "30"}, // once more
	{at: block(23, 60), paid: []paid{{thief, 900}}, want: ops.OK, seen: "0"},    // it is known for an hour
	{at: block(24, 61), paid: []paid{{common.Address{9}, 11}}, want: ops.Breach, seen: "11"},
}

func play(t *testing.T, m *leaving.Memory, next func(step) ops.Assessment) {
	t.Helper()
	for i, s := range story {
		if s.drop > 0 {
			m.Drop(s.drop)
		}
		a := next(s)
		if a.Verdict != s.want || s.want != ops.Unknown && (a.Observed != s.seen || a.Threshold != "10") {
			t.Errorf("step %d: %s %s against %s: %s; want %s %s", i, a.Verdict, a.Observed, a.Threshold, a.Why, s.want, s.seen)
		}
		if g := m.Gives(); (g["account"] != "") != (s.want == ops.Breach) {
			t.Errorf("step %d gives %v", i, g)
		}
	}
}

func TestTokensThatLeaveToSomebodyNewAreABreach(t *testing.T) {
	m := tokens.NewMemory()
	m.Book(block(7, -9000), logs(paid{old, 5000}))
	m.Book(block(8, -8000), logs(paid{old, 5000}))
	m.Known(5, 19)
	m.Book(block(8, -8000), logs(paid{old, 5000})) // told twice
	play(t, m, func(s step) ops.Assessment { return m.Next(s.at, nil, logs(append(s.paid, paid{old, 77})...)) })
}

func TestEtherThatLeavesToSomebodyNewIsABreach(t *testing.T) {
	m := ether.NewMemory()
	m.Next(block(19, -120), calls(paid{old, 3}), nil)
	play(t, m, func(s step) ops.Assessment { return m.Next(s.at, calls(append(s.paid, paid{old, 77})...), nil) })
}

func TestWhatWasNotReadDidNotStay(t *testing.T) {
	m := tokens.NewMemory()
	says := func(a ops.Assessment, want ops.Verdict, why string) {
		t.Helper()
		if a.Verdict != want || !strings.Contains(a.Why, why) {
			t.Errorf("%s: %s, want %s: %s", a.Verdict, a.Why, want, why)
		}
	}
	says(m.Next(block(20, 0), nil, logs(paid{thief, 99})), ops.Unknown, "from #5 to #19 was not read")
	m.Known(5, 19)
	says(m.Next(block(21, 1), nil, logs()), ops.Breach, "got nothing before #20")
	says(m.Next(block(23, 2), nil, logs()), ops.Unknown, "from #22 to #22 was not read")
	m.Through(23)
	says(m.Next(block(24, 3), nil, logs()), ops.Breach, thief.Hex())

	e := ether.NewMemory()
	says(e.Next(block(20, 0), answers(nil, nil, []byte{1}), nil), ops.Unknown, "nobody traces")
	says(e.Next(block(21, 59), calls(), nil), ops.Unknown, "#20: the calls of vault")
	says(e.Next(block(22, 60), calls(), nil), ops.OK, "")
	says(e.Next(block(24, 61), calls(), nil), ops.Unknown, "from #23 to #23 was not read")
}

// An account without code pays by what it sends, and nobody has to trace.
// A reorg that takes back one block that was not known brings no knowledge of another.
func TestAReorgMakesNoOtherBlockKnown(t *testing.T) {
	none, m := calls(), ether.NewMemory()
	for i, s := range []struct {
		at   ops.BlockRef
		now  ops.Readings
		drop uint64
		why  string
	}{
		{at: block(20, 0), now: none},
		{at: block(21, 1), now: nil, why: "#21: "},
		{at: block(22, 2), now: nil, why: "#22: "},
		{at: block(22, 3), now: none, drop: 22, why: "#21: "},
		{at: block(21, 4), now: none, drop: 21},
		{at: block(23, 5), now: none, why: "what left from #22 to #22 was not read"},
		{at: block(23, 6), now: none, drop: 23, why: "what left from #22 to #22 was not read"},
		{at: block(23, 6), now: none, why: "what left from #22 to #22 was not read"},
		{at: block(24, 66), now: none},
	} {
		if s.drop > 0 {
			m.Drop(s.drop)
		}
		a := m.Next(s.at, s.now, nil)
		if want := map[bool]ops.Verdict{true: ops.OK, false: ops.Unknown}[s.why == ""]; a.Verdict != want || !strings.HasPrefix(a.Why, s.why) {
			t.Errorf("step %d: %s: %q, want %s: %q", i, a.Verdict, a.Why, want, s.why)
		}
	}
}

func TestAnAccountWithoutCodePaysByWhatItSends(t *testing.T) {
	m := ether.NewMemory()
	pays := []ops.Invocation{{From: vault, To: thief, Value: big.NewInt(11)}, {From: vault, To: old, Value: big.NewInt(99), Fate: ops.FateFailed}}
	if a := m.Next(block(20, 0), answers(nil, pays, nil), nil); a.Verdict != ops.Breach || a.Observed != "11" {
		t.Errorf("%s %s: %s", a.Verdict, a.Observed, a.Why)
	}
	now := answers(nil, nil, nil)
	sent := ether.Reads()[1]
	now[sent] = ops.Reading{Read: sent, Err: "a timeout"}
	if a := m.Next(block(21, 1), now, nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "a timeout") {
		t.Errorf("%s: %s", a.Verdict, a.Why)
	}
}

// Nobody can fill the memory: whoever pays himself dust by the hundred thousand is forgotten
// before who got much.
func TestDustDoesNotHideWhoGotMuch(t *testing.T) {
	m := tokens.NewMemory()
	m.Known(5, 19)
	m.Next(block(20, 0), nil, logs(paid{thief, 1_000_000}))
	for n := range uint64(210) {
		var dust []paid
		for i := range 1000 {
			dust = append(dust, paid{common.BigToAddress(big.NewInt(int64(n)*1000 + int64(i) + 1000)), 1})
		}
		m.Book(block(21+n, 1), logs(dust...))
	}
	m.Known(5, 300)
	if a := m.Next(block(300, 2), nil, nil); a.Verdict != ops.Breach || a.Observed != "1000000" {
		t.Errorf("%s %s: %s", a.Verdict, a.Observed, a.Why)
	}
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
	"github.com/bulkhead-console/bulkhead/ops/detect/leaving"
	"github.com/bulkhead-console/bulkhead/ops/detect/pending"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// trap panics where it is set, once.
type trap struct{ at string }

func (t *trap) step(name string) {
	if t.at == name {
		t.at = ""
		panic(errors.New("a trap in " + name))
	}
}

// fragile is a memory with everything that the engine asks of one. It knows nothing until it
// was given its history: the blocks from 1 on.
type fragile struct {
	*trap
	known  bool
	booked uint64
}

func (m *fragile) Next(ops.BlockRef, ops.Readings, []ops.Log) ops.Assessment {
	m.step("Next")
	if !m.known || m.booked == 0 {
		return ops.Assessment{Verdict: ops.Unknown, Why: "it knows no history"}
	}
	return ops.Assessment{Verdict: ops.Breach, Observed: "1", Relation: "=", Threshold: "0"}
}
func (m *fragile) Book(at ops.BlockRef, _ []ops.Log)       { m.step("Book"); m.booked = at.Number }
func (m *fragile) Recall(ops.BlockRef, ops.Readings)       { m.step("Recall") }
func (m *fragile) CompleteFrom(ops.BlockRef)               { m.step("CompleteFrom") }
func (m *fragile) SentFrom(ops.BlockRef)                   { m.step("SentFrom") }
func (m *fragile) Through(uint64)                          { m.step("Through") }
func (m *fragile) Gap(uint64, uint64)                      { m.step("Gap") }
func (m *fragile) Drop(uint64)                             { m.step("Drop") }
func (m *fragile) From() uint64                            { m.step("From"); return 1 }
func (m *fragile) Known(uint64, uint64)                    { m.step("Known"); m.known = true }
func (m *fragile) Asks() []ops.Read                        { m.step("memory.Asks"); return nil }
func (m *fragile) Heed(map[common.Hash]bool)               { m.step("Heed") }
func (m *fragile) Gives() map[string]string                { m.step("Gives"); return nil }
func (m *fragile) Lane() ops.DetectorID                    { return "Z1" }
func (m *fragile) Hear(ops.Side)                           { m.step("Hear") }
func (m *fragile) Overhear(pending.Heard)                  { m.step("Overhear") }
func (m *fragile) Failures(int, bool) (int, []common.Hash) { m.step("Failures"); return 0, nil }

// trapped is a condition that asks and panics too.
type trapped struct{ *trap }

func (c trapped) Reads() []ops.Read                      { c.step("Reads"); return nil }
func (c trapped) Source() string                         { return "trapped" }
func (c trapped) Judge(_, _ ops.Readings) ops.Assessment { c.step("Judge"); return fine }
func (c trapped) Asks(ops.Readings) []ops.Read           { c.step("condition.Asks"); return nil }

// storied is a chain with a history.
type storied struct {
	pasts
	refused int // reads of it from block 1 on, from now on
	asked   int
}

func (s *storied) Logs(_ context.Context, from, to uint64, _ chain.Filter) ([]ops.Log, error) {
	if from != 1 { // not the history of a memory
		return nil, nil
	}
	if s.asked++; s.refused > 0 {
		s.refused--
		return nil, errors.New("too many requests")
	}
	return []ops.Log{{Block: ops.BlockRef{Number: to}}}, nil
}

func trappedEngine(traps *trap, bare *trap) (*Engine, *storied) {
	e := engineOf(
		detect.Invariant{ID: "A1", For: 1, Condition: saysNow{&fine}},
		detect.Invariant{ID: "Z1", For: 1, Condition: trapped{traps}, Remember: func() detect.Memory { return &fragile{trap: traps} }},
		detect.Invariant{ID: "Z2", For: 1, Condition: trapped{bare}},
		detect.Invariant{ID: "A2", For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory { return &fragile{trap: new(trap)} }},
	)
	e.Rules.traced, e.Rules.longest, e.Rules.called = []measure.Event{{Address: common.Address{1}}}, time.Hour, []time.Duration{time.Hour}
	e.heard = map[ops.DetectorID]ops.Side{"Z1": {}}
	e.ears.each = map[int]*pending.Ear{1: new(pending.Detector).Listen()}
	read := ops.Read{Kind: ops.ReadSent, To: common.Address{7}}
	e.Rules.steady = []ops.Read{read}
	s := &storied{pasts: pasts{sent: func(from, to uint64) ([][]ops.Reading, error) {
		var out [][]ops.Reading
		for n := from; n <= to; n++ {
			b := blockOf(n, 0)
			out = append(out, []ops.Reading{{Read: read, At: b}})
		}
		return out, nil
	}}}
	e.Chain = s
	return e, s
}

// blockAt is a block with a time.
func timedBlock(n uint64) ops.BlockRef {
	at := blockOf(n, 0)
	at.Time = time.Unix(1_000_000+int64(n)*12, 0)
	return at
}

func (e *Engine) says(id ops.DetectorID) ops.Finding {
	for _, f := range e.state.findings {
		if f.Detector == id {
			return f
		}
	}
	return ops.Finding{}
}

// Fault 32: wherever something of a detector panics, that detector is UNKNOWN and says so,
// every other one goes on, and its memory gets its history back.
func TestAPanicAnywhereInADetectorStopsItAloneAndItComesBack(t *testing.T) {
	for _, where := range []string{"Next", "Book", "Recall", "CompleteFrom", "SentFrom", "Through", "Drop", "From", "Known", "memory.Asks", "condition.Asks", "Heed", "Hear", "Overhear", "Gives", "Failures", "Reads"} {
		t.Run(where, func(t *testing.T) {
			traps := &trap{}
			e, _ := trappedEngine(traps, new(trap))
			for n := uint64(200); n < 203; n++ {
				e.block(t.Context(), timedBlock(n), false)
			}
			if f := e.says("Z1"); f.Verdict != ops.Breach {
				t.Fatalf("before, it is %s: %s", f.Verdict, f.Why)
			}
			first := uint64(203)
			switch traps.at = where; where {
			case "Drop": // a reorg
				first = 202
			case "Book", "Recall", "CompleteFrom", "SentFrom", "From", "Known": // only while history is read
				e.state.anew(e.Rules)
			case "Through":
				e.state.unread = 202
			}
			stopped := ""
			for n := first; n < 212; n++ {
				e.block(t.Context(), timedBlock(n), false)
				for _, id := range []ops.DetectorID{"A1", "A2", "Z2"} {
					if f := e.says(id); f.Verdict == ops.Unknown {
						t.Fatalf("#%d: %s is unknown: %s", n, id, f.Why)
					}
				}
				f := e.says("Z1")
				if f.Verdict == ops.OK {
					t.Fatalf("#%d: it is fine", n)
				}
				if f.Verdict == ops.Unknown && strings.Contains(f.Why, "a trap in "+where) {
					stopped = f.Why
				}
			}
			if traps.at != "" || stopped == "" {
				t.Errorf("trap %q, it said %q", traps.at, stopped)
			}
			if f := e.says("Z1"); f.Verdict != ops.Breach {
				t.Errorf("it never came back: %s: %s", f.Verdict, f.Why)
			}
		})
	}
}

// News that is heard between two blocks is judged at the newest one.
func TestAPanicBetweenTwoBlocksStopsItsDetectorAtOnce(t *testing.T) {
	for _, where := range []string{"Hear", "Overhear", "Next"} {
		traps := &trap{}
		e, _ := trappedEngine(traps, new(trap))
		for n := uint64(200); n < 203; n++ {
			e.block(t.Context(), timedBlock(n), false)
		}
		traps.at, e.unheard = where, true
		e.reconsider()
		if f := e.says("Z1"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "a trap in "+where) {
			t.Errorf("%s: %s: %s", where, f.Verdict, f.Why)
		}
		if f := e.says("A2"); f.Verdict != ops.Breach {
			t.Errorf("%s: another one is %s: %s", where, f.Verdict, f.Why)
		}
		for n := uint64(203); n < 207; n++ {
			e.block(t.Context(), timedBlock(n), false)
		}
		if f := e.says("Z1"); f.Verdict != ops.Breach {
			t.Errorf("%s: it never came back: %s: %s", where, f.Verdict, f.Why)
		}
	}
}

func TestAPanicInAConditionWithoutMemoryStopsItForOneBlock(t *testing.T) {
	for _, where := range []string{"Judge", "condition.Asks"} {
		bare := &trap{}
		e, _ := trappedEngine(new(trap), bare)
		e.block(t.Context(), timedBlock(200), false)
		bare.at = where
		e.block(t.Context(), timedBlock(201), false)
		if f := e.says("Z2"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "a trap in "+where) {
			t.Errorf("%s: %s: %s", where, f.Verdict, f.Why)
		}
		e.block(t.Context(), timedBlock(202), false)
		if f := e.says("Z2"); f.Verdict != ops.OK {
			t.Errorf("%s, a block later: %s: %s", where, f.Verdict, f.Why)
		}
	}
	q := detect.Queue{ID: "Q1"}
	s := orDark(func() detect.State { panic("a queue") }, func(why string) detect.State { return q.Dark(detect.State{}, blockOf(9, 0), why) })
	if f := s.Finding; f.Verdict != ops.Unknown || f.Detector != "Q1" || !strings.Contains(f.Why, "a queue") {
		t.Errorf("a queue is %s: %s", f.Verdict, f.Why)
	}
}

// A history that could not be read is read later, and one that breaks a memory each time is
// read ever more rarely.
func TestAHistoryThatCouldNotBeReadIsReadLater(t *testing.T) {
	e, s := trappedEngine(new(trap), new(trap))
	e.Rules.longest = 0
	s.refused = 3
	back := uint64(0)
	for n := uint64(200); n < 220; n++ {
		e.block(t.Context(), timedBlock(n), false)
		if f := e.says("Z1"); f.Verdict == ops.Breach && back == 0 {
			back = n
		}
	}
	if back != 200+1+2+4 {
		t.Errorf("known from #%d on", back)
	}
	traps := &trap{}
	e, s = trappedEngine(traps, new(trap))
	for n := uint64(200); n < 1200; n++ {
		traps.at = "Next"
		e.block(t.Context(), timedBlock(n), false)
	}
	if s.asked > 40 {
		t.Errorf("history was asked for %d times in 1000 blocks", s.asked)
	}
}

// Many panics in any order: never fine, never more than one detector.
func TestSeededPanicsStopNothingElse(t *testing.T) {
	places := []string{"Next", "Recall", "Drop", "memory.Asks", "condition.Asks", "Heed", "Gives", "Failures", "Known", "Book"}
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 32))
			traps, bare := &trap{}, &trap{}
			e, _ := trappedEngine(traps, bare)
			known := 0
			for n := uint64(200); n < 400; n++ {
				if traps.at = ""; random.IntN(20) == 0 {
					traps.at = places[random.IntN(len(places))]
				}
				e.block(t.Context(), timedBlock(n), false)
				if e.says("A1").Verdict != ops.OK || e.says("A2").Verdict != ops.Breach || e.says("Z2").Verdict != ops.OK || e.says("Z1").Verdict == ops.OK {
					t.Fatalf("#%d: %v", n, e.state.findings)
				}
				if e.says("Z1").Verdict == ops.Breach {
					known++
				}
			}
			if known < 20 {
				t.Errorf("known at %d of 200 blocks", known)
			}
		})
	}
}

// Those whose history is not a window are given it again too.
var (
	_ historian = (*authorization.Memory)(nil)
	_ historian = (*leaving.Memory)(nil)
)

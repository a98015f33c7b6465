package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

type paper struct{ kinds []string }

func (p *paper) Write(kind string, _ any) error { p.kinds = append(p.kinds, kind); return nil }
func (p *paper) Writable() error                { return nil }
func (p *paper) Records() []journal.Record      { return nil }
func (p *paper) Path() string                   { return "" }

// saysNow is a condition that says what the test last wrote.
type saysNow struct{ now *ops.Assessment }

func (s saysNow) Reads() []ops.Read                      { return nil }
func (s saysNow) Source() string                         { return "says" }
func (s saysNow) Judge(_, _ ops.Readings) ops.Assessment { return *s.now }

var (
	fine    = ops.Assessment{Verdict: ops.OK, Observed: "1", Relation: "=", Threshold: "1"}
	broken  = ops.Assessment{Verdict: ops.Breach, Observed: "0", Relation: "=", Threshold: "1"}
	unknown = ops.Assessment{Verdict: ops.Unknown, Why: "it was not answered"}
)

func engineOf(invariants ...detect.Invariant) *Engine {
	e := &Engine{Config: Config{Rules: &Rules{invariants: invariants}, Journal: &paper{}, Now: time.Now}, told: map[string]told{}}
	e.contain = contain.New(contain.Config{Journal: e.Journal})
	e.state = newState(e.Rules)
	return e
}

func blockOf(n uint64, fork byte) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.Hash{31: byte(n), 0: fork}, Parent: common.Hash{31: byte(n - 1), 0: fork}}
}

func (e *Engine) judgeAt(at ops.BlockRef) {
	e.state.head = at
	e.judge(at, nil, nil, nil)
}

// A reorg drops the block in which the breach began, and in its place nothing can be
// known: that is no reason to say that the incident is over.
func TestAnIncidentIsNotOverBecauseOfAReorgIntoTheUnknown(t *testing.T) {
	for name, after := range map[string]ops.Assessment{"it cannot be read": unknown, "it is out of bounds for 1 of 2": broken} {
		now := fine
		wait := uint64(1)
		if after.Verdict == ops.Breach {
			wait = 2
		}
		e := engineOf(detect.Invariant{ID: "A1", Severity: ops.Critical, Class: ops.ClassAsset, For: wait, Condition: saysNow{&now}})
		e.judgeAt(blockOf(9, 0))
		now = broken
		e.judgeAt(blockOf(10, 0))
		e.judgeAt(blockOf(11, 0))
		if e.state.incident == nil {
			t.Fatal("no incident")
		}
		now = after
		e.retract(10)
		e.state.drop(10)
		e.judgeAt(blockOf(10, 1))
		if f := e.state.findings[0]; f.Verdict == ops.Unknown && !e.state.incident.StoppedAt.IsZero() {
			t.Errorf("%s: A1 is unknown (%s), and the journal says %s: nothing is in breach any more", name, f.Why, e.Journal.(*paper).kinds)
		}
		now = broken
		e.judgeAt(blockOf(11, 1))
		e.judgeAt(blockOf(12, 1))
		if e.state.findings[0].Verdict == ops.Breach && !e.state.incident.StoppedAt.IsZero() {
			t.Errorf("%s: A1 is in breach again, and no incident is open", name)
		}
	}
}

// What waits in a mempool is in no block: a reorg takes nothing back of it, and it rings once.
func TestAReorgTakesNothingBackOfWhatWaits(t *testing.T) {
	now := broken
	e := engineOf(
		detect.Invariant{ID: "A1", Severity: ops.Critical, For: 1, Condition: saysNow{&now}},
		detect.Invariant{ID: "M1", Severity: ops.Critical, For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory { return &fragile{trap: new(trap), known: true, booked: 1} }},
	)
	e.judgeAt(blockOf(10, 0))
	said := len(e.Journal.(*paper).kinds)
	e.retract(10)
	e.state.drop(10)
	if f := e.says("M1"); f.Verdict != ops.Breach {
		t.Errorf("meanwhile it is %s", f.Verdict)
	}
	e.judgeAt(blockOf(10, 1))
	if kinds := e.Journal.(*paper).kinds[said:]; !slices.Equal(kinds, []string{"retracted", "finding"}) { // of A1
		t.Errorf("the journal says %s", kinds)
	}
	if f := e.says("M1"); f.Verdict != ops.Breach || f.At != blockOf(10, 1) {
		t.Errorf("it is %s at %+v", f.Verdict, f.At)
	}
}

// The clock that a containment stopped goes on when a reorg takes that back.
func TestAReorgThatTakesContainedBackStartsTheClockAgain(t *testing.T) {
	now := broken
	e := engineOf(detect.Invariant{ID: "A1", Severity: ops.Critical, Class: ops.ClassAsset, For: 1, Condition: saysNow{&now}})
	e.judgeAt(blockOf(10, 0))
	r := ops.Receipt{ID: "R1-0-1", Runbook: "R1", Name: "freeze-vault", Prepared: blockOf(10, 0), Stage: ops.StageContained}
	e.progress(r)
	e.stop(kindContained, "incident CONTAINED")
	if e.tookBack(r) {
		t.Error("nothing was taken back")
	}
	r.Stage = ops.StageSent
	if !e.tookBack(r) {
		t.Fatal("it is not seen")
	}
	e.resumeClock(r)
	if i := e.state.incident; !i.StoppedAt.IsZero() || !i.Contained.Zero() || i.Opened != blockOf(10, 0) {
		t.Errorf("%+v", i)
	}
	if kinds := e.Journal.(*paper).kinds; kinds[len(kinds)-1] != kindOpened { // a restart goes by the last
		t.Errorf("%v", kinds)
	}
}

// After a restart, an incident is not over while what it is about was never known.
func TestAnIncidentIsNotOverAfterARestartIntoTheUnknown(t *testing.T) {
	first, second := unknown, unknown
	a1 := detect.Invariant{ID: "A1", Severity: ops.Critical, Class: ops.ClassAsset, For: 1, Condition: saysNow{&first}}
	a2 := a1
	a2.ID, a2.Condition = "A2", saysNow{&second}
	for name, c := range map[string]struct {
		confirmed uint64
		first     ops.Assessment
	}{
		"with confirmations":                           {2, unknown},
		"what opened it is well, another is not known": {0, fine},
	} {
		first = c.first
		a1.Confirmed = c.confirmed
		e := engineOf(a1, a2) // both were in breach when the process before this one ended
		incident := ops.Incident{First: "A1", Opened: blockOf(5, 0), OpenedAt: time.Now()}
		e.state.incident = &incident
		e.state.broke(incident)
		for n := uint64(10); n < 14; n++ {
			e.judgeAt(blockOf(n, 0))
		}
		if !e.state.incident.StoppedAt.IsZero() {
			t.Errorf("%s: A1 %s, A2 %s, and the incident is over: nothing is in breach any more", name, e.state.findings[0].Verdict, e.state.findings[1].Verdict)
		}
	}
}

// torn is a memory whose first judgement panics half way.
type torn struct{ detect.Memory }

func (m *torn) Next(ops.BlockRef, ops.Readings, []ops.Log) ops.Assessment {
	panic("half of the block is in it")
}
func (m *torn) Drop(uint64) {}

type whole struct{ detect.Memory }

func (m *whole) Next(ops.BlockRef, ops.Readings, []ops.Log) ops.Assessment { return fine }
func (m *whole) Drop(uint64)                                               {}

// What panicked begins anew, also where it waits for confirmations.
func TestATornMemoryIsThrownAwayAlsoWithConfirmations(t *testing.T) {
	for _, confirmed := range []uint64{0, 1} {
		made := 0
		i := detect.Invariant{ID: "A1", For: 1, Confirmed: confirmed, Condition: saysNow{&fine}, Remember: func() detect.Memory {
			if made++; made == 1 {
				return &twice{}
			}
			return &whole{}
		}}
		s := i.Start()
		s = judged(&i, s, blockOf(1, 0), nil, nil, nil)
		s = judged(&i, s, blockOf(2, 0), nil, nil, nil) // panics
		for n := uint64(3); n < 8; n++ {
			s = judged(&i, s, blockOf(n, 0), nil, nil, nil)
		}
		if _, fresh := s.Memory.(*whole); !fresh {
			t.Errorf("with %d confirmations the memory that panicked goes on", confirmed)
		}
	}
}

// twice is well at first, and then torn.
type twice struct {
	torn
	n int
}

func (m *twice) Next(at ops.BlockRef, now ops.Readings, logs []ops.Log) ops.Assessment {
	if m.n++; m.n == 2 {
		panic("half of the block is in it")
	}
	return fine
}

// rangeless answers blocks, and no ranges of logs.
type rangeless struct{ Chain }

func (rangeless) ReadBlock(context.Context, ops.BlockRef, []ops.Read, chain.Filter) ([]ops.Reading, []ops.Log, error) {
	return nil, nil, nil
}
func (rangeless) Before(_ context.Context, _ time.Time, until ops.BlockRef) (ops.BlockRef, error) {
	return ops.BlockRef{Number: 1, Hash: common.Hash{1}}, nil
}
func (rangeless) Logs(context.Context, uint64, uint64, chain.Filter) ([]ops.Log, error) {
	return nil, errors.New("more than 200000 logs")
}

// One window whose history cannot be read makes its own invariant unknown, and not
// every other one.
func TestAWindowThatCannotBeReadBackSpoilsOnlyItself(t *testing.T) {
	e := engineOf(detect.Invariant{ID: "A1", For: 1, Condition: saysNow{&fine}})
	e.Rules.longest, e.Chain = time.Hour, rangeless{}
	at := blockOf(200, 0)
	at.Time = time.Unix(1_000_000, 0)
	e.block(t.Context(), at, false)
	if f := e.state.findings[0]; f.Verdict != ops.OK {
		t.Errorf("A1, which looks at no window, is %s: %s", f.Verdict, f.Why)
	}
}

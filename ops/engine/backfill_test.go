package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// scribe is a memory that writes down all that it is told, and knows nothing before it was
// given its history.
type scribe struct {
	told  []string
	known bool
	fails string // where it panics, once
}

func (m *scribe) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if m.fails != "" && strings.HasPrefix(text, m.fails) {
		m.fails = ""
		panic("it cannot: " + text)
	}
	m.told = append(m.told, text)
}

func (m *scribe) Next(at ops.BlockRef, _ ops.Readings, logs []ops.Log) ops.Assessment {
	m.note("next %d/%d %d", at.Number, at.Hash[0], len(logs))
	if !m.known {
		return ops.Assessment{Verdict: ops.Unknown, Why: "the past is not known"}
	}
	return fine
}
func (m *scribe) Book(at ops.BlockRef, logs []ops.Log)   { m.note("book %d %d", at.Number, len(logs)) }
func (m *scribe) Recall(at ops.BlockRef, _ ops.Readings) { m.note("recall %d", at.Number) }
func (m *scribe) CompleteFrom(at ops.BlockRef)           { m.note("complete from %d", at.Number) }
func (m *scribe) SentFrom(at ops.BlockRef)               { m.note("sent from %d", at.Number) }
func (m *scribe) Through(number uint64)                  { m.note("through %d", number) }
func (m *scribe) Gap(from, to uint64)                    { m.note("gap %d %d", from, to) }
func (m *scribe) Drop(from uint64)                       { m.note("drop %d", from) }
func (m *scribe) From() uint64                           { return 1 }
func (m *scribe) Known(from, to uint64)                  { m.note("known %d %d", from, to); m.known = true }
func scribing(id ops.DetectorID, of *[]*scribe) detect.Invariant {
	return detect.Invariant{ID: id, For: 1, Condition: saysNow{&fine}, Remember: func() detect.Memory {
		m := &scribe{}
		*of = append(*of, m)
		return m
	}}
}

// library is a chain whose past is far away: it is told when the door is opened, or when the
// question is given up. What was missed since is near.
type library struct {
	rangeless
	door  chan struct{}
	fork  byte         // of the newest blocks
	forks sync.Map     // by their numbers
	torn  bool         // the state of the block is not there
	busy  atomic.Int32 // questions about the past that are refused
}

// forked is a block of the fork that its number is on.
func (l *library) forked(n uint64) ops.BlockRef {
	at := timedBlock(n)
	for hash, number := range map[*common.Hash]uint64{&at.Hash: n, &at.Parent: n - 1} {
		if fork, ok := l.forks.Load(number); ok {
			hash[0] = fork.(byte)
		}
	}
	return at
}

func (l *library) wait(ctx context.Context) error {
	select {
	case <-l.door:
		if l.busy.Add(-1) >= 0 {
			return errors.New("too many requests")
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *library) Logs(ctx context.Context, from, to uint64, _ chain.Filter) ([]ops.Log, error) {
	if from == 1 {
		if err := l.wait(ctx); err != nil {
			return nil, err
		}
	}
	return []ops.Log{{Block: timedBlock(from)}, {Block: timedBlock(to)}}, nil
}

func (l *library) ReadBlock(context.Context, ops.BlockRef, []ops.Read, chain.Filter) ([]ops.Reading, []ops.Log, error) {
	if l.torn {
		return nil, nil, chain.ErrNoState
	}
	return nil, nil, nil
}

func (l *library) Sent(ctx context.Context, from, to uint64, _ []ops.Read) ([][]ops.Reading, error) {
	if from == 1 {
		if err := l.wait(ctx); err != nil {
			return nil, err
		}
	}
	var out [][]ops.Reading
	for n := from; n <= to; n++ {
		out = append(out, []ops.Reading{{At: l.forked(n)}})
	}
	return out, nil
}

// reader is an engine before a library, and the memories of its two invariants, each of
// them as often as it was begun.
func reader(live bool) (e *Engine, l *library, first, second *[]*scribe) {
	first, second = &[]*scribe{}, &[]*scribe{}
	e = engineOf(detect.Invariant{ID: "A1", For: 1, Condition: saysNow{&fine}}, scribing("B1", first), scribing("B2", second))
	e.Rules.traced, e.Rules.longest, e.Rules.called = []measure.Event{{Address: common.Address{1}}}, time.Hour, []time.Duration{time.Hour}
	e.Rules.steady = []ops.Read{{Kind: ops.ReadSent, To: common.Address{7}}}
	l = &library{door: make(chan struct{})}
	e.Chain, e.live, e.ReadBack = l, live, 1
	if !live {
		close(l.door)
	}
	return e, l, first, second
}

// on gives a block of a fork.
func (l *library) on(ctx context.Context, e *Engine, n uint64) {
	l.forks.Store(n, l.fork)
	at := l.forked(n)
	e.state.recent = []ops.BlockRef{{Number: n - 1, Hash: at.Parent}} // it is linked
	e.block(ctx, at, false)
}

// remembers is what the live memory of an invariant was told.
func (e *Engine) remembers(n int) []string { return e.state.invariants[n].Memory.(*scribe).told }

// What looks back is UNKNOWN, and nothing else, while a far past is on its way. Whatever
// happens meanwhile, the memories have been told in the end what those were told whose engine
// waited for the past before it began: blocks, reorgs, and blocks that were missed.
func TestABackfillThatComesLateTellsWhatOneInTimeDoes(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 6))
		late, far, _, _ := reader(true)
		inTime, near, _, _ := reader(false)
		both := func(n uint64, torn bool) {
			for _, x := range []struct {
				*Engine
				*library
			}{{late, far}, {inTime, near}} {
				x.torn = torn
				x.on(t.Context(), x.Engine, n)
			}
		}
		steps := 1 + random.IntN(30)
		opened, head := random.IntN(steps), uint64(200)
		both(head, false)
		for step := range steps {
			if step == opened {
				close(far.door)
				<-late.state.backfill.done
			} else if step < opened {
				if f := late.says("B1"); f.Verdict != ops.Unknown || late.state.blind == "" && !strings.Contains(f.Why, "is being read back") {
					t.Fatalf("seed %d, step %d: %s: %s", seed, step, f.Verdict, f.Why)
				}
				if f := late.says("A1"); f.Verdict != ops.OK && late.state.blind == "" {
					t.Fatalf("seed %d, step %d: what does not look back is %s: %s", seed, step, f.Verdict, f.Why)
				}
			}
			switch dice := random.IntN(10); {
			case dice < 2: // a reorg
				head -= min(uint64(random.IntN(5)), head-200)
				far.fork++
				near.fork++
				both(head, false)
			case dice < 3:
				head++
				both(head, true)
			default:
				head++
				both(head, false)
			}
		}
		both(head+1, false)
		for n := 1; n <= 2; n++ {
			if got, want := late.remembers(n), inTime.remembers(n); !slices.Equal(got, want) {
				t.Fatalf("seed %d:\n%s\n\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if f := late.says("B1"); f.Verdict != ops.OK {
			t.Fatalf("seed %d: %s: %s", seed, f.Verdict, f.Why)
		}
	}
}

// A reorg takes back blocks from before the beginning while the past is being read: it is
// read again, for half of it may be of the other fork.
func TestABackfillBeginsAnewWhenAReorgReachesBeforeIt(t *testing.T) {
	e, l, _, _ := reader(true)
	for n := uint64(200); n < 203; n++ {
		l.on(t.Context(), e, n)
	}
	l.fork++
	was := e.state.backfill
	l.on(t.Context(), e, 198)
	if now := e.state.backfill; now == was || now.at.Number != 198 {
		t.Fatalf("%+v", now)
	}
	<-was.done // it was given up
	close(l.door)
	<-e.state.backfill.done
	l.on(t.Context(), e, 199)
	if f := e.says("B1"); f.Verdict != ops.OK {
		t.Errorf("%s: %s", f.Verdict, f.Why)
	}
	if told := e.remembers(1); !slices.Contains(told, "sent from 1") || slices.Contains(told, "recall 198") || told[len(told)-1] != "next 199/1 0" {
		t.Errorf("%q", told)
	}
}

// A chain that is forgotten altogether takes a backfill with it.
func TestABackfillOfAChainThatIsNoMoreIsGivenUp(t *testing.T) {
	e, l, _, _ := reader(true)
	l.on(t.Context(), e, 200)
	was := e.state.backfill
	e.state.anew(e.Rules)
	<-was.done
	close(l.door)
	e.ReadBack = time.Minute
	l.on(t.Context(), e, 300)
	if f := e.says("B1"); f.Verdict != ops.OK || slices.Contains(e.remembers(1), "next 200/0 0") {
		t.Errorf("%s: %s, %q", f.Verdict, f.Why, e.remembers(1))
	}
}

// The blocks since a backfill began are not kept without end: those after are missed, and
// read back when it is done. The loop goes on meanwhile.
func TestABackfillThatTakesTooLongStopsTheJudgingAndNotTheLoop(t *testing.T) {
	e, l, _, _ := reader(true)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute) // else a loop that waits would wait for ever
	defer stop()
	n := uint64(200)
	for l.on(ctx, e, n); len(e.state.backfill.told) < mostTold; l.on(ctx, e, n) {
		n++
	}
	for range 3 {
		n++
		l.on(ctx, e, n)
		if f := e.says("A1"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "is still being read back") || len(e.state.backfill.told) > mostTold+1 || ctx.Err() != nil {
			t.Fatalf("%s: %s; %d kept", f.Verdict, f.Why, len(e.state.backfill.told))
		}
	}
	close(l.door)
	<-e.state.backfill.done
	l.on(ctx, e, n+1)
	for _, id := range []ops.DetectorID{"A1", "B1", "B2"} {
		if f := e.says(id); f.Verdict != ops.OK || e.state.backfill != nil {
			t.Errorf("%s is %s: %s", id, f.Verdict, f.Why)
		}
	}
	told := e.remembers(1)
	for _, want := range []string{fmt.Sprintf("next %d/0 0", n-3), fmt.Sprintf("recall %d", n-2), fmt.Sprintf("recall %d", n), fmt.Sprintf("next %d/0 0", n+1)} {
		if at := slices.Index(told, want); at < 0 || slices.Index(told[at+1:], want) >= 0 {
			t.Errorf("not told once: %s", want)
		}
	}
}

// One that a memory breaks on stops that one, which is given its history again; what could
// not be read at all is read later.
func TestABackfillThatFailsStopsNoOther(t *testing.T) {
	for _, where := range []string{"known", "book 1 ", "recall 7", "next 201/0"} {
		e, l, first, second := reader(true)
		for n := uint64(200); n < 203; n++ {
			l.on(t.Context(), e, n)
		}
		(*first)[len(*first)-1].fails = where
		close(l.door)
		<-e.state.backfill.done
		l.on(t.Context(), e, 203)
		if f := e.says("B1"); f.Verdict != ops.Unknown || !strings.Contains(f.Why, "it cannot: "+where) {
			t.Errorf("%s: %s: %s", where, f.Verdict, f.Why)
		}
		if f := e.says("B2"); f.Verdict != ops.OK {
			t.Errorf("%s: the other is %s: %s", where, f.Verdict, f.Why)
		}
		if said := fmt.Sprint(e.log.all()); strings.Contains(said, "was read back") {
			t.Errorf("%s: it says that all of it was: %s", where, said)
		}
		others := len(*second)
		for n := uint64(204); n < 207; n++ {
			e.ReadBack = time.Minute
			l.on(t.Context(), e, n)
		}
		if f := e.says("B1"); f.Verdict != ops.OK {
			t.Errorf("%s: it never came back: %s: %s", where, f.Verdict, f.Why)
		}
		if begun := e.state.invariants[2].Memory.(*scribe); begun != (*second)[others-1] {
			t.Errorf("%s: the other one was given another memory", where)
		}
	}
}

// A provider that is busy is asked again, a few times; then what looks back is UNKNOWN, says
// why, and nobody says that its past was read.
func TestABackfillAsksABusyProviderAgain(t *testing.T) {
	pausing(t, 1, 1, 1)
	for busy, want := range map[int32]bool{0: true, 3: true, 4: false, 12: false} {
		e, l, _, _ := reader(true)
		l.busy.Store(busy)
		l.on(t.Context(), e, 200)
		close(l.door)
		<-e.state.backfill.done
		l.on(t.Context(), e, 201)
		told := strings.Join(e.remembers(1), ", ")
		all := strings.Contains(told, "known 1 199") && strings.Contains(told, "complete from 1") && strings.Contains(told, "sent from 1")
		said := strings.Contains(fmt.Sprint(e.log.all()), "was read back")
		if all != want || said != want {
			t.Errorf("refused %d times: %q, %+v", busy, told, e.log.all())
		}
	}
}

// What the memories are asked is not told to those that are filled.
func TestABackfillIsToldNothingThatWasOnlyAsked(t *testing.T) {
	e, l, _, _ := reader(true)
	l.on(t.Context(), e, 200)
	if e.countedFailures(); len(e.state.backfill.told) != 1 {
		t.Errorf("of one block, it was told %d times", len(e.state.backfill.told))
	}
	close(l.door)
	e.backfills.Wait()
}

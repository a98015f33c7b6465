package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// stillChain is a chain on which nothing happens.
type stillChain struct{ Chain }

func (stillChain) Follow(ctx context.Context, _ func(chain.Event)) error {
	<-ctx.Done()
	return ctx.Err()
}

func rulesOf(name string, id ops.ChainID) *Rules {
	return &Rules{Chain: name, ChainID: id, pack: pack.New(name, pack.Read(fstest.MapFS{}), nil)}
}

// berth is a member of a fleet with an engine whose keys open with the passwords.
func berth(t *testing.T, name string, id ops.ChainID, passwords ...func() (string, error)) (Member, *Engine) {
	t.Helper()
	record, err := journal.Open(t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = record.Close() })
	rules := rulesOf(name, id)
	e, err := New(Config{Rules: rules, Chain: stillChain{}, Journal: record, Keys: keyed(t, passwords...).Keys, Operator: ops.Operator{Name: "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	return Member{Rules: rules, Open: func(context.Context) (*Engine, error) { return e, nil }}, e
}

// sailing runs a fleet and gives what it shows.
func sailing(t *testing.T, members ...Member) (*Fleet, func(what string, holds func(ops.Snapshot) bool) ops.Snapshot) {
	t.Helper()
	f, err := NewFleet(ops.Operator{Name: "Ada"}, members...)
	if err != nil {
		t.Fatal(err)
	}
	f.retry = time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	snapshots := f.Snapshots(ctx)
	return f, func(what string, holds func(ops.Snapshot) bool) ops.Snapshot {
		t.Helper()
		late := time.NewTimer(20 * time.Second)
		defer late.Stop()
		for {
			select {
			case s := <-snapshots:
				if holds(s) {
					return s
				}
			case <-late.C:
				t.Fatalf("never: %s", what)
			}
		}
	}
}

func allJoined(f *Fleet) func(ops.Snapshot) bool {
	return func(ops.Snapshot) bool { return len(f.joined()) == len(f.members) }
}

func TestDrillAndLiveAreNeverJoined(t *testing.T) {
	_, err := NewFleet(ops.Operator{}, Member{Rules: rulesOf("drill", ops.FirstDrillChain)}, Member{Rules: rulesOf("base", 8453)})
	if !errors.Is(err, ErrMixed) || !strings.Contains(err.Error(), "drill is DRILL and base is LIVE") {
		t.Errorf("%v", err)
	}
}

// A chain that nobody answers for is dark and says why; it is tried again, and comes
// when it can. The other is there meanwhile, and can be armed.
func TestAChainThatComesLate(t *testing.T) {
	here, armable := berth(t, "a", ops.FirstDrillChain, says("right", nil))
	late, _ := berth(t, "b", ops.FirstDrillChain+1, says("right", nil))
	answers := make(chan struct{})
	come := late.Open
	late.Open = func(ctx context.Context) (*Engine, error) {
		select {
		case <-answers:
			return come(ctx)
		default:
			return nil, errors.New("nobody answers")
		}
	}
	f, until := sailing(t, here, late)
	s := until("b is dark and says why", func(s ops.Snapshot) bool {
		return s.On("b").Blind == "nobody answers" && strings.HasSuffix(s.Blind, "b: nobody answers") && s.Arming.Refused == ""
	})
	if s.Mode != ops.Drill || len(s.Chains) != 2 {
		t.Errorf("%+v", s)
	}
	if _, err := f.Do(t.Context(), ops.Arm{Reason: "test"}); err != nil || !armable.armed() {
		t.Fatal(err)
	}
	close(answers)
	s = until("b has come", func(s ops.Snapshot) bool { return s.On("b").Blind != "nobody answers" && s.On("a").Armed })
	if !s.Arming.Armed || s.On("b").Armed {
		t.Errorf("%+v: what came late is not armed by itself", s.Chains)
	}
}

// If one engine cannot be armed none is, and it is said.
func TestArmingArmsAllOrNone(t *testing.T) {
	a, first := berth(t, "a", ops.FirstDrillChain, says("right", nil))
	word := "wrong"
	b, second := berth(t, "b", ops.FirstDrillChain+1, func() (string, error) { return word, nil })
	f, until := sailing(t, a, b)
	until("both are there", allJoined(f))
	_, err := f.Do(t.Context(), ops.Arm{Reason: "test"})
	if err == nil || !strings.HasPrefix(err.Error(), "b: not armed: ") || !strings.HasSuffix(err.Error(), "a is LOCKED again") {
		t.Errorf("%v", err)
	}
	if first.armed() || second.armed() || first.Keys[0].Store.Unlocked() || second.Keys[0].Store.Unlocked() {
		t.Error("a key is open")
	}
	if s := until("the screen says so", func(s ops.Snapshot) bool { return len(s.Log) > 0 && strings.HasPrefix(s.Log[0].Text, "LOCKED") }); s.Log[0].Chain != "a" || !strings.Contains(s.Log[0].Text, "b could not be armed") {
		t.Errorf("%+v", s.Log[0])
	}
	word = "right"
	if _, err := f.Do(t.Context(), ops.Arm{Reason: "test"}); err != nil || !first.armed() || !second.armed() {
		t.Fatalf("not both armed: %v", err)
	}
	word = "wrong"
	if _, err := f.Do(t.Context(), ops.Arm{Reason: "again"}); err == nil || !first.armed() || !second.armed() {
		t.Errorf("a second arming that fails took the first one's time away: %v", err)
	}
	if _, err := f.Do(t.Context(), ops.Lock{}); err != nil || first.armed() || second.armed() {
		t.Errorf("not both locked: %v", err)
	}
}

func TestWhatNoChainKnowsIsSaid(t *testing.T) {
	a, _ := berth(t, "a", ops.FirstDrillChain)
	f, until := sailing(t, a)
	until("it is there", allJoined(f))
	if _, err := f.Do(t.Context(), ops.Contain{}); !errors.Is(err, ErrNoPlan) {
		t.Errorf("%v", err)
	}
	if _, err := f.Do(t.Context(), ops.Answer{Receipt: "R7-1"}); !errors.Is(err, contain.ErrAnswer) {
		t.Errorf("%v", err)
	}
	if _, err := f.Prepare(t.Context(), "R7"); !errors.Is(err, ErrNoRunbook) {
		t.Errorf("%v", err)
	}
}

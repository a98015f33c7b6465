package caller_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/caller"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

var (
	vault  = common.Address{19: 1}
	listed = common.Address{19: 2}
	other  = common.Address{19: 3}
	guard  = &caller.Detector{Watched: watch.List{{Name: "vault", Address: vault}}, Accounts: map[common.Address]bool{listed: true}, Window: watch.Window{Over: time.Hour}}
)

func block(n uint64, minute int64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.Hash{30: byte(n), 31: byte(minute)}, Time: time.Unix(1_000_000+60*minute, 0)}
}

func call(from common.Address) []ops.Invocation {
	return []ops.Invocation{{Tx: common.Hash{9}, From: from, To: vault, Value: new(big.Int), Fate: ops.FateFailed}}
}

// answers are those of a block: what was sent, and what was called inside. A nil of what was
// called inside is that nobody traces.
func answers(sent, inside []ops.Invocation) ops.Readings {
	reads := guard.Reads()
	out := ops.Readings{reads[0]: {Read: reads[0], Status: ops.ReadOK, Data: calldata.Record(sent)}}
	out[reads[1]] = ops.Reading{Read: reads[1], Status: ops.ReadOK, Data: calldata.Record(inside)}
	if inside == nil {
		out[reads[1]] = ops.Reading{Read: reads[1], Status: ops.ReadUnable, Err: "nobody traces"}
	}
	return out
}

var nothing = []ops.Invocation{}

func lost(which int, now ops.Readings) ops.Readings {
	r := guard.Reads()[which]
	now[r] = ops.Reading{Read: r, Err: "a timeout"}
	return now
}

type step struct {
	at    ops.BlockRef
	now   ops.Readings
	drop  uint64 // before it; 0: nothing
	want  ops.Verdict
	why   string
	from  string // part of the source
	gives bool
}

func play(t *testing.T, d caller.Detector, steps ...step) {
	t.Helper()
	m := watch.NewMemory(&d, d.Window)
	m.SentFrom(block(10, -90))
	for n := uint64(10); n < 20; n++ {
		m.Recall(block(n, int64(n)*9-180), answers(nil, nil))
	}
	for i, s := range steps {
		if s.drop > 0 {
			m.Drop(s.drop)
		}
		a := m.Next(s.at, s.now, nil)
		if a.Verdict != s.want || !strings.Contains(a.Why, s.why) || !strings.Contains(a.Source, s.from) {
			t.Errorf("step %d: %s %q by %q; want %s %q by %q", i, a.Verdict, a.Why, a.Source, s.want, s.why, s.from)
		}
		if g := m.Gives(); (g["account"] == listed.Hex()) != s.gives {
			t.Errorf("step %d gives %v", i, g)
		}
	}
}

func TestACallOfAListedAccountIsABreachForATime(t *testing.T) {
	quiet := func() ops.Readings { return answers(call(other), nothing) }
	for name, inside := range map[string]bool{"directly": false, "inside a transaction": true} {
		now := answers(call(listed), nothing)
		if inside {
			now = answers(nothing, call(listed))
		}
		play(t, *guard,
			step{at: block(20, 0), now: quiet(), want: ops.OK, from: "since #20"},
			step{at: block(21, 5), now: now, want: ops.Breach, why: "called vault " + name, gives: true},
			step{at: block(22, 30), now: quiet(), want: ops.Breach, why: "at #21", gives: true},
			step{at: block(23, 64), now: quiet(), want: ops.Breach, gives: true},
			step{at: block(24, 65), now: quiet(), want: ops.OK},
			step{at: block(25, 66), now: now, want: ops.Breach, gives: true},
			step{at: block(25, 67), now: quiet(), drop: 25, want: ops.OK}, // a reorg took it back
			step{at: block(25, 67), now: quiet(), want: ops.OK},           // once more
		)
	}
}

func TestABlockThatWasNotReadIsNotOneWithoutCalls(t *testing.T) {
	quiet := func() ops.Readings { return answers(nothing, nothing) }
	play(t, *guard,
		step{at: block(20, 0), now: lost(0, quiet()), want: ops.Unknown, why: "a timeout"},
		step{at: block(21, 30), now: quiet(), want: ops.Unknown, why: "were not read"},
		step{at: block(22, 59), now: quiet(), want: ops.Unknown, why: "were not read"},
		step{at: block(23, 60), now: quiet(), want: ops.OK},
		step{at: block(25, 70), now: quiet(), want: ops.Unknown, why: "were not read"}, // one is missing
		step{at: block(26, 71), now: answers(call(listed), nothing), want: ops.Breach, gives: true},
		step{at: block(27, 131), now: lost(1, quiet()), want: ops.Unknown, why: "inside the transactions of #27"},
		step{at: block(28, 190), now: quiet(), want: ops.Unknown, why: "of #27: the calls of vault"},
		step{at: block(29, 191), now: quiet(), want: ops.OK},
	)
}

func TestWithoutTracesDirectCallsAreSeenAndTheSourceSaysSo(t *testing.T) {
	play(t, *guard,
		step{at: block(20, 0), now: answers(nothing, nil), want: ops.OK, from: "direct ones only: nobody traces"},
		step{at: block(21, 1), now: answers(call(listed), nil), want: ops.Breach, why: "directly", from: "direct ones only", gives: true},
		step{at: block(22, 62), now: answers(nothing, nothing), want: ops.OK, from: "since #22"},
	)
}

// A memory without history knows nothing of its window until it is full, unless the policy
// says so; a hole in it is a hole all the same.
func TestAWindowThatIsNotFullIsUnknownOrAsThePolicySays(t *testing.T) {
	for _, partial := range []bool{false, true} {
		d := *guard
		d.Partial = partial
		m := watch.NewMemory(&d, d.Window)
		want := map[bool]ops.Verdict{false: ops.Unknown, true: ops.OK}[partial]
		if a := m.Next(block(20, 0), answers(nothing, nothing), nil); a.Verdict != want {
			t.Errorf("partial %v: %s %s", partial, a.Verdict, a.Why)
		}
		if a := m.Next(block(22, 1), answers(nothing, nothing), nil); a.Verdict != ops.Unknown {
			t.Errorf("partial %v, with a hole: %s", partial, a.Verdict)
		}
	}
}

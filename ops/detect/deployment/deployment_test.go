package deployment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/deployment"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

var (
	stranger, ours, maker = common.Address{19: 2}, common.Address{19: 3}, common.Address{19: 4}
	guard                 = &deployment.Detector{
		Watched:  watch.List{{Name: "vault", Address: common.Address{19: 8}}, {Name: "router", Address: common.Address{19: 9}}},
		Accounts: map[common.Address]bool{ours: true}, Window: watch.Window{Over: time.Hour},
	}
)

func block(n uint64, minute int64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.Hash{30: byte(n), 31: byte(minute)}, Time: time.Unix(1_000_000+60*minute, 0)}
}

// made is a creation whose contract is told by its last byte.
func made(index uint64, from, by common.Address, contract byte, where ops.Holding) ops.Creation {
	return ops.Creation{Tx: common.Hash{31: contract}, Index: index, From: from, By: by, Contract: common.Address{19: contract}, Where: where}
}

// answers are those of a block in which nothing was created but what is said: with each watched
// address, by transactions and inside them.
func answers(vault, innerVault, router, innerRouter []ops.Creation) ops.Readings {
	out := ops.Readings{}
	for i, r := range guard.Reads() {
		out[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: calldata.RecordCreations([][]ops.Creation{vault, innerVault, router, innerRouter}[i])}
	}
	return out
}

func quiet() ops.Readings { return answers(nil, nil, nil, nil) }

// without is a block of which one of the reads is not known, or cannot be.
func without(which int, status ops.ReadStatus, now ops.Readings) ops.Readings {
	r := guard.Reads()[which]
	now[r] = ops.Reading{Read: r, Status: status, Err: "nobody says"}
	return now
}

func some(c ...ops.Creation) []ops.Creation { return c }

type step struct {
	at    ops.BlockRef
	now   ops.Readings
	drop  uint64 // before it; 0: nothing
	want  ops.Verdict
	why   string
	from  string // part of the source
	gives byte   // the contract
}

func play(t *testing.T, m *watch.Memory, steps ...step) {
	t.Helper()
	for i, s := range steps {
		if s.drop > 0 {
			m.Drop(s.drop)
		}
		a := m.Next(s.at, s.now, nil)
		if a.Verdict != s.want || !strings.Contains(a.Why, s.why) || !strings.Contains(a.Source, s.from) {
			t.Errorf("step %d: %s %q by %q; want %s %q by %q", i, a.Verdict, a.Why, a.Source, s.want, s.why, s.from)
		}
		if g := m.Gives(); (g != nil) != (s.gives != 0) || g != nil && (g["contract"] != common.Address{19: s.gives}.Hex() || g["account"] != stranger.Hex()) {
			t.Errorf("step %d gives %v", i, g)
		}
	}
}

// remembered is a memory that knows an hour before block 20 at minute 0: in its history
// somebody created something, or nobody did.
func remembered(past ...ops.Creation) *watch.Memory {
	m := watch.NewMemory(guard, guard.Window)
	m.SentFrom(block(10, -90))
	for n := uint64(10); n < 20; n++ {
		now := quiet()
		if n == 18 {
			now = answers(past, nil, nil, nil)
		}
		m.Recall(block(n, int64(n)*9-180), now)
	}
	return m
}

func TestAContractWithAWatchedAddressIsABreachForATime(t *testing.T) {
	direct, inside := made(3, stranger, stranger, 50, ops.HeldByInit|ops.HeldByCode), made(3, stranger, maker, 51, ops.HeldByCode)
	for name, c := range map[string]struct {
		now   ops.Readings
		why   string
		gives byte
	}{
		"a transaction": {answers(some(direct), nil, nil, nil), stranger.Hex() + " deployed " + direct.Contract.Hex() + ", which holds vault in its code, ", 50},
		"a factory":     {answers(nil, some(inside), nil, nil), inside.Contract.Hex() + " through " + maker.Hex() + ", which holds vault in its code, ", 51},
		"both of ours":  {answers(some(direct), nil, some(made(3, stranger, stranger, 50, ops.HeldByInit)), nil), "which holds vault in its code, router in its init code, ", 50},
		"two contracts": {answers(some(direct), nil, some(made(1, stranger, stranger, 49, ops.HeldByCode)), nil), direct.Contract.Hex() + ", which holds vault in its code, 000000..000032 at #21, and 1 more", 50},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, remembered(),
				step{at: block(20, 0), now: quiet(), want: ops.OK},
				step{at: block(21, 5), now: c.now, want: ops.Breach, why: c.why, gives: c.gives},
				step{at: block(22, 64), now: quiet(), want: ops.Breach, why: "at #21", gives: c.gives},
				step{at: block(23, 65), now: quiet(), want: ops.OK},
				step{at: block(24, 66), now: c.now, want: ops.Breach, gives: c.gives},
				step{at: block(24, 67), now: quiet(), drop: 24, want: ops.OK}, // a reorg took it back
			)
		})
	}
}

func TestWhatOurOwnDeployIsNoBreach(t *testing.T) {
	play(t, remembered(),
		step{at: block(20, 0), now: answers(some(made(0, ours, ours, 50, ops.HeldByCode)), nil, nil, nil), want: ops.OK},
		step{at: block(21, 1), now: answers(nil, some(made(0, ours, maker, 51, ops.HeldByCode)), nil, nil), want: ops.OK},
		step{at: block(22, 2), now: answers(nil, some(made(0, stranger, ours, 52, ops.HeldByCode)), nil, nil), want: ops.OK},
	)
}

func TestADeploymentOfTheHistoryIsKnown(t *testing.T) {
	play(t, remembered(made(0, stranger, stranger, 50, ops.HeldByCode)), step{at: block(20, 0), now: quiet(), want: ops.Breach, why: "at #18", gives: 50})
}

func TestABlockThatWasNotReadIsNotOneWithoutDeployments(t *testing.T) {
	play(t, remembered(),
		step{at: block(20, 0), now: without(2, ops.ReadNotRun, quiet()), want: ops.Unknown, why: "#20: the contracts created with the address of router are not known: nobody says"},
		step{at: block(21, 59), now: quiet(), want: ops.Unknown, why: "were not read"},
		step{at: block(22, 60), now: quiet(), want: ops.OK},
		step{at: block(23, 61), now: without(1, ops.ReadNotRun, quiet()), want: ops.Unknown, why: "inside the transactions of #23"},
		step{at: block(24, 62), now: without(3, ops.ReadNotRun, answers(nil, some(made(0, stranger, maker, 51, ops.HeldByCode)), nil, nil)), want: ops.Breach, gives: 51},
		step{at: block(25, 122), now: quiet(), want: ops.OK},
		step{at: block(27, 123), now: quiet(), want: ops.Unknown, why: "were not read"}, // one is missing
	)
	broken := quiet()
	r := guard.Reads()[0]
	broken[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: []byte{1}}
	play(t, remembered(), step{at: block(20, 0), now: broken, want: ops.Unknown, why: "ends too early"})
	if a := guard.Judge(quiet(), nil); a.Verdict != ops.Unknown {
		t.Errorf("without a memory it is %s", a.Verdict)
	}
}

// A reorg that takes back one block whose inside is not known brings no knowledge of another.
func TestAReorgMakesNoOtherBlockKnown(t *testing.T) {
	play(t, remembered(),
		step{at: block(20, 0), now: without(1, ops.ReadNotRun, quiet()), want: ops.Unknown, why: "inside the transactions of #20"},
		step{at: block(21, 1), now: quiet(), want: ops.Unknown, why: "inside the transactions of #20"},
		step{at: block(22, 2), now: without(1, ops.ReadNotRun, quiet()), want: ops.Unknown, why: "inside the transactions of #22"},
		step{at: block(22, 3), now: quiet(), drop: 22, want: ops.Unknown, why: "inside the transactions of #20"},
		step{at: block(20, 4), now: quiet(), drop: 20, want: ops.OK},
	)
}

// What is judged by the part there is stays so when the first block is judged once more.
func TestTheFirstBlockJudgedAgainIsNoHole(t *testing.T) {
	partial := guard.Window
	partial.Partial = true
	play(t, watch.NewMemory(guard, partial),
		step{at: block(20, 0), now: quiet(), want: ops.OK},
		step{at: block(20, 0), now: quiet(), want: ops.OK},
		step{at: block(20, 1), now: quiet(), drop: 20, want: ops.OK},
		step{at: block(22, 2), now: quiet(), want: ops.Unknown, why: "were not read"},
		step{at: block(22, 2), now: quiet(), want: ops.Unknown, why: "were not read"},
	)
}

func TestWithoutTracesDirectDeploymentsAreSeenAndTheSourceSaysSo(t *testing.T) {
	direct := answers(some(made(0, stranger, stranger, 50, ops.HeldByCode)), nil, nil, nil)
	play(t, remembered(),
		step{at: block(20, 0), now: without(1, ops.ReadUnable, quiet()), want: ops.OK, from: "direct ones only: nobody says"},
		step{at: block(21, 1), now: without(1, ops.ReadUnable, direct), want: ops.Breach, from: "direct ones only", gives: 50},
		step{at: block(22, 62), now: quiet(), want: ops.OK, from: "those inside transactions since #22"},
	)
}

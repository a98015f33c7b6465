package contain_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// A Safe's call is planned, shown with what its owners signed, sent by the executor and
// followed to its effect.
func TestASafesCallIsSentWithItsSignatures(t *testing.T) {
	chain, record, c := fresh(t)
	k := newKey(t)
	a := by("safe", k)
	plan, ok := confirmed(t, c, a)
	tx := pauseBy(0)
	v := plan.View.Safe
	if v == nil || v.Address != council || v.Hash != tx.Hash() || v.Domain != tx.Domain() || v.Message != tx.Message() || v.Nonce != 0 || v.Threshold != 2 || len(v.Signed) != 2 || !slices.Equal(v.Missing, []string{"bo"}) {
		t.Fatalf("%+v", v)
	}
	if plan.View.From != k.Address() || len(plan.View.Refusals) > 0 {
		t.Fatalf("%+v", plan.View)
	}
	receipt, err := c.Execute(t.Context(), ok)
	if err != nil || receipt.Stage != ops.StageSent {
		t.Fatalf("%v %s %s", err, receipt.Stage, receipt.Why)
	}
	for range 3 {
		follow(c, chain.mine(), ops.Readings{pausedRead: word(true)})
	}
	if got := c.Receipts()[0]; got.Stage != ops.StageContained || chain.load().Safe != 1 {
		t.Errorf("%s %s", got.Stage, got.Why)
	}
	if len(record.kinds) == 0 || record.kinds[0] != contain.KindIntent {
		t.Errorf("%v", record.kinds)
	}
}

// Fault 23: what was signed is dead at the first block after the Safe's nonce moved, an
// owner was removed, or the threshold rose.
func TestSignaturesThatNoLongerCountAreFlaggedAtTheNextBlock(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*ledger, *signatures)
		alone ops.ReadyState
		says  string
	}{
		"whole":           {func(*ledger, *signatures) {}, ops.Ready, ""},
		"one signature":   {func(_ *ledger, s *signatures) { s.kept = s.kept[1:2] }, ops.Dead, "1 of 2 signatures, ada and bo can still sign"},
		"none":            {func(_ *ledger, s *signatures) { s.kept = nil }, ops.Dead, "0 of 2 signatures, ada, bo and cy can still sign"},
		"nonce moved":     {func(l *ledger, s *signatures) { s.kept = s.kept[:2]; moveTo(l, 1) }, ops.Dead, "2 are for nonce 0, which is used: void"},
		"the next nonce":  {func(l *ledger, s *signatures) { moveTo(l, 1) }, ops.Ready, ""},
		"nonces too high": {func(l *ledger, s *signatures) { s.kept = s.kept[2:] }, ops.Dead, "2 are for nonce 1: they wait"},
		"owner removed":   {func(l *ledger, _ *signatures) { l.owners = []*big.Int{addressOf("ada").Big(), addressOf("bo").Big()} }, ops.Dead, "that of cy does not count"},
		"another call":    {func(_ *ledger, s *signatures) { s.kept[0].Data, s.kept[1].Data = []byte{1}, []byte{2} }, ops.Dead, "0 of 2 signatures"},
	} {
		chain, _, engine := fresh(t)
		k, s := newKey(t), newCouncil()
		k.unlocked = false // a locked console tells as well
		c.spoil(chain, s)
		a := pause(k)
		a.Steps[0].Lanes[0] = s.lane(k)
		line := measured(t, engine, a, ref(10))
		if line.State != c.alone || c.says != "" && !strings.Contains(strings.Join(line.Why, "; "), c.says) {
			t.Errorf("%s: %s %v, want %s", name, line.State, line.Why, c.alone)
		}
		if c.alone == ops.Ready {
			continue
		}
		if line := measured(t, engine, backed(a, k), ref(10)); line.State != ops.Impaired || !strings.Contains(strings.Join(line.Why, "; "), "backup would send") {
			t.Errorf("%s, backed: %s %v", name, line.State, line.Why)
		}
		if plan, err := engine.Prepare(t.Context(), a, ref(10), nil); err != nil || !slices.ContainsFunc(plan.View.Refusals, func(r string) bool { return strings.Contains(r, c.says) }) {
			t.Errorf("%s: %v, %q", name, err, plan.View.Refusals)
		}
		if plan, err := engine.Prepare(t.Context(), backed(a, k), ref(10), nil); err != nil || plan.View.Lane != "backup" || plan.View.Safe != nil {
			t.Errorf("%s, backed: %v, by %q", name, err, plan.View.Lane)
		}
	}
}

// A Safe that is only the second lane is told of before it is needed.
func TestASafeBehindAnotherLaneIsLookedAtToo(t *testing.T) {
	for says, kept := range map[string]int{"behind it, lane council · safe: the Safe would not accept it now: nonce 0: 1 of 2": 1, "": 4} {
		_, _, c := fresh(t)
		k, s := newKey(t), newCouncil()
		s.kept = s.kept[:kept]
		a := pause(k)
		a.Steps[0].Lanes = append(a.Steps[0].Lanes, s.lane(k))
		line := measured(t, c, a, ref(10))
		if why := strings.Join(line.Why, "; "); line.State != ops.Ready || !strings.Contains(why, says) || says == "" && why != "" {
			t.Errorf("%s %q, want %q", line.State, why, says)
		}
	}
}

// Two steps by one Safe take two of its nonces, one after the other.
func TestEachStepBySafeTakesItsOwnNonce(t *testing.T) {
	for says, kept := range map[string]int{"R1.2: the Safe would not accept it now: nonce 1: 0 of 2": 2, "": 4} {
		_, _, c := fresh(t)
		k, s := newKey(t), newCouncil()
		s.kept = s.kept[:kept]
		a := pause(k)
		a.Steps[0].Lanes[0] = s.lane(k)
		second := a.Steps[0]
		second.ID = "R1.2"
		a.Steps = append(a.Steps, second)
		line := measured(t, c, a, ref(10))
		if why := strings.Join(line.Why, "; "); (line.State == ops.Ready) != (says == "") || !strings.Contains(why, says) {
			t.Errorf("%s %q, want %q", line.State, why, says)
		}
		plan, err := c.Prepare(t.Context(), a, ref(10), nil)
		if err != nil || plan.View.Safe.Nonce != 0 || len(plan.View.Refusals) > 0 || (len(plan.View.Course[1].Warnings) == 0) != (says == "") {
			t.Errorf("%v: %+v", err, plan.View.Course)
		}
	}
}

func moveTo(l *ledger, nonce uint64) {
	b := l.load()
	b.Safe = nonce
	l.store(b)
}

// What waits in the pool is replaced by what pays more, with the same Safe payload.
func TestAReplacementCarriesTheSameSafePayload(t *testing.T) {
	chain, _, c := fresh(t)
	k := newKey(t)
	_, ok := confirmed(t, c, by("safe", k))
	if _, err := c.Execute(t.Context(), ok); err != nil {
		t.Fatal(err)
	}
	for n := uint64(11); n < 15; n++ { // blocks that mine nothing
		follow(c, ref(n), nil)
	}
	b := chain.load()
	if len(b.Pool) < 2 || len(b.Calls) != len(b.Pool) || k.signed() != len(b.Pool) {
		t.Fatalf("%d in the pool, %d of the Safe, %d signed", len(b.Pool), len(b.Calls), k.signed())
	}
	for hash, nonce := range b.Calls {
		if nonce != 0 || b.Pool[hash] != 0 {
			t.Errorf("%s takes the Safe's nonce %d", hash, nonce)
		}
	}
}

// What the Safe would refuse by now is not paid more for.
func TestAnOvertakenCallIsNotPaidMoreFor(t *testing.T) {
	chain, _, c := fresh(t)
	_, ok := confirmed(t, c, by("safe", newKey(t)))
	if _, err := c.Execute(t.Context(), ok); err != nil {
		t.Fatal(err)
	}
	moveTo(chain, 1)
	for n := uint64(11); n < 15; n++ { // blocks that mine nothing
		follow(c, ref(n), nil)
	}
	if pool := chain.load().Pool; len(pool) != 1 {
		t.Errorf("%d in the pool", len(pool))
	}
	if why := c.Receipts()[0].Why; !strings.Contains(why, "nonce 0 of the Safe is used by now") {
		t.Errorf("%q", why)
	}
}

// One nonce of a Safe carries one call: a second action takes the next, and a plan
// whose nonce was taken meanwhile is stale.
func TestTwoActionsNeverTakeTheSameNonceOfASafe(t *testing.T) {
	_, _, c := fresh(t)
	k := newKey(t)
	first := by("safe", k)
	second := by("safe", &key{private: member("another executor"), unlocked: true}) // whose own nonce is free
	second.Runbook, second.Name, second.Hash = "R2", "freeze-again", common.Hash{8}
	_, okFirst := confirmed(t, c, first)
	_, okSecond := confirmed(t, c, second)
	if _, err := c.Execute(t.Context(), okFirst); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Execute(t.Context(), okSecond); !errors.Is(err, contain.ErrStale) || !strings.Contains(err.Error(), "nonce 0 of the Safe belongs to R1") {
		t.Errorf("the same nonce twice: %v", err)
	}
	again, err := c.Prepare(t.Context(), second, ref(10), nil)
	if err != nil || again.View.Safe == nil || again.View.Safe.Nonce != 1 {
		t.Errorf("%+v, %v", again.View.Safe, err)
	}
}

// A call by another executor, or of another Safe, is another action.
func TestTheDigestNamesTheSafe(t *testing.T) {
	k := newKey(t)
	plain, bySafe, other := pause(k), by("safe", k), by("safe", k)
	other.Steps[0].Lanes[0].Safe.Address[0]++
	seen := map[common.Hash]bool{}
	for _, a := range []contain.Action{plain, bySafe, other} {
		seen[a.Digest(testChain)] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d digests of 3 actions", len(seen))
	}
}

// Whoever swapped the Safe's code, or acts beside its owners, is told of.
func TestASwappedSingletonIsALoudDoubt(t *testing.T) {
	_, _, c := fresh(t)
	k := newKey(t)
	a := by("safe", k)
	a.Steps[0].Lanes[0].Safe.Known.Singleton = common.HexToAddress("0x52")
	line := measured(t, c, a, ref(10))
	if line.State != ops.Impaired || !strings.Contains(fmt.Sprint(line.Why), "CODE WAS SWAPPED") {
		t.Errorf("%s %v", line.State, line.Why)
	}
	plan, err := c.Prepare(t.Context(), a, ref(10), nil)
	if err != nil || !strings.Contains(fmt.Sprint(plan.View.Warnings), "CODE WAS SWAPPED") {
		t.Errorf("%v, %q", err, plan.View.Warnings)
	}
	if _, err := contain.Confirm(plan, ops.Operator{}, plan.View.Phrase, time.Now()); err != nil {
		t.Errorf("a doubt refuses what only restricts: %v", err)
	}
}
